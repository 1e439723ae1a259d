import type { IconName } from "../../../icons.ts";
import type { StepState } from "../../../state/session_state.ts";
import { Icon } from "../../icon.tsx";

const LOOKS: Record<StepState, { icon: IconName; word: string }> = {
  running: { icon: "activity", word: "Running" },
  retrying: { icon: "arrow-repeat", word: "Trying again" },
  failed: { icon: "x-circle-fill", word: "Failed" },
  done: { icon: "check-circle-fill", word: "Done" },
  interrupted: { icon: "pause-circle", word: "Interrupted" },
};

export const stepWord = (state: StepState): string => LOOKS[state].word;

/** A step's state as a small sign; its word is there for screen readers and on hover. */
export function StepSign({ state }: { state: StepState }) {
  const { icon, word } = LOOKS[state];
  return (
    <span class={`step-sign step-${state}`} title={word}>
      <Icon name={icon} />
      <span class="visually-hidden">{word}</span>
    </span>
  );
}
