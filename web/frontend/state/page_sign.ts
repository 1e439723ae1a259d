// The browser's tab: its title and its icon say how things are, and a notification comes when a session ends unseen.
import { effect, signal } from "@preact/signals";
import type { Session } from "../api_types.ts";
import { watchSessions } from "../live.ts";
import { isFinal, seenState, type SeenState } from "../states.ts";
import type { LiveSession } from "./live_session.ts";
import { notifyOfEnd } from "./notifications.ts";

/** Each state by a colour and by a shape of its own, drawn into the lower right of the 32 by 32 icon. */
const GREY = "#8b95a5";
const SIGNS: Record<SeenState, { word: string; colour: string; shape: string }> = {
  queued: { word: "…", colour: GREY, shape: "M20 22.5h1M22.5 22.5h1M25 22.5h1" },
  running: { word: "▶", colour: "#2f74e6", shape: "M21 19l6 3.5-6 3.5z" },
  pausing: { word: "⏸", colour: "#8b5cf6", shape: "M21 19v7M25 19v7" },
  paused: { word: "⏸", colour: "#8b5cf6", shape: "M21 19v7M25 19v7" },
  waiting: { word: "⏳", colour: "#dd7430", shape: "M23 18.5v4l3 2" },
  stopping: { word: "■", colour: GREY, shape: "M20.5 20h5v5h-5z" },
  stopped: { word: "■", colour: GREY, shape: "M20.5 20h5v5h-5z" },
  completed: { word: "✓", colour: "#12703c", shape: "M19.5 22.5l2.5 2.5 4.5-5" },
  failed: { word: "✗", colour: "#d93b3b", shape: "M20.5 20l5 5M25.5 20l-5 5" },
};
const ICON = 'link[rel="icon"]';

const plainTitle = document.title;
/** How many sessions have not ended, once that is known. */
const activeCount = signal(0);
const shownState = signal<SeenState | null>(null);

/** Keep title and icon up to date, and tell of ends, for as long as the page is open. */
export function followSign(): void {
  const active = new Set<string>();
  watchSessions(({ changed, statistics }) => {
    activeCount.value = statistics.active;
    changed.filter((session) => hasEnded(active, session)).forEach(notifyOfEnd);
  });
  effect(() => {
    const state = shownState.value;
    const prefix = state !== null ? `${SIGNS[state].word} ` : activeCount.value > 0 ? `(${activeCount.value}) ` : "";
    document.title = prefix + plainTitle;
    void drawIcon(state ?? (activeCount.value > 0 ? "running" : null));
  });
}

/** Let the tab of a session's page show that session. */
export function showSessionSign(live: LiveSession): void {
  effect(() => {
    if (!live.isComplete.value) return;
    const { status, desired, waitsFor } = live.state.value;
    shownState.value = seenState(status, desired, waitsFor);
  });
}

/** Take a session's news: true where it was seen active before, and is no more. */
function hasEnded(active: Set<string>, { id, status }: Session): boolean {
  if (isFinal(status)) return active.delete(id);
  active.add(id);
  return false;
}

let plainIcon: Promise<string> | undefined;
let drawn: SeenState | null = null;

async function drawIcon(state: SeenState | null): Promise<void> {
  const link = document.querySelector<HTMLLinkElement>(ICON);
  if (link === null || state === drawn) return;
  drawn = state;
  try {
    plainIcon ??= fetch(link.href).then((answer) => answer.text());
    const svg = await plainIcon;
    if (state === drawn) link.href = `data:image/svg+xml,${encodeURIComponent(addSign(svg, state))}`;
  } catch {
    plainIcon = undefined; // The icon of before says nothing wrong for long.
    drawn = null;
  }
}

function addSign(svg: string, state: SeenState | null): string {
  if (state === null) return svg;
  const { colour, shape } = SIGNS[state];
  const sign =
    `<circle cx="23" cy="22.5" r="8.5" fill="${colour}" stroke="#fff" stroke-width="1.5"/>` +
    `<path d="${shape}" fill="${shape.endsWith("z") ? "#fff" : "none"}" stroke="#fff" stroke-width="2" stroke-linecap="round"/>`;
  return svg.replace("</svg>", `${sign}</svg>`);
}
