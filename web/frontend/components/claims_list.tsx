import { useSignal } from "@preact/signals";
import type { Claim } from "../event_types.ts";
import type { LiveSession } from "../state/live_session.ts";
import type { SessionFile } from "../state/session_state.ts";
import { useSlice } from "../state/use_slice.ts";
import { FileViewer } from "./file_viewer.tsx";
import { Given } from "./given.tsx";
import { Icon } from "./icon.tsx";

/** What the answer claims was done; each claim is verified by the session's journal, or no more than claimed. */
export function ClaimsList({ live }: { live: LiveSession }) {
  const claims = useSlice(live.state, (state) => state.claims);
  const opened = useSignal<SessionFile | null>(null);
  if (claims.length === 0) return null;
  const verified = claims.filter((claim) => claim.verified).length;
  return (
    <section class="claims" aria-labelledby="claims-title">
      <h3 id="claims-title" class="claims-title">
        What it claims
        <span class="panel-count">
          {verified} of {claims.length} verified
        </span>
      </h3>
      <p class="claims-hint">
        Verified is what the session’s journal backs, as the sentence below each says. Words in quotes are the model’s own.
      </p>
      <ul>
        {claims.map((claim) => (
          <ClaimRow key={`${claim.kind} ${claim.subject}`} live={live} claim={claim} onOpen={(file) => (opened.value = file)} />
        ))}
      </ul>
      {opened.value !== null && (
        <FileViewer sessionId={live.state.peek().sessionId} file={opened.value} onClose={() => (opened.value = null)} />
      )}
    </section>
  );
}

function ClaimRow({ live, claim, onOpen }: { live: LiveSession; claim: Claim; onOpen: (file: SessionFile) => void }) {
  const hasStep = useSlice(live.state, (state) => claim.step !== null && claim.step in state.steps);
  return (
    <li class={`claim ${claim.verified ? "is-verified" : "is-claimed"}`}>
      <Icon name={claim.verified ? "check-circle-fill" : "question-circle"} />
      <div>
        <p class="claim-head">
          <ClaimSubject live={live} claim={claim} onOpen={onOpen} />
          <span class="claim-mark">{claim.verified ? "Verified" : "Claimed"}</span>
        </p>
        {claim.statement !== "" && (
          <p class="claim-statement">
            “<Given text={claim.statement} />”
          </p>
        )}
        <p class="claim-evidence">
          {claim.evidence} {hasStep && claim.step !== null && <a href={`#row-${claim.step}`}>See the step</a>}
        </p>
      </div>
    </li>
  );
}

/** A file opens, a command is code, a part has its title. */
function ClaimSubject({ live, claim, onOpen }: { live: LiveSession; claim: Claim; onOpen: (file: SessionFile) => void }) {
  const file = useSlice(live.state, (state) => (claim.kind === "file" ? state.files[claim.subject] : undefined));
  const title = useSlice(live.state, (state) => (claim.kind === "subtask" ? state.subtasks[claim.subject]?.title : undefined));
  if (file !== undefined) {
    return (
      <button type="button" class="file-name" onClick={() => onOpen(file)}>
        {claim.subject}
      </button>
    );
  }
  if (claim.kind === "subtask") {
    return (
      <span>
        Part {claim.subject}
        {title !== undefined && (
          <>
            : <Given text={title} />
          </>
        )}
      </span>
    );
  }
  return <code>{claim.subject}</code>;
}
