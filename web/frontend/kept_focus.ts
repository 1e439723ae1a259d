// Keeps the keyboard's place when what has the focus goes away: a browser alone would drop it on the document.

/** What may take the focus for what stood in it. */
const PLACES = "[tabindex], [role=group], section, article";

/** Give the focus to what stood around what had it, or after a message at the edge to what had it before. */
export function keepFocus(): void {
  let last: Element | null = null;
  /** The element of the page that had it last, and all around that. */
  let chain: Element[] = [];
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof Element)) return;
    last = target;
    if (target.closest("#overlays") === null) chain = lineOf(target);
  });
  // Who presses beside everything has let go of it.
  document.addEventListener("pointerdown", () => (last = null), { capture: true });
  new MutationObserver(() => {
    if (last === null || last.isConnected || document.activeElement !== document.body) return;
    const [former] = chain;
    const heir = chain.find((each) => each.isConnected && (each === former || each.matches(PLACES))) ?? document.getElementById("page");
    if (!(heir instanceof HTMLElement)) return;
    if (heir !== former && !heir.hasAttribute("tabindex")) heir.tabIndex = -1;
    heir.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
}

function lineOf(element: Element): Element[] {
  const line = [];
  for (let each: Element | null = element; each !== null; each = each.parentElement) line.push(each);
  return line;
}
