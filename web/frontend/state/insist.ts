// Asking again and again for what is missing, ever less often.

const FIRST_MS = 1000;
const MOST_MS = 30_000;

export interface Insistence {
  /** Something may be missing now. */
  look: () => void;
  stop: () => void;
}

/** Call `ask` while something is missing: a second after a look, then after twice as long each time, half a minute at most. */
export function insistWhile(isMissing: () => boolean, ask: () => void): Insistence {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = FIRST_MS;
  const look = (): void => {
    if (timer !== undefined) return;
    if (!isMissing()) {
      pauseMs = FIRST_MS;
      return;
    }
    timer = setTimeout(() => {
      timer = undefined;
      if (isMissing()) {
        ask();
        pauseMs = Math.min(2 * pauseMs, MOST_MS);
      }
      look();
    }, pauseMs);
  };
  return { look, stop: () => clearTimeout(timer) };
}
