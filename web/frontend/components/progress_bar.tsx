/** How far something is; without an end in sight it only shows that it moves. */
export function ProgressBar({ done, planned, label }: { done: number; planned: number; label: string }) {
  const isKnown = planned > 0;
  const percent = isKnown ? Math.min(100, Math.round((100 * done) / planned)) : 0;
  return (
    <div
      class={`progress-line ${isKnown ? "" : "is-unknown"}`}
      role="progressbar"
      aria-label={label}
      {...(isKnown ? { "aria-valuemin": 0, "aria-valuemax": planned, "aria-valuenow": Math.min(done, planned) } : {})}
    >
      <div class="progress-line-fill" style={{ width: isKnown ? `${percent}%` : "30%" }} />
    </div>
  );
}
