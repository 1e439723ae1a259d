import { useLayoutEffect, useRef } from "preact/hooks";
import type { LiveSession } from "../../../state/live_session.ts";
import type { SentMessage } from "../../../state/session_state.ts";
import { drawPath, measureRoute, routeBetween, type SwarmLayout } from "../../../state/swarm_layout.ts";
import type { AgentView } from "../../../state/swarm_view.ts";
import { useSlice } from "../../../state/use_slice.ts";

const PIXELS_PER_SECOND = 420;
const SHORTEST_MS = 550;
/** Messages that come at once leave one after the other. */
const APART_MS = 160;
/** More at once would be a swarm of its own. */
const MOST_DOTS = 48;

interface Props {
  live: LiveSession;
  layout: SwarmLayout;
  views: readonly AgentView[];
}

/** The ways between the agents: who waits for whom is dashed, and each message is seen on its way. */
export function SwarmEdges({ live, layout, views }: Props) {
  const messages = useSlice(live.state, (state) => state.messages);
  const dots = useRef<HTMLDivElement>(null);
  /** The last message that has been shown; those of before the page was opened are history. */
  const shown = useRef<number | null>(null);
  useLayoutEffect(() => {
    const last = messages.at(-1)?.seq ?? 0;
    const since = shown.current;
    if (live.isComplete.value) shown.current = last;
    if (since === null || dots.current === null || document.hidden) return;
    const fresh = messages.filter(({ seq }) => seq > since);
    fresh.forEach((message, at) => sendDots(dots.current!, layout, message, at * APART_MS));
  }, [messages, live.isComplete.value]);
  const waits = views.flatMap(({ name, waitsFor }) =>
    waitsFor.map((other) => ({ key: `${name}>${other}`, points: routeBetween(layout, name, other) })),
  );
  const atWork = new Set(views.filter(({ activity }) => activity === "writing" || activity === "reading").map(({ name }) => name));
  const awaited = new Set(waits.map(({ key }) => key));
  const isWarm = (from: string, to: string): boolean =>
    (atWork.has(from) || atWork.has(to)) && !awaited.has(`${from}>${to}`) && !awaited.has(`${to}>${from}`);
  return (
    <>
      <svg class="swarm-edges" width={layout.width} height={layout.height} aria-hidden="true">
        {layout.edges.map(({ from, to, points }) => (
          <path
            key={`${from}-${to}`}
            class={`swarm-edge ${isWarm(from, to) ? "is-warm" : ""}`}
            data-edge={`${from}-${to}`}
            d={drawPath(points)}
          />
        ))}
        {waits.map(({ key, points }) => (
          <path key={key} class="swarm-wait" d={drawPath(points)} />
        ))}
      </svg>
      <div ref={dots} class="swarm-dots" aria-hidden="true" />
    </>
  );
}

/** Let a message travel; what goes to everyone goes to each. Where less motion is wanted, it shines at its end for a while instead. */
function sendDots(place: HTMLElement, layout: SwarmLayout, { sender, recipient }: SentMessage, delay: number): void {
  const names = layout.spots.map(({ name }) => name);
  const recipients = names.includes(recipient) ? [recipient] : names.filter((name) => name !== sender);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const to of recipients) {
    const route = routeBetween(layout, sender, to);
    if (route.length < 2 || place.childElementCount >= MOST_DOTS) continue;
    const dot = document.createElement("span");
    dot.className = "swarm-dot";
    place.append(dot);
    const { length, offsets } = measureRoute(route);
    const move = ({ x, y }: { x: number; y: number }): string => `translate(${x}px, ${y}px)`;
    const end = route.at(-1)!;
    const frames = isStill
      ? [{ transform: move(end), opacity: 1 }, { transform: move(end), opacity: 0 }]
      : route.map((point, at) => ({ transform: move(point), offset: offsets[at]!, opacity: 1 }));
    const duration = isStill ? 1500 : Math.max(SHORTEST_MS, (1000 * length) / PIXELS_PER_SECOND);
    const way = dot.animate(frames, { duration, delay, easing: "ease-in-out", fill: "backwards" });
    way.onfinish = way.oncancel = () => dot.remove();
  }
}
