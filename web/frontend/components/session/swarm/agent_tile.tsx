import type { IconName } from "../../../icons.ts";
import { agentTitle, humanise, plural } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import type { Agent, Step } from "../../../state/session_state.ts";
import { isFinal, type State } from "../../../states.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { Icon } from "../../icon.tsx";

export const AGENT_ICONS: Record<Agent["kind"], IconName> = { queen: "crown", sub_queen: "diagram-2", drone: "robot" };

interface Props {
  live: LiveSession;
  agent: Agent;
  isShown: boolean;
  status: State;
  onToggle: () => void;
}

/** What an agent does, in a few words. */
function activityOf(agent: Agent, step: Step | null, status: State): string {
  if (step !== null) return step.state === "retrying" ? `Tries again: ${step.label}` : step.label;
  if (agent.stepsDone > 0) return `${plural(agent.stepsDone, "step")} done`;
  return status === "running" ? "Waits for work" : isFinal(status) ? "Had nothing to do" : "Nothing done yet";
}

/** An agent: who it is and what it works on; a press shows or hides what it writes. */
export function AgentTile({ live, agent, isShown, status, onToggle }: Props) {
  const step = useSlice(live.state, (state) => state.steps[state.agents[agent.name]?.running.at(-1) ?? ""] ?? null);
  const hasModels = useSlice(live.state, (state) => Object.keys(state.models).length > 0);
  const role = step?.role ?? agent.role;
  const model = hasModels ? (step?.model ?? agent.model) : null;
  const activity = step === null ? "idle" : step.state === "retrying" ? "retrying" : "working";
  const doing = activityOf(agent, step, status);
  return (
    <button
      type="button"
      class={`agent-tile is-${activity}`}
      aria-pressed={isShown}
      data-agent={agent.name}
      data-activity={activity}
      onClick={onToggle}
    >
      <span class="agent-icon">
        <Icon name={AGENT_ICONS[agent.kind]} />
      </span>
      <span class="agent-text">
        <span class="agent-name">
          {agentTitle(agent.name)}
          {role !== null && (
            <span class="agent-role" title={humanise(role)}>
              {humanise(role)}
            </span>
          )}
        </span>
        <span class="agent-activity" title={doing}>
          {doing}
        </span>
        {model !== null && (
          <span class="agent-model" title={model}>
            {model}
          </span>
        )}
      </span>
    </button>
  );
}
