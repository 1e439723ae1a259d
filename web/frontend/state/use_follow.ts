// Keeping a box that grows scrolled to its end, for as long as its reader wants that.
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { RefObject } from "preact";

/** Whoever scrolls down until so close to the end wants to be there: the text grew while they scrolled. */
const NEAR_PX = 80;
/** Where a text becomes shorter, the box moves up on its own, and is then at its end. */
const AT_END_PX = 2;

export interface Follow {
  /** The box that scrolls, and what it holds. */
  box: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  isFollowing: ReadonlySignal<boolean>;
  jumpToEnd: () => void;
}

/** Follow the end of a box, from now on if it `isGrowing`; scrolling up lets go, being back at the end follows again. */
export function useFollow(isGrowing: boolean): Follow {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isFollowing = useSignal(isGrowing);
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
      const left = scrollHeight - scrollTop - clientHeight;
      if (scrollTop < lastTop) isFollowing.value = left <= AT_END_PX;
      else if (left <= NEAR_PX) isFollowing.value = true;
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
