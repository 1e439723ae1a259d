import type { Claim } from "../../../event_types.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import { follow, tabHref } from "../../../state/session_route.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { Given } from "../../given.tsx";
import { Icon } from "../../icon.tsx";

/** What the answer claims was done; each claim is verified by the session's journal, or no more than claimed. */
export function ClaimsList({ live }: { live: LiveSession }) {
  const claims = useSlice(live.state, (state) => state.claims);
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
          <ClaimRow key={`${claim.kind} ${claim.subject}`} live={live} claim={claim} />
        ))}
      </ul>
    </section>
  );
}

function ClaimRow({ live, claim }: { live: LiveSession; claim: Claim }) {
  const hasStep = useSlice(live.state, (state) => claim.step !== null && claim.step in state.steps);
  return (
    <li class={`claim ${claim.verified ? "is-verified" : "is-claimed"}`}>
      <Icon name={claim.verified ? "check-circle-fill" : "question-circle"} />
      <div>
        <p class="claim-head">
          <ClaimSubject live={live} claim={claim} />
          <span class="claim-mark">{claim.verified ? "Verified" : "Claimed"}</span>
        </p>
        {claim.statement !== "" && (
          <p class="claim-statement">
            “<Given text={claim.statement} />”
          </p>
        )}
        <p class="claim-evidence">
          {claim.evidence} {hasStep && claim.step !== null && <StepLink step={claim.step} />}
        </p>
      </div>
    </li>
  );
}

function StepLink({ step }: { step: string }) {
  const there = { tab: "timeline" as const, file: null, chosen: { step }, seq: null };
  return (
    <a href={tabHref("timeline", { chosen: { step } })} onClick={(event) => follow(event, there)}>
      See the step
    </a>
  );
}

/** A file opens, a command is code, a part has its title. */
function ClaimSubject({ live, claim }: { live: LiveSession; claim: Claim }) {
  const file = useSlice(live.state, (state) => (claim.kind === "file" ? state.files[claim.subject] : undefined));
  const title = useSlice(live.state, (state) => (claim.kind === "subtask" ? state.subtasks[claim.subject]?.title : undefined));
  if (file !== undefined) {
    const there = { tab: "files" as const, file: file.path, chosen: {}, seq: null };
    return (
      <a class="claim-file" href={tabHref("files", { file: file.path })} onClick={(event) => follow(event, there)}>
        <Given text={claim.subject} />
      </a>
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
