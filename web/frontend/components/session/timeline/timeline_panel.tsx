import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatDuration } from "../../../format.ts";
import { now } from "../../../state/clock.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import { choose, place } from "../../../state/session_route.ts";
import { pan, readWindow, writeWindow, zoom } from "../../../state/time_window.ts";
import { layoutTimeline, type TimeRange } from "../../../state/timeline.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { Icon } from "../../icon.tsx";
import { EmptyState } from "../../notes.tsx";
import { Panel } from "../../panel.tsx";
import { TimelineAxis, TimelineLane } from "./timeline_lane.tsx";
import { StepDetail } from "../steps/step_detail.tsx";

const CLOSER = 0.6;
/** The address follows once the hand rests: browsers allow only so many changes of it. */
const SETTLE_MS = 250;

/** Every step on a time axis, an agent a lane; the chain that all had to wait for is marked. */
export function TimelinePanel({ live }: { live: LiveSession }) {
  const steps = useSlice(live.state, (state) => state.steps);
  const agents = useSlice(live.state, (state) => state.agents);
  const endedAt = useSlice(live.state, (state) => state.endedAt);
  const startedAt = useSlice(live.state, (state) => state.startedAt);
  const begun = useSlice(live.state, (state) => Object.keys(state.streams).join("\n"));
  const { stepKeys, agentNames } = live.state.peek();
  const saw = useRef(new Map<string, number>());
  for (const key of begun.split("\n")) if (!saw.current.has(key)) saw.current.set(key, Date.now());

  const told = { steps, stepKeys, agents, agentNames, startedAt, endedAt };
  const timeline = layoutTimeline(told, endedAt === null ? now.value : 0, (key) => saw.current.get(key));
  const whole: TimeRange = { from: timeline.from, to: timeline.to };
  const chosen = place.value.chosen;
  const held = useSignal<TimeRange | null>(null);
  const settling = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(settling.current), []);
  const view = held.value ?? readWindow(chosen["window"], whole) ?? whole;
  const opened = steps[chosen["step"] ?? ""];
  const show = (next: TimeRange): void => {
    held.value = next;
    clearTimeout(settling.current);
    settling.current = setTimeout(() => {
      choose({ window: writeWindow(next, whole) }, "replace");
      held.value = null;
    }, SETTLE_MS);
  };
  const { box, onKeyDown } = useHands(view, whole, show);

  if (stepKeys.length === 0) {
    return (
      <Panel id="timeline" title="Timeline">
        <EmptyState icon="bar-chart-steps" title="No step yet">
          Each call of the model becomes a bar here as soon as it begins.
        </EmptyState>
      </Panel>
    );
  }
  const middle = (view.from + view.to) / 2;
  const close = (): void => {
    choose({ step: "" });
    box.current?.querySelector<HTMLElement>(`[data-step="${opened?.key}"]`)?.focus();
  };
  return (
    <Panel
      id="timeline"
      title="Timeline"
      actions={
        <div class="timeline-tools" role="group" aria-label="Zoom">
          <button type="button" class="icon-button" aria-label="Zoom out" onClick={() => show(zoom(view, 1 / CLOSER, middle, whole))}>
            <Icon name="zoom-out" />
          </button>
          <button type="button" class="icon-button" aria-label="Zoom in" onClick={() => show(zoom(view, CLOSER, middle, whole))}>
            <Icon name="zoom-in" />
          </button>
          <button type="button" class="btn btn-quiet btn-sm" onClick={() => show(whole)}>
            All
          </button>
        </div>
      }
    >
      <ul class="timeline-legend muted">
        <li>
          <span class="timeline-key is-waiting" /> until the first word
        </li>
        <li>
          <span class="timeline-key is-writing" /> writes
        </li>
        <li>
          <span class="timeline-key is-tool" /> tool
        </li>
        <li>
          <span class="timeline-key is-critical" /> critical path: {timeline.critical.length} steps,{" "}
          {formatDuration(timeline.criticalSeconds)} of {formatDuration((whole.to - whole.from) / 1000)}
        </li>
      </ul>
      <div
        ref={box}
        class="timeline"
        tabIndex={0}
        role="group"
        aria-label="Timeline: plus and minus zoom, arrow keys move, 0 shows all"
        onKeyDown={onKeyDown}
      >
        <TimelineAxis view={view} whole={whole} />
        {timeline.lanes.map((lane) => (
          <TimelineLane key={lane.agent} lane={lane} view={view} whole={whole} steps={steps} opened={opened?.key ?? null} />
        ))}
      </div>
      <p class="timeline-hint muted">
        Scroll over the axis, or hold Ctrl over the lanes, to zoom; drag to move. Keys: <kbd>+</kbd> <kbd>−</kbd> <kbd>←</kbd> <kbd>→</kbd>{" "}
        <kbd>0</kbd>
      </p>
      {opened !== undefined && <StepDetail live={live} stepKey={opened.key} onClose={close} />}
    </Panel>
  );
}

/** Zooming and moving by wheel, pointer and keys. */
function useHands(view: TimeRange, whole: TimeRange, show: (next: TimeRange) => void) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef({ view, whole, show });
  latest.current = { view, whole, show };
  const hasBox = whole.to > whole.from;
  useEffect(() => {
    const shown = box.current;
    if (shown === null) return;
    const momentAt = (x: number): number => {
      const track = shown.querySelector(".timeline-axis-track")?.getBoundingClientRect();
      const now = latest.current.view;
      return track === undefined ? now.from : now.from + ((x - track.left) / track.width) * (now.to - now.from);
    };
    const onWheel = (event: WheelEvent): void => {
      const now = latest.current;
      const isOnAxis = event.target instanceof Element && event.target.closest(".timeline-axis") !== null;
      const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      if (isSideways) {
        event.preventDefault();
        const by = (event.deltaX || event.deltaY) / shown.clientWidth;
        now.show(pan(now.view, by * (now.view.to - now.view.from), now.whole));
      } else if (isOnAxis || event.ctrlKey || event.metaKey) {
        event.preventDefault();
        now.show(zoom(now.view, event.deltaY > 0 ? 1 / 0.85 : 0.85, momentAt(event.clientX), now.whole));
      }
    };
    let held: { x: number; view: TimeRange } | null = null;
    const onDown = (event: PointerEvent): void => {
      const isBar = event.target instanceof Element && event.target.closest(".timeline-bar") !== null;
      if (event.button === 0 && !isBar && event.pointerType !== "touch") held = { x: event.clientX, view: latest.current.view };
    };
    const onMove = (event: PointerEvent): void => {
      if (held === null) return;
      const track = shown.querySelector(".timeline-axis-track")?.clientWidth ?? 1;
      const by = ((held.x - event.clientX) / track) * (held.view.to - held.view.from);
      latest.current.show(pan(held.view, by, latest.current.whole));
    };
    const onUp = (): void => {
      held = null;
    };
    shown.addEventListener("wheel", onWheel, { passive: false });
    shown.addEventListener("pointerdown", onDown);
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onUp);
    return () => {
      shown.removeEventListener("wheel", onWheel);
      shown.removeEventListener("pointerdown", onDown);
      removeEventListener("pointermove", onMove);
      removeEventListener("pointerup", onUp);
    };
  }, [hasBox]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const length = view.to - view.from;
    const middle = (view.from + view.to) / 2;
    const moves: Record<string, () => TimeRange> = {
      "+": () => zoom(view, CLOSER, middle, whole),
      "=": () => zoom(view, CLOSER, middle, whole),
      "-": () => zoom(view, 1 / CLOSER, middle, whole),
      "0": () => whole,
      ArrowLeft: () => pan(view, -length / 5, whole),
      ArrowRight: () => pan(view, length / 5, whole),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    show(move());
  };
  return { box, onKeyDown };
}
