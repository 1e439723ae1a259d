import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { api, sentenceOf } from "../../api.ts";
import { randomKey } from "../../random_key.ts";
import { statistics } from "../../state/sessions_store.ts";
import { ActionButton } from "../action_button.tsx";
import { Icon } from "../icon.tsx";
import { ErrorNote } from "../notes.tsx";
import { Panel } from "../panel.tsx";

const EXAMPLE = {
  name: "My first swarm",
  task:
    "Compare three ways to keep notes: a paper notebook, plain text files, and an app. " +
    "Say for each what it is good and bad at, and recommend one for somebody who travels a lot.",
  workers: 2,
  architecture: "HIERARCHICAL",
};

/** Where there is no session yet: what a session is, and one to try at a click. */
export function FirstRun() {
  const trouble = useSignal<string | null>(null);
  const isSending = useSignal(false);
  const key = useRef(randomKey());
  if (statistics.value?.total !== 0) return null;
  const start = async (): Promise<void> => {
    isSending.value = true;
    try {
      const session = await api.createSession(EXAMPLE, key.current);
      location.assign(`/sessions/${session.id}`);
    } catch (error) {
      trouble.value = sentenceOf(error);
      isSending.value = false;
    }
  };
  return (
    <Panel id="first" title="Your first session" class="first-run">
      <ol class="first-steps">
        <li>
          <span>
            <strong>A queen plans.</strong> She splits the task into a few subtasks.
          </span>
        </li>
        <li>
          <span>
            <strong>Drones work.</strong> Two at a time, and you see each write, live.
          </span>
        </li>
        <li>
          <span>
            <strong>The result comes together.</strong> It stays here, with every step and file.
          </span>
        </li>
      </ol>
      <blockquote class="first-task">{EXAMPLE.task}</blockquote>
      {trouble.value !== null && <ErrorNote>{trouble}</ErrorNote>}
      <ActionButton class="btn-primary" isOff={isSending.value} onClick={() => void start()}>
        <Icon name="play-fill" /> Start this example
      </ActionButton>
    </Panel>
  );
}
