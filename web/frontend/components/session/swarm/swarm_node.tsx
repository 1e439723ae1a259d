import type { IconName } from "../../../icons.ts";
import { agentTitle, humanise } from "../../../format.ts";
import type { Agent } from "../../../state/session_state.ts";
import type { Spot } from "../../../state/swarm_layout.ts";
import type { Activity, AgentView } from "../../../state/swarm_view.ts";
import { AGENT_ICONS } from "./agent_tile.tsx";
import { Icon } from "../../icon.tsx";

export const ACTIVITIES: Record<Activity, { icon: IconName; word: string }> = {
  reading: { icon: "eye", word: "reading" },
  writing: { icon: "pencil", word: "writing" },
  retrying: { icon: "arrow-repeat", word: "trying again" },
  waiting: { icon: "hourglass-split", word: "waiting" },
  idle: { icon: "cup-hot", word: "idle" },
  done: { icon: "check-lg", word: "done" },
  failed: { icon: "x-lg", word: "failed" },
  halted: { icon: "pause-circle", word: "standing still" },
};

interface Props {
  spot: Spot;
  agent: Agent;
  view: AgentView;
  /** Whether agents use different models: then each one's is shown, else only while it works. */
  hasModels: boolean;
  isOpen: boolean;
  onOpen: () => void;
}

/** An agent in the picture of its swarm: an orb with its state, and who it is; a press opens what it wrote. */
export function SwarmNode({ spot, agent, view, hasModels, isOpen, onOpen }: Props) {
  const { activity, doing, model } = view;
  const { icon, word } = ACTIVITIES[activity];
  const title = agentTitle(agent.name);
  const isAtWork = activity === "reading" || activity === "writing" || activity === "retrying";
  const shownModel = isAtWork || hasModels ? model : null;
  const role = agent.role === null ? null : humanise(agent.role);
  return (
    <li class={`swarm-node is-${activity} is-${agent.kind} label-${spot.label}`} style={{ left: `${spot.x}px`, top: `${spot.y}px` }}>
      <button
        type="button"
        class="swarm-orb-button"
        aria-pressed={isOpen}
        title={[title, role, doing, shownModel].filter(Boolean).join(" · ")}
        data-agent={agent.name}
        data-activity={activity}
        onClick={onOpen}
        style={{ "--orb": `${spot.size}px`, "--label": `${spot.labelWidth}px` }}
      >
        <span class="swarm-orb">
          <span class="swarm-halo" />
          <Icon name={view.hasWon ? "trophy" : AGENT_ICONS[agent.kind]} />
          <span class="swarm-badge">
            <Icon name={icon} />
          </span>
        </span>
        <span class="swarm-label">
          <span class="swarm-name">{title}</span> <span class="swarm-doing">{doing}</span>
          {shownModel !== null && <span class="swarm-model"> {shownModel}</span>}
          {/* The name is what is seen, which is less on a phone, for those who speak to their machine; then the rest. */}
          <span class="visually-hidden">: {[word, role].filter(Boolean).join(", ")}</span>
        </span>
      </button>
    </li>
  );
}
