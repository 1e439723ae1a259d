import { useSignal } from "@preact/signals";
import { agentTitle, formatCount, formatDuration } from "../../../format.ts";
import { now } from "../../../state/clock.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import type { Step } from "../../../state/session_state.ts";
import { rangeOf, spanOf } from "../../../state/timeline.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { Icon } from "../../icon.tsx";
import { LeftOut } from "./left_out.tsx";
import { StepSign, stepWord } from "./step_sign.tsx";
import { StepText } from "./step_text.tsx";
import { Elapsed } from "../../times.tsx";

/** A step on one line; a press shows what it wrote. */
export function StepRow({ live, stepKey }: { live: LiveSession; stepKey: string }) {
  const step = useSlice(live.state, (state) => state.steps[stepKey]);
  const isOpen = useSignal(false);
  if (step === undefined) return null;
  const id = `step-${stepKey}`;
  return (
    <li id={`row-${stepKey}`} class={`step step-${step.state}`} data-step={stepKey} data-state={step.state}>
      <button
        type="button"
        class="step-line"
        aria-expanded={isOpen.value}
        aria-controls={id}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        <StepSign state={step.state} />
        <span class="step-label">
          {step.label}
          {step.attempt > 1 && <span class="chip">attempt {step.attempt}</span>}
          {step.leftOut !== null && <span class="chip chip-warn">prompt cut</span>}
        </span>
        <span class="step-agent">{agentTitle(step.agent)}</span>
        <StepSpan live={live} step={step} />
        <span class="step-tokens tabular">{step.state === "done" ? `${formatCount(step.outputTokens)} tokens` : ""}</span>
        <span class="step-time tabular">
          {step.state === "done" ? (
            formatDuration(step.durationSeconds)
          ) : step.state === "running" && step.startedAt !== null ? (
            <Elapsed from={step.startedAt} />
          ) : (
            stepWord(step.state)
          )}
        </span>
        <Icon name="chevron-right" class="step-arrow" />
      </button>
      {isOpen.value && (
        <div id={id} class="step-body">
          <StepBody live={live} step={step} />
        </div>
      )}
    </li>
  );
}

/** Where the step lies in the time of the session. */
function StepSpan({ live, step }: { live: LiveSession; step: Step }) {
  const startedAt = useSlice(live.state, (state) => state.startedAt);
  const endedAt = useSlice(live.state, (state) => state.endedAt);
  const span = spanOf(step, rangeOf(startedAt, endedAt, endedAt === null ? now.value : 0));
  return (
    <span class="step-track" aria-hidden="true">
      {span !== null && <span class="step-bar" style={{ left: `${span.left}%`, width: `${span.width}%` }} />}
    </span>
  );
}

function StepBody({ live, step }: { live: LiveSession; step: Step }) {
  const stream = useSlice(live.state, (state) => state.streams[step.key]?.text ?? "");
  const text = step.text || stream;
  return (
    <>
      <p class="step-facts muted tabular">
        {step.key}
        {step.model !== null && ` · ${step.model}`}
        {step.state === "done" && ` · ${formatCount(step.promptTokens)} tokens in, ${formatCount(step.outputTokens)} out`}
      </p>
      <LeftOut step={step} />
      {step.error !== null && <p class="step-error">{step.error}</p>}
      {text === "" ? <p class="muted">No text.</p> : <StepText text={text} />}
    </>
  );
}
