import { useState } from "preact/hooks";
import { momentsOf, nearestOf, piecesOf, placeOf, topOf, valueAt } from "../../chart_geometry.ts";
import type { Series, Span } from "../../chart_geometry.ts";
import { formatTime } from "../../format.ts";
import { ChartTable } from "./chart_table.tsx";

interface Props {
  title: string;
  series: readonly Series[];
  span: Span;
  say: (value: number) => string;
  /** The height of the picture, else a round number above the largest value. */
  max?: number;
  least?: number;
  /** How long a bar lasts. */
  barMs?: number;
  /** The values as a table in place of the picture. */
  isTable: boolean;
}

const WIDTH = 600;
const HEIGHT = 120;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
/** How far the keys move. */
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 };

const shortTime = (at: number): string => formatTime(new Date(at).toISOString()).slice(0, 5);

/** Figures over the last hour: a picture whose values are read with mouse, finger or arrow keys, or a table. */
export function TimeChart({ title, series, span, say, max, least, barMs = 60_000, isTable }: Props) {
  const [chosen, choose] = useState<number | null>(null);
  const moments = momentsOf(series, span);
  const latest = moments.at(-1) ?? null;
  const shown = chosen === null ? latest : nearestOf(moments, chosen);
  const top = max ?? topOf(series, least);
  const x = (at: number): number => placeOf(at, span) * WIDTH;
  const y = (value: number): number => HEIGHT - (Math.min(value, top) / top) * (HEIGHT - 2);
  const index = shown === null ? 0 : moments.indexOf(shown);
  const words = series.map((one) => {
    const value = shown === null ? null : valueAt(one, shown);
    return { name: one.name, tone: one.tone, value: value === null ? "–" : say(value) };
  });
  const step = (event: KeyboardEvent): void => {
    const to = event.key === "Home" ? 0 : event.key === "End" ? moments.length - 1 : index + (STEPS[event.key] ?? 0);
    if (to === index && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    choose(moments[Math.max(0, Math.min(moments.length - 1, to))] ?? null);
  };
  const point = (event: PointerEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    choose(span.since + ((event.clientX - box.left) / box.width) * (span.until - span.since));
  };
  const heights = new Map<number, number>();
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <span class="chart-title">{title}</span>
        <span class="chart-at tabular">{shown === null ? "" : chosen === null ? "now" : formatTime(new Date(shown).toISOString())}</span>
      </figcaption>
      <ul class="chart-legend">
        {words.map(({ name, tone, value }) => (
          <li key={name} class={`chart-tone-${tone}`}>
            <span class="chart-key" />
            {name} <strong class="tabular">{value}</strong>
          </li>
        ))}
      </ul>
      {isTable ? (
        <ChartTable title={title} series={series} moments={moments} say={say} />
      ) : moments.length === 0 ? (
        <p class="chart-none muted">Nothing was told in the last hour.</p>
      ) : (
        <>
          <div
            class="chart-plot"
            role="slider"
            tabIndex={0}
            aria-label={`${title} in the last hour`}
            aria-valuemin={0}
            aria-valuemax={moments.length - 1}
            aria-valuenow={index}
            aria-valuetext={`${shown === null ? "" : shortTime(shown)}: ${words.map(({ name, value }) => `${name} ${value}`).join(", ")}`}
            onKeyDown={step}
            onPointerMove={point}
            onPointerDown={point}
            onPointerLeave={() => choose(null)}
            onBlur={() => choose(null)}
          >
            <span class="chart-top tabular">{say(top)}</span>
            <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
              {TICKS.map((tick) => (
                <line key={tick} class="chart-grid" x1={tick * WIDTH} x2={tick * WIDTH} y1={0} y2={HEIGHT} />
              ))}
              <line class="chart-grid" x1={0} x2={WIDTH} y1={y(top / 2)} y2={y(top / 2)} />
              <line class="chart-base" x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
              {series
                .filter(({ kind }) => kind === "bars")
                .flatMap(({ name, tone, points }) =>
                  points
                    .filter(({ at, value }) => value > 0 && at <= span.until)
                    .map(({ at, value }) => {
                      const below = heights.get(at) ?? 0;
                      heights.set(at, below + value);
                      const left = Math.max(0, x(at));
                      const width = Math.max(1, Math.min(WIDTH, x(at + barMs)) - left - 1);
                      return (
                        <rect
                          key={`${name}:${at}`}
                          class={`chart-bar chart-tone-${tone}`}
                          x={left}
                          y={y(below + value)}
                          width={width}
                          height={y(below) - y(below + value)}
                        />
                      );
                    }),
                )}
              {series
                .filter(({ kind }) => kind === "line")
                .flatMap(({ name, tone, points }) =>
                  piecesOf(points, span).map((piece) => (
                    <polyline
                      key={`${name}:${piece[0]?.at}`}
                      class={`chart-line chart-tone-${tone}`}
                      points={(piece.length === 1 ? [...piece, ...piece] : piece).map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ")}
                    />
                  )),
                )}
              {chosen !== null && shown !== null && (
                <line class="chart-cursor" x1={x(shown)} x2={x(shown)} y1={0} y2={HEIGHT} />
              )}
            </svg>
          </div>
          <div class="chart-axis tabular" aria-hidden="true">
            {TICKS.map((tick) => (
              <span key={tick}>{shortTime(span.since + tick * (span.until - span.since))}</span>
            ))}
          </div>
        </>
      )}
    </figure>
  );
}
