import { health } from "../../../live.ts";
import { agentTitle } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import { isFinal } from "../../../states.ts";
import { useFollow } from "../../../state/use_follow.ts";
import { useStream } from "../../../state/use_stream.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { AGENT_ICONS } from "../swarm/agent_tile.tsx";
import { Icon } from "../../icon.tsx";
import { LeftOut } from "../steps/left_out.tsx";
import { sayFigures } from "../steps/step_detail.tsx";
import { StepRequest } from "../steps/step_request.tsx";
import { StepSign } from "../steps/step_sign.tsx";
import { StepText } from "../steps/step_text.tsx";

interface Props {
  live: LiveSession;
  name: string;
  onClose: () => void;
}

/** All that an agent wrote and writes, step by step; while it goes on the end is followed, until one scrolls up. */
export function AgentPane({ live, name, onClose }: Props) {
  const kind = useSlice(live.state, (state) => state.agents[name]?.kind ?? "drone");
  const steps = useSlice(live.state, (state) => state.steps);
  const keys = useSlice(live.state, (state) => state.stepKeys).filter((key) => steps[key]?.agent === name);
  const isEnded = useSlice(live.state, (state) => isFinal(state.status));
  const { box, content, isFollowing, jumpToEnd } = useFollow(!isEnded);
  const title = agentTitle(name);
  return (
    <section class="agent-pane" aria-label={`What ${title} writes`} data-agent={name}>
      <header class="agent-pane-head">
        <Icon name={AGENT_ICONS[kind]} />
        <h3>{title}</h3>
        <button type="button" class="icon-button" aria-label={`Hide what ${title} writes`} onClick={onClose}>
          <Icon name="x-lg" />
        </button>
      </header>
      <div ref={box} class="agent-pane-box" tabIndex={0} role="region" aria-label={`Text of ${title}`} data-following={isFollowing.value}>
        <div ref={content}>
          {keys.length === 0 && <p class="muted">Nothing yet.</p>}
          {keys.map((key) => (
            <Turn key={key} live={live} stepKey={key} />
          ))}
        </div>
      </div>
      {!isFollowing.value && !isEnded && (
        <button type="button" class="btn btn-quiet btn-sm agent-pane-jump" onClick={jumpToEnd}>
          <Icon name="arrow-down" /> Follow
        </button>
      )}
    </section>
  );
}

/** One step of the agent: its text as it comes, then as it stands. */
function Turn({ live, stepKey }: { live: LiveSession; stepKey: string }) {
  const step = useSlice(live.state, (state) => state.steps[stepKey]);
  const hasModels = useSlice(live.state, (state) => Object.keys(state.models).length > 0);
  const stream = useStream(live, stepKey);
  if (step === undefined) return null;
  const isLive = step.state === "running";
  const text = step.text || stream;
  return (
    <article class={`turn ${isLive ? "is-live" : ""}`} data-step={stepKey}>
      <h4 class="turn-head">
        <StepSign state={step.state} />
        <span class="turn-label">{step.label}</span>
        {step.attempt > 1 && <span class="chip">attempt {step.attempt}</span>}
        {hasModels && step.model !== null && <span class="muted">{step.model}</span>}
        {step.state === "done" && <span class="muted tabular">{sayFigures(step)}</span>}
      </h4>
      {step.state === "done" && step.kind === "model" && <StepRequest sessionId={live.state.peek().sessionId} stepKey={stepKey} />}
      <LeftOut step={step} />
      {text !== "" && <StepText text={text} isGrowing={isLive} />}
      {isLive && (text === "" || !health.value.redis) && (
        <p class="muted turn-wait">
          {health.value.redis ? "Reads and thinks…" : "While Redis is away, the text comes only when the step is done."}
        </p>
      )}
      {step.error !== null && <p class="step-error">{step.error}</p>}
    </article>
  );
}
