import { agentTitle, formatCount, formatDuration, formatExact } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import type { Step } from "../../../state/session_state.ts";
import { follow, tabHref } from "../../../state/session_route.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { Icon } from "../../icon.tsx";
import { LeftOut } from "./left_out.tsx";
import { StepRequest } from "./step_request.tsx";
import { StepSign, stepWord } from "./step_sign.tsx";
import { StepText } from "./step_text.tsx";

/** "1,024 in · 312 out · 8.2 s · first word after 0.8 s · 41 tokens/s": what a finished step took. */
export function sayFigures({ promptTokens, outputTokens, durationSeconds, firstTokenSeconds, kind }: Step): string {
  const writing = durationSeconds - (firstTokenSeconds ?? 0);
  return [
    kind === "model" ? `${formatCount(promptTokens)} in` : null,
    kind === "model" ? `${formatCount(outputTokens)} out` : null,
    formatDuration(durationSeconds),
    firstTokenSeconds === null ? null : `first word after ${formatDuration(firstTokenSeconds)}`,
    firstTokenSeconds === null || writing < 0.05 || outputTokens < 2 ? null : `${Math.round(outputTokens / writing)} tokens/s`,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** One step in full: who, when, what was asked and what came back. */
export function StepDetail({ live, stepKey, onClose }: { live: LiveSession; stepKey: string; onClose: () => void }) {
  const step = useSlice(live.state, (state) => state.steps[stepKey]);
  const stream = useSlice(live.state, (state) => state.streams[stepKey]?.text ?? "");
  if (step === undefined) return null;
  const text = step.text || stream;
  const inStreams = { tab: "streams" as const, file: null, chosen: { agents: step.agent }, seq: null };
  return (
    <section class="step-detail" aria-label={`Step ${step.label}`} data-step-detail={stepKey}>
      <header class="step-detail-head">
        <StepSign state={step.state} />
        <h3>{step.label}</h3>
        <span class="muted">{stepWord(step.state)}</span>
        <button type="button" class="icon-button" aria-label="Close this step" onClick={onClose}>
          <Icon name="x-lg" />
        </button>
      </header>
      <p class="step-facts muted tabular">
        <a href={tabHref("streams", { chosen: inStreams.chosen })} onClick={(event) => follow(event, inStreams)}>
          {agentTitle(step.agent)}
        </a>
        {step.model !== null && ` · ${step.model}`}
        {step.startedAt !== null && ` · ${formatExact(step.startedAt)}`}
        {step.attempt > 1 && ` · attempt ${step.attempt}`}
        {step.state === "done" && ` · ${sayFigures(step)}`} · <code>{step.key}</code>
      </p>
      <LeftOut step={step} />
      {step.error !== null && <p class="step-error">{step.error}</p>}
      {step.state === "done" && <StepRequest sessionId={live.state.peek().sessionId} stepKey={stepKey} />}
      {text === "" ? <p class="muted">No text.</p> : <StepText text={text} />}
    </section>
  );
}
