interface Props {
  done: number;
  planned: number;
  label: string;
  /** False while nobody works on it. */
  isMoving: boolean;
}

/** How far something is; without an end in sight it only shows that it moves, if it does. */
export function ProgressBar({ done, planned, label, isMoving }: Props) {
  const isKnown = planned > 0;
  const percent = isKnown ? Math.min(100, Math.round((100 * done) / planned)) : 0;
  return (
    <div
      class={`progress-line ${isKnown || !isMoving ? "" : "is-unknown"}`}
      role="progressbar"
      aria-label={label}
      {...(isKnown ? { "aria-valuemin": 0, "aria-valuemax": planned, "aria-valuenow": Math.min(done, planned) } : {})}
    >
      <div class="progress-line-fill" style={{ width: isKnown ? `${percent}%` : isMoving ? "30%" : "0" }} />
    </div>
  );
}
