// Keeping a box that grows scrolled to its end, for as long as its reader wants that.
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { RefObject } from "preact";

/** So close to the end counts as there. */
const NEAR_PX = 24;

export interface Follow {
  /** The box that scrolls, and what it holds. */
  box: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  isFollowing: ReadonlySignal<boolean>;
  jumpToEnd: () => void;
}

/** Follow the end of a box; scrolling up lets go, and being back at the end follows again. */
export function useFollow(): Follow {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isFollowing = useSignal(true);
  const jumpToEnd = (): void => {
    isFollowing.value = true;
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };
  useEffect(() => {
    const [scrolled, grown] = [box.current, content.current];
    if (scrolled === null || grown === null) return;
    let lastTop = scrolled.scrollTop;
    const onScroll = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = scrolled;
      if (scrollHeight - scrollTop - clientHeight <= NEAR_PX) isFollowing.value = true;
      // Text that came since looks like being above the end; only a person moves up.
      else if (scrollTop < lastTop) isFollowing.value = false;
      lastTop = scrollTop;
    };
    const keepAtEnd = (): void => {
      if (isFollowing.peek()) scrolled.scrollTop = scrolled.scrollHeight;
    };
    const observer = new ResizeObserver(keepAtEnd);
    observer.observe(grown);
    observer.observe(scrolled);
    scrolled.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      scrolled.removeEventListener("scroll", onScroll);
    };
  }, []);
  return { box, content, isFollowing, jumpToEnd };
}
