import type { Session } from "../api_types.ts";
import { architectureName, formatDuration, plural } from "../format.ts";
import { seenState } from "../states.ts";
import { Given } from "./given.tsx";
import { StateBadge } from "./state_badge.tsx";
import { RelativeTime } from "./times.tsx";

/** A session that has ended, on one line. */
export function HistoryRow({ session, isOwnerShown }: { session: Session; isOwnerShown: boolean }) {
  return (
    <li class="history-row" data-session-id={session.id}>
      <StateBadge state={seenState(session.status, session.desired, session.waits_for)} />
      <div class="history-text">
        <a class="session-name" href={`/sessions/${session.id}`}>
          <Given text={session.name} />
        </a>
        <span class="muted">
          {plural(session.workers, "worker")}, {architectureName(session.architecture)} · {session.model || "default model"}
          {isOwnerShown && (
            <>
              {" · "}
              <Given text={session.owner} />
            </>
          )}
        </span>
      </div>
      <div class="history-times">
        <span class="tabular">{session.duration_seconds === null ? "never ran" : formatDuration(session.duration_seconds)}</span>
        <span class="muted">
          <RelativeTime at={session.ended_at ?? session.created_at} />
        </span>
      </div>
    </li>
  );
}
