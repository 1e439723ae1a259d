// Keeping the keyboard's place when what has the focus goes away.
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** The ref of an element (with `tabIndex={-1}`) that takes the focus when what has it in there is no longer drawn. */
export function useKeptFocus<Kind extends HTMLElement>(): RefObject<Kind | null> {
  const place = useRef<Kind>(null);
  const hadFocus = place.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (hadFocus && document.activeElement === document.body) place.current?.focus({ preventScroll: true });
  });
  return place;
}
