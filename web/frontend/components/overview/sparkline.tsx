const WIDTH = 120;
const HEIGHT = 32;

/** The last values of a figure as a line; `max` is the height of the picture, else the largest value is. */
export function Sparkline({ values, max, label }: { values: readonly number[]; max?: number; label: string }) {
  const top = max ?? Math.max(1, ...values);
  const step = WIDTH / Math.max(1, Math.max(values.length, 30) - 1);
  const start = WIDTH - step * (values.length - 1);
  const points = values.map((value, index) => {
    const y = HEIGHT - 1.5 - (Math.min(value, top) / top) * (HEIGHT - 3);
    return `${(start + index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {points.length > 1 && (
        <>
          <polygon class="sparkline-area" points={`${start.toFixed(1)},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`} />
          <polyline class="sparkline-line" points={points.join(" ")} />
        </>
      )}
    </svg>
  );
}
