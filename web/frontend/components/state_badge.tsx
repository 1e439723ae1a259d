import type { IconName } from "../icons.ts";
import type { SeenState } from "../states.ts";
import { Icon } from "./icon.tsx";

const LOOKS: Record<SeenState, { icon: IconName; word: string }> = {
  queued: { icon: "hourglass-split", word: "Queued" },
  running: { icon: "activity", word: "Running" },
  pausing: { icon: "pause-circle", word: "Pausing" },
  paused: { icon: "pause-circle-fill", word: "Paused" },
  waiting: { icon: "alarm", word: "Waiting" },
  stopping: { icon: "stop-circle", word: "Stopping" },
  stopped: { icon: "stop-circle-fill", word: "Stopped" },
  completed: { icon: "check-circle-fill", word: "Completed" },
  failed: { icon: "x-circle-fill", word: "Failed" },
};

export const stateWord = (state: SeenState): string => LOOKS[state].word;

/** A session's state by icon, word and colour. */
export function StateBadge({ state }: { state: SeenState }) {
  const look = LOOKS[state];
  return (
    <span class={`state state-${state}`} data-state={state}>
      <Icon name={look.icon} />
      {look.word}
    </span>
  );
}
