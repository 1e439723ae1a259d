// How fast a session writes, from the totals that its finished steps add up to. Pure.

export interface TokenSample {
  at: number;
  tokens: number;
}

/** Steps take a while, and tokens are counted at their ends: a shorter time would jump between nothing and much. */
const WINDOW_MS = 60_000;

/** Add what is known now; samples that no longer matter go. */
export function addSample(samples: readonly TokenSample[], now: TokenSample): readonly TokenSample[] {
  const last = samples.at(-1);
  if (last !== undefined && last.tokens === now.tokens) return samples;
  const recent = [...samples, now];
  const first = recent.findLastIndex((sample) => sample.at <= now.at - WINDOW_MS);
  return recent.slice(Math.max(0, first));
}

/** Tokens a second in the last minute, or since the start where that is shorter; null before the first. */
export function rateOf(samples: readonly TokenSample[], startedAt: number, now: number): number | null {
  const last = samples.at(-1);
  if (last === undefined || last.tokens === 0) return null;
  const from = Math.max(startedAt, now - WINDOW_MS);
  const before = samples.findLast((sample) => sample.at <= from);
  // Until it was watched for long enough, the mean since its start is the best that is known.
  if (before === undefined) return last.tokens / Math.max(1, (now - startedAt) / 1000);
  return (last.tokens - before.tokens) / Math.max(1, (now - from) / 1000);
}
