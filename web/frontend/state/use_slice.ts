// Reading a part of a large state.
import { useComputed, type ReadonlySignal } from "@preact/signals";

/** The part of a signal's value that a component shows: it is drawn again only when that part changes. */
export function useSlice<Whole, Part>(source: ReadonlySignal<Whole>, select: (whole: Whole) => Part): Part {
  return useComputed(() => select(source.value)).value;
}
