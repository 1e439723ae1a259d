import { agentTitle, humanise } from "../format.ts";
import type { IconName } from "../icons.ts";
import type { LiveSession } from "../state/live_session.ts";
import { countDone, shownPlan, type ShownSubtask } from "../state/plan_view.ts";
import type { SubtaskState } from "../state/session_state.ts";
import { useSlice } from "../state/use_slice.ts";
import { Icon } from "./icon.tsx";
import { Skeleton } from "./notes.tsx";
import { Panel } from "./panel.tsx";

const LOOKS: Record<SubtaskState, { icon: IconName; word: string }> = {
  waiting: { icon: "circle", word: "Waits" },
  running: { icon: "activity", word: "Under way" },
  returned: { icon: "arrow-repeat", word: "Sent back" },
  done: { icon: "check-circle-fill", word: "Done" },
};

/** The parts of the task, what they wait for and how far they are; a debate has angles in their place. */
export function PlanPanel({ live }: { live: LiveSession }) {
  const subtasks = useSlice(live.state, (state) => state.subtasks);
  const subtaskIds = useSlice(live.state, (state) => state.subtaskIds);
  const agents = useSlice(live.state, (state) => state.agents);
  const isDebate = useSlice(live.state, (state) => state.architecture === "FULLY_CONNECTED");
  const status = useSlice(live.state, (state) => state.status);
  if (subtaskIds.length === 0 && status !== "running") return null;
  const plan = shownPlan({ subtasks, subtaskIds, agents, status });
  const { done, all } = countDone(plan);
  return (
    <Panel id="plan" title={isDebate ? "Angles" : "Plan"} count={all > 0 ? `${done} of ${all}` : undefined}>
      {all === 0 ? <Skeleton lines={3} /> : <SubtaskList subtasks={plan} />}
    </Panel>
  );
}

function SubtaskList({ subtasks }: { subtasks: readonly ShownSubtask[] }) {
  return (
    <ol class="subtasks">
      {subtasks.map((subtask) => (
        <SubtaskRow key={subtask.id} subtask={subtask} />
      ))}
    </ol>
  );
}

function SubtaskRow({ subtask }: { subtask: ShownSubtask }) {
  const { icon, word } = LOOKS[subtask.state];
  const isPackage = subtask.role === "sub_queen";
  return (
    <li class="subtask" data-subtask={subtask.id} data-state={subtask.state}>
      <details>
        <summary>
          <span class={`subtask-sign is-${subtask.state}`} title={word}>
            <Icon name={icon} />
            <span class="visually-hidden">{word}: </span>
          </span>
          <span class="subtask-text">
            <span class="subtask-title">
              <span class="subtask-number tabular">{subtask.number}</span> {subtask.title}
            </span>
            <span class="subtask-meta">
              {isPackage ? agentTitle(subtask.id) : humanise(subtask.role)}
              {!isPackage && subtask.agent !== null && ` · ${agentTitle(subtask.agent)}`}
              {subtask.after.length > 0 && (
                <span class="subtask-after">
                  <Icon name="arrow-right" /> after {subtask.after.join(", ")}
                </span>
              )}
            </span>
          </span>
        </summary>
        <p class="subtask-instructions">{subtask.instructions}</p>
      </details>
      {subtask.parts.length > 0 && <SubtaskList subtasks={subtask.parts} />}
    </li>
  );
}
