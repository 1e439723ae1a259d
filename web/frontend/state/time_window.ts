// The part of a time axis that is looked at: zooming, panning, its marks. Pure; times in milliseconds.
import type { TimeRange } from "./timeline.ts";

/** Nothing shorter can be looked at. */
const SHORTEST_MS = 200;

/** Return the window within the whole, as long as it was if that fits. */
export function keepWithin(view: TimeRange, whole: TimeRange): TimeRange {
  const length = Math.min(whole.to - whole.from, Math.max(SHORTEST_MS, view.to - view.from));
  const from = Math.min(Math.max(view.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** A factor below 1 shows less and larger; the moment `at` stays where it is. */
export function zoom(view: TimeRange, factor: number, at: number, whole: TimeRange): TimeRange {
  const wanted = Math.min(whole.to - whole.from, Math.max(SHORTEST_MS, (view.to - view.from) * factor));
  const share = (at - view.from) / (view.to - view.from);
  const from = at - wanted * share;
  return keepWithin({ from, to: from + wanted }, whole);
}

export const pan = ({ from, to }: TimeRange, by: number, whole: TimeRange): TimeRange =>
  keepWithin({ from: from + by, to: to + by }, whole);

/** "12.50-60.00": seconds from the start of the whole, for the address; all of it is no word. */
export function writeWindow(view: TimeRange | null, whole: TimeRange): string {
  if (view === null || view.to - view.from >= whole.to - whole.from) return "";
  const seconds = (time: number): string => ((time - whole.from) / 1000).toFixed(2);
  return `${seconds(view.from)}-${seconds(view.to)}`;
}

export function readWindow(text: string | undefined, whole: TimeRange): TimeRange | null {
  const [, from, to] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text ?? "") ?? [];
  if (from === undefined || to === undefined || Number(to) <= Number(from)) return null;
  return keepWithin({ from: whole.from + 1000 * Number(from), to: whole.from + 1000 * Number(to) }, whole);
}

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Return the marks of the axis in the window, at most about `most`, as seconds from the start of the whole. */
export function marksOf(view: TimeRange, whole: TimeRange, most: number): number[] {
  const seconds = (view.to - view.from) / 1000;
  const step = STEPS.find((one) => seconds / one <= most) ?? STEPS.at(-1)!;
  const first = Math.ceil((view.from - whole.from) / 1000 / step);
  const last = Math.floor((view.to - whole.from) / 1000 / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => Math.round((first + at) * step * 10) / 10);
}
