import { useSignal } from "@preact/signals";
import type { Session } from "../../api_types.ts";
import type { SeenState } from "../../states.ts";
import { deleteSession, pauseSession, rerunSession, resumeSession, stopSession } from "../../state/session_actions.ts";
import { contentOfSession } from "../../templates.ts";
import type { LiveSession } from "../../state/live_session.ts";
import { ActionButton } from "../action_button.tsx";
import { Icon } from "../icon.tsx";
import { SaveTemplateButton } from "../save_template.tsx";

interface Props {
  live: LiveSession;
  name: string;
  seen: SeenState;
}

const CAN_PAUSE: ReadonlySet<SeenState> = new Set<SeenState>(["queued", "running", "waiting"]);
const CAN_RESUME: ReadonlySet<SeenState> = new Set<SeenState>(["pausing", "paused", "waiting"]);
const HAS_ENDED: ReadonlySet<SeenState> = new Set<SeenState>(["completed", "failed", "stopped"]);

/** What one can do with the session in its present state. */
export function SessionControls({ live, name, seen }: Props) {
  const isBusy = useSignal(false);
  const { sessionId } = live.state.peek();
  const detail = live.detail.value;
  const act = async (action: (id: string, name: string) => Promise<Session | null>): Promise<void> => {
    isBusy.value = true;
    const session = await action(sessionId, name);
    isBusy.value = false;
    if (session !== null) live.take(session);
  };
  const remove = async (): Promise<void> => {
    if (await deleteSession(sessionId, name)) location.assign("/sessions");
  };
  const rerun = async (): Promise<void> => {
    isBusy.value = true;
    const session = await rerunSession(sessionId);
    if (session !== null) location.assign(`/sessions/${session.id}`);
    isBusy.value = false;
  };
  // Each button has a key: none may turn into another one under somebody's fingers.
  return (
    <div tabIndex={-1} class="session-controls" role="group" aria-label="What can be done with this session">
      {CAN_PAUSE.has(seen) && (
        <ActionButton key="pause" class="btn-quiet" isOff={isBusy.value} onClick={() => void act(pauseSession)}>
          <Icon name="pause-circle" /> Pause
        </ActionButton>
      )}
      {CAN_RESUME.has(seen) && (
        <ActionButton key="resume" class="btn-quiet" isOff={isBusy.value} onClick={() => void act(resumeSession)}>
          <Icon name="play-fill" /> Resume
        </ActionButton>
      )}
      {HAS_ENDED.has(seen) && (
        <>
          <ActionButton key="rerun" class="btn-quiet" isOff={isBusy.value} onClick={() => void rerun()}>
            <Icon name="arrow-repeat" /> Run again
          </ActionButton>
          <a key="fork" class="btn btn-quiet" href={`/sessions?again=${sessionId}#create`}>
            <Icon name="sliders" /> Run again with changes
          </a>
        </>
      )}
      {detail !== null && (
        <SaveTemplateButton key="template" read={() => contentOfSession(detail)} suggestName={() => name} />
      )}
      {HAS_ENDED.has(seen) ? (
        <ActionButton key="delete" class="btn-quiet-danger" onClick={() => void remove()}>
          <Icon name="trash3" /> Delete
        </ActionButton>
      ) : (
        <ActionButton
          key="stop"
          class="btn-quiet-danger"
          isOff={isBusy.value || seen === "stopping"}
          onClick={() => void act(stopSession)}
        >
          <Icon name="stop-fill" /> {seen === "stopping" ? "Stopping…" : "Stop"}
        </ActionButton>
      )}
    </div>
  );
}
