// Where the values of a chart stand: times go from 0 to 1 to the right, values from 0 to 1 upwards. Pure.

export interface Point {
  /** In ms since 1970. */
  at: number;
  value: number;
}

export interface Series {
  name: string;
  /** Bars of one moment stand on each other. */
  kind: "line" | "bars";
  /** The number of its colour, from 1. */
  tone: number;
  points: readonly Point[];
}

export interface Span {
  since: number;
  until: number;
}

/** Where nothing was told for so long a line has a gap. */
const GAP_MS = 90_000;

/** The smallest round number that is not below the largest value, so that the axis reads well. */
export function topOf(series: readonly Series[], least = 1): number {
  const stacks = new Map<number, number>();
  let highest = least;
  for (const { kind, points } of series) {
    for (const { at, value } of points) {
      const whole = kind === "bars" ? (stacks.get(at) ?? 0) + value : value;
      if (kind === "bars") stacks.set(at, whole);
      highest = Math.max(highest, whole);
    }
  }
  const power = 10 ** Math.floor(Math.log10(highest));
  return power * ([1, 2, 4, 5, 8, 10].find((step) => step * power >= highest) ?? 10);
}

/** Where a moment stands. */
export const placeOf = (at: number, { since, until }: Span): number => (at - since) / (until - since);

/** The pieces of a line, cut where nothing was told; what lies outside of the span is left out. */
export function piecesOf(points: readonly Point[], span: Span, gap = GAP_MS): Point[][] {
  const pieces: Point[][] = [];
  let last: Point | undefined;
  for (const point of points) {
    if (point.at < span.since || point.at > span.until) continue;
    if (last === undefined || point.at - last.at > gap) pieces.push([]);
    pieces.at(-1)?.push(point);
    last = point;
  }
  return pieces;
}

/** The moments of all series, each once, in their order: what a reader steps through. */
export function momentsOf(series: readonly Series[], span: Span): number[] {
  const moments = new Set(series.flatMap(({ points }) => points.map(({ at }) => at)));
  return [...moments].filter((at) => at >= span.since && at <= span.until).sort((one, other) => one - other);
}

/** The moment that is nearest to another one; null where there is none. */
export function nearestOf(moments: readonly number[], at: number): number | null {
  return moments.reduce<number | null>(
    (best, moment) => (best === null || Math.abs(moment - at) < Math.abs(best - at) ? moment : best),
    null,
  );
}

/** The value of a series at a moment; null where it has none. */
export const valueAt = ({ points }: Series, at: number): number | null => points.find((point) => point.at === at)?.value ?? null;
