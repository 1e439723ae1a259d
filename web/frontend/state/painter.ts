// Sharing out what is drawn: many texts grow at once, and each frame draws only a few of them.

/** So many texts are brought up to date in one frame; the others follow in the next ones. */
const A_FRAME = 3;

const waiting = new Set<() => void>();
let isAsked = false;

function paint(): void {
  isAsked = false;
  let left = A_FRAME;
  for (const job of waiting) {
    if (left === 0) break;
    left -= 1;
    waiting.delete(job);
    job();
  }
  ask();
}

function ask(): void {
  if (isAsked || waiting.size === 0) return;
  isAsked = true;
  requestAnimationFrame(paint);
}

/** Call `job` in one of the next frames, once however often it is asked for; returns how to take that back. */
export function paintSoon(job: () => void): () => void {
  waiting.add(job);
  ask();
  return () => waiting.delete(job);
}
