import { agentTitle, humanise } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import { countDone, shownPlan, type ShownSubtask } from "../../../state/plan_view.ts";
import { choose, place } from "../../../state/session_route.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { isFinal } from "../../../states.ts";
import { Icon } from "../../icon.tsx";
import { EmptyState, Skeleton } from "../../notes.tsx";
import { Panel } from "../../panel.tsx";
import { PlanGraph, SubtaskSign, subtaskWord } from "./plan_graph.tsx";
import { StepText } from "../steps/step_text.tsx";

/** The parts of the task, what they wait for and how far they are; a debate has angles in their place. */
export function PlanPanel({ live }: { live: LiveSession }) {
  const subtasks = useSlice(live.state, (state) => state.subtasks);
  const subtaskIds = useSlice(live.state, (state) => state.subtaskIds);
  const agents = useSlice(live.state, (state) => state.agents);
  const isDebate = useSlice(live.state, (state) => state.architecture === "FULLY_CONNECTED");
  const status = useSlice(live.state, (state) => state.status);
  const plan = shownPlan({ subtasks, subtaskIds, agents, status });
  const { done, all } = countDone(plan);
  const every = plan.flatMap((subtask) => [subtask, ...subtask.parts]);
  const opened = every.find(({ id }) => id === place.value.chosen["subtask"]) ?? null;
  const toggle = (id: string): void => choose({ subtask: opened?.id === id ? "" : id });
  return (
    <Panel id="plan" title={isDebate ? "Angles" : "Plan"} count={all > 0 ? `${done} of ${all}` : undefined}>
      {all > 0 ? (
        <>
          <PlanGraph parts={plan} opened={opened?.id ?? null} onOpen={toggle} />
          {opened !== null && plan.includes(opened) && <SubtaskDetail live={live} subtask={opened} />}
          {plan.map((subtask) =>
            subtask.parts.length === 0 ? null : (
              <section key={subtask.id} class="plan-team" aria-label={`Plan of ${agentTitle(subtask.id)}`}>
                <h3 class="plan-team-title">
                  <Icon name="diagram-2" /> {agentTitle(subtask.id)} <span class="muted">{subtask.title}</span>
                </h3>
                <PlanGraph parts={subtask.parts} opened={opened?.id ?? null} onOpen={toggle} />
                {opened !== null && subtask.parts.includes(opened) && <SubtaskDetail live={live} subtask={opened} />}
              </section>
            ),
          )}
        </>
      ) : status === "running" ? (
        <Skeleton lines={3} />
      ) : (
        <EmptyState icon="diagram-3" title="No plan">
          {status === "completed"
            ? "The swarm came to its result without dividing the task."
            : isFinal(status)
              ? "The session ended before its task was divided."
              : "The task is divided as soon as the session runs."}
        </EmptyState>
      )}
    </Panel>
  );
}

/** What a part of the plan asks for, and what came of it. */
function SubtaskDetail({ live, subtask }: { live: LiveSession; subtask: ShownSubtask }) {
  const { id, title, instructions, state, role, agent, returns } = subtask;
  const result = useSlice(live.state, ({ steps, stepKeys }) => {
    const own = stepKeys.map((key) => steps[key]).filter((step) => step?.subtask === id && step.kind === "model");
    return own.findLast((step) => step?.state === "done") ?? own.at(-1) ?? null;
  });
  const stream = useSlice(live.state, (now) => now.streams[result?.key ?? ""]?.text ?? "");
  const text = result === null ? "" : result.text || stream;
  const close = (): void => {
    choose({ subtask: "" });
    document.querySelector<HTMLElement>(`.plan-card[data-subtask="${id}"]`)?.focus();
  };
  return (
    <section class="step-detail" aria-label={`Part ${title}`} data-subtask-detail={id}>
      <header class="step-detail-head">
        <SubtaskSign state={state} />
        <h3>{title}</h3>
        <button type="button" class="icon-button" aria-label="Close this part" onClick={close}>
          <Icon name="x-lg" />
        </button>
      </header>
      <p class="step-facts muted">
        {subtaskWord(state)} · {humanise(role)}
        {agent !== null && ` · ${agentTitle(agent)}`}
        {returns > 0 && ` · sent back ${returns === 1 ? "once" : `${returns} times`}`}
      </p>
      <p class="subtask-instructions" dir="auto">
        {instructions}
      </p>
      {text !== "" && (
        <>
          <h4 class="plan-result-title">Result</h4>
          <StepText text={text} />
        </>
      )}
    </section>
  );
}
