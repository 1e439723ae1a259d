interface Part {
  value: number;
  /** Of the style sheet: what gives the part its colour. */
  class: string;
}

interface Props {
  title: string;
  /** The figure of all days together, as words. */
  figure: string;
  /** For those who do not see the picture. */
  summary: string;
  days: readonly { day: string; words: string; parts: readonly Part[] }[];
  /** The height of the picture, else the highest day's. */
  max?: number;
}

const WIDTH = 8;
const HEIGHT = 44;

/** A figure of each of the last days as bars, today's at the right. */
export function DayChart({ title, figure, summary, days, max }: Props) {
  const heightOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.value, 0);
  const top = max ?? Math.max(...days.map(({ parts }) => heightOf(parts)), Number.MIN_VALUE);
  return (
    <figure class="day-chart">
      <figcaption>
        <span class="muted">{title}</span>
        <span class="day-chart-figure tabular">{figure}</span>
      </figcaption>
      <svg viewBox={`0 0 ${days.length * WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${summary}`}>
        {days.map(({ day, words, parts }, index) => {
          let bottom = HEIGHT;
          return (
            <g key={day}>
              <title>{`${day}: ${words}`}</title>
              <rect class="day-ground" x={index * WIDTH} y={0} width={WIDTH} height={HEIGHT} />
              <rect class="day-base" x={index * WIDTH + 1} y={HEIGHT - 1} width={WIDTH - 2} height={1} />
              {parts
                .filter(({ value }) => value > 0)
                .map((part) => {
                  const height = Math.max(1.5, (part.value / top) * (HEIGHT - 2));
                  bottom -= height;
                  return <rect key={part.class} class={part.class} x={index * WIDTH + 1} y={bottom} width={WIDTH - 2} height={height} />;
                })}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}
