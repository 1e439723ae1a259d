import { useSignal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

interface Props<Item> {
  items: readonly Item[];
  keyOf: (item: Item) => string;
  label: string;
  /** False once the end of the list is known. */
  isOpenEnded: boolean;
  /** The row that has the keyboard; it is drawn wherever the reader scrolls. */
  active: number;
  onActive: (index: number) => void;
  /** Called when few rows are left below what is seen. */
  onNearEnd: () => void;
  row: (item: Item, index: number, isActive: boolean) => ComponentChild;
}

const BEYOND = 8;
const NEAR_END = 40;
/** What stands over the page at its top and its bottom edge. */
const EDGE_PX = 72;

/**
 * A list of any length in the page's own scrolling: only the rows that are seen exist, so it stays as quick at 100,000.
 *
 * All rows are as high as the style's `--row-height` says. The arrow keys move from row to row; what is to have the focus
 * in the active row carries `data-row-focus`.
 */
export function WindowList<Item>({ items, keyOf, label, isOpenEnded, active, onActive, onNearEnd, row }: Props<Item>) {
  const list = useRef<HTMLOListElement>(null);
  const height = useSignal(64);
  const seen = useSignal<readonly [number, number]>([0, 30]);
  const wantsFocus = useRef(false);

  const look = (): void => {
    const box = list.current;
    if (box === null) return;
    height.value = Number.parseFloat(getComputedStyle(box).getPropertyValue("--row-height")) || 64;
    const { top } = box.getBoundingClientRect();
    const first = Math.max(0, Math.floor(-top / height.value) - BEYOND);
    const last = Math.max(first, Math.ceil((window.innerHeight - top) / height.value) + BEYOND);
    if (seen.peek()[0] !== first || seen.peek()[1] !== last) seen.value = [first, last];
  };
  useEffect(() => {
    let frame = 0;
    const soon = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(look);
    };
    // What stands above the list may grow.
    const observer = new ResizeObserver(soon);
    observer.observe(document.body);
    window.addEventListener("scroll", soon, { passive: true });
    window.addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      window.removeEventListener("scroll", soon);
      window.removeEventListener("resize", soon);
    };
  }, []);
  useLayoutEffect(look);
  const [first, last] = seen.value;
  useEffect(() => {
    if (items.length > 0 && last >= items.length - NEAR_END) onNearEnd();
  }, [last, items.length, isOpenEnded]);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    list.current?.querySelector<HTMLElement>(`[data-index="${active}"] [data-row-focus]`)?.focus({ preventScroll: true });
  }, [active]);

  const move = (index: number): void => {
    const target = Math.min(items.length - 1, Math.max(0, index));
    if (target < 0) return;
    wantsFocus.current = target !== active;
    scrollToRow(list.current, target, height.peek());
    onActive(target);
  };
  const page = Math.max(1, Math.floor((window.innerHeight - 2 * EDGE_PX) / height.value));
  const steps: Record<string, number> = {
    ArrowDown: active + 1, j: active + 1, ArrowUp: active - 1, k: active - 1,
    PageDown: active + page, PageUp: active - page, Home: 0, End: items.length - 1,
  };
  const shown = items.slice(first, last).map((item, at) => [item, first + at] as const);
  const held = items[active];
  if (held !== undefined && (active < first || active >= last)) shown.push([held, active]);
  return (
    <ol
      ref={list}
      class="window-list"
      aria-label={label}
      style={{ height: `${items.length * height.value}px` }}
      onKeyDown={(event) => {
        const target = steps[event.key];
        if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        move(target);
      }}
    >
      {shown.map(([item, index]) => (
        <li
          key={keyOf(item)}
          class="window-row"
          data-index={index}
          aria-setsize={isOpenEnded ? -1 : items.length}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${index * height.value}px)` }}
        >
          {row(item, index, index === active)}
        </li>
      ))}
    </ol>
  );
}

function scrollToRow(list: HTMLElement | null, index: number, height: number): void {
  if (list === null) return;
  const top = list.getBoundingClientRect().top + index * height;
  const bottom = top + height;
  if (top < EDGE_PX) window.scrollBy({ top: top - EDGE_PX });
  else if (bottom > window.innerHeight - EDGE_PX) window.scrollBy({ top: bottom - window.innerHeight + EDGE_PX });
}
