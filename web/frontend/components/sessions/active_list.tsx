import { activeSessions, isLoaded, listTrouble } from "../../state/sessions_store.ts";
import { ActiveSessionCard } from "./active_session_card.tsx";
import { EmptyState, ErrorNote, Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";

/** The sessions that have not ended, live. */
export function ActiveList({ isOwnerShown }: { isOwnerShown: boolean }) {
  const sessions = activeSessions.value;
  return (
    <Panel id="active" title="Active sessions" count={isLoaded.value ? sessions.length : undefined}>
      <div tabIndex={-1} role="group" aria-labelledby="active-title">
        {listTrouble.value !== null && !isLoaded.value ? (
          <ErrorNote>{listTrouble}</ErrorNote>
        ) : !isLoaded.value ? (
          <Skeleton lines={4} />
        ) : sessions.length === 0 ? (
          <EmptyState icon="hive" title="The hive is quiet">
            Describe a task in the form, and a swarm starts working on it here.
          </EmptyState>
        ) : (
          <ul class="session-cards">
            {sessions.map((session) => (
              <ActiveSessionCard key={session.id} session={session} isOwnerShown={isOwnerShown} />
            ))}
          </ul>
        )}
      </div>
    </Panel>
  );
}
