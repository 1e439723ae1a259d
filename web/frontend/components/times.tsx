import { formatClock, formatExact, formatRelative } from "../format.ts";
import { now } from "../state/clock.ts";

/** The time since `from`, ticking. */
export function Elapsed({ from }: { from: string }) {
  return <span class="tabular">{formatClock((now.value - Date.parse(from)) / 1000)}</span>;
}

/** "4 min ago", with the exact time on hover. */
export function RelativeTime({ at }: { at: string }) {
  return (
    <time dateTime={at} title={formatExact(at)}>
      {formatRelative(at, now.value)}
    </time>
  );
}
