import { agentTitle, formatClock, formatCount, formatDuration } from "../../../format.ts";
import type { Step } from "../../../state/session_state.ts";
import { choose } from "../../../state/session_route.ts";
import { marksOf } from "../../../state/time_window.ts";
import type { Bar, Lane, TimeRange } from "../../../state/timeline.ts";
import { Icon } from "../../icon.tsx";
import { stepWord } from "../steps/step_sign.tsx";

const ROW = 24;

const percentOf = (time: number, { from, to }: TimeRange): number => (100 * (time - from)) / (to - from);

/** "0:05", or "2.5 s" where whole seconds are too coarse. */
const markWord = (seconds: number): string => (seconds % 1 === 0 ? formatClock(seconds) : `${seconds} s`);

/** The marks above the lanes. */
export function TimelineAxis({ view, whole }: { view: TimeRange; whole: TimeRange }) {
  return (
    <div class="timeline-axis">
      <span class="timeline-who" />
      <div class="timeline-axis-track">
        {marksOf(view, whole, 8).map((seconds) => (
          <span key={seconds} class="timeline-mark tabular" style={{ left: `${percentOf(whole.from + 1000 * seconds, view)}%` }}>
            {markWord(seconds)}
          </span>
        ))}
      </div>
    </div>
  );
}

interface Props {
  lane: Lane;
  view: TimeRange;
  whole: TimeRange;
  steps: Record<string, Step>;
  opened: string | null;
}

/** An agent's steps, and what it took in all. */
export function TimelineLane({ lane, view, whole, steps, opened }: Props) {
  const title = agentTitle(lane.agent);
  return (
    <div class="timeline-lane" role="group" aria-label={title} data-agent={lane.agent}>
      <div class="timeline-who">
        <span class="timeline-name">{title}</span>
        <span class="muted tabular">
          {formatDuration(lane.busySeconds)} · {formatCount(lane.outputTokens)} tokens
          {lane.retries > 0 && ` · ${lane.retries} retried`}
        </span>
      </div>
      <div class="timeline-track" style={{ height: `${lane.rows * ROW + 8}px` }}>
        {marksOf(view, whole, 8).map((seconds) => (
          <span key={seconds} class="timeline-line" style={{ left: `${percentOf(whole.from + 1000 * seconds, view)}%` }} />
        ))}
        {lane.bars.map((bar) => {
          const step = steps[bar.key];
          const isSeen = bar.end >= view.from && bar.start <= view.to;
          return step === undefined || !isSeen ? null : (
            <TimelineBar key={bar.key} bar={bar} step={step} view={view} isOpen={opened === bar.key} />
          );
        })}
      </div>
    </div>
  );
}

function TimelineBar({ bar, step, view, isOpen }: { bar: Bar; step: Step; view: TimeRange; isOpen: boolean }) {
  // What lies outside of the window is cut off, so that its words stay in sight.
  const left = Math.max(-1, percentOf(bar.start, view));
  const right = Math.min(101, percentOf(bar.end, view));
  const first = bar.first === null ? bar.start : bar.first;
  const waited = Math.min(100, Math.max(0, (100 * (percentOf(first, view) - left)) / Math.max(0.001, right - left)));
  const isWaiting = step.state === "running" && bar.first === null && step.kind === "model";
  const parts = [
    step.label,
    step.state === "done" ? formatDuration((bar.end - bar.start) / 1000) : stepWord(step.state),
    bar.first === null ? null : `first word after ${formatDuration((bar.first - bar.start) / 1000)}`,
    step.outputTokens > 0 ? `${formatCount(step.outputTokens)} tokens` : null,
    bar.isCritical ? "on the critical path" : null,
  ];
  const about = parts.filter(Boolean).join(" · ");
  return (
    <button
      type="button"
      class={`timeline-bar is-${step.state} is-kind-${step.kind} ${bar.isCritical ? "is-critical" : ""}`}
      aria-pressed={isOpen}
      aria-label={about}
      title={about}
      data-step={step.key}
      onClick={() => choose({ step: isOpen ? "" : step.key })}
      style={{ left: `${left}%`, width: `${Math.max(0, right - left)}%`, top: `${bar.row * ROW + 4}px` }}
    >
      <span class="timeline-waited" style={{ width: isWaiting ? "100%" : `${waited}%` }} />
      <span class="timeline-words">
        {step.kind === "tool" && <Icon name="terminal" />}
        {(step.state === "failed" || step.state === "retrying") && <Icon name="exclamation-triangle-fill" />}
        {step.label}
      </span>
    </button>
  );
}
