// Asking before what cannot be undone.
import { signal } from "@preact/signals";

export interface Question {
  title: string;
  body: string;
  /** What the button that goes on says, e.g. "Stop session". */
  action: string;
  answer: (goOn: boolean) => void;
}

export const question = signal<Question | null>(null);

/** Ask in a dialog; true where the person wants to go on. */
export function confirm(asked: Omit<Question, "answer">): Promise<boolean> {
  return new Promise((resolve) => {
    question.value = {
      ...asked,
      answer: (goOn) => {
        question.value = null;
        resolve(goOn);
      },
    };
  });
}
