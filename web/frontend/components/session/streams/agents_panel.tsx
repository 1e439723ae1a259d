import { useRef } from "preact/hooks";
import { groupAgents, pickShown } from "../../../state/agent_view.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import type { Agent } from "../../../state/session_state.ts";
import { choose, place } from "../../../state/session_route.ts";
import { isFinal } from "../../../states.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { AgentPane } from "./agent_pane.tsx";
import { AgentTile } from "../swarm/agent_tile.tsx";
import { EmptyState } from "../../notes.tsx";
import { Panel } from "../../panel.tsx";

/** In the address where all panes are closed, as an empty word stands for no choice. */
const NOBODY = "-";

/** Where there is room for two texts side by side. */
const isWide = (): boolean => matchMedia("(min-width: 62rem)").matches;

/** Who belongs to the swarm and works on what, and what those write whom a person has chosen, or who work just now. */
export function AgentsPanel({ live }: { live: LiveSession }) {
  const names = useSlice(live.state, (state) => state.agentNames);
  const agents = useSlice(live.state, (state) => state.agents);
  const status = useSlice(live.state, (state) => state.status);
  const isEnded = isFinal(status);
  /** Undefined as long as nobody has chosen: then the page follows who works. */
  const chosen = place.value.chosen["agents"]?.split(",").filter((name) => name in agents);
  const followed = useRef<readonly string[]>([]);

  const all = names.flatMap((name) => agents[name] ?? []);
  const working = all.filter((agent) => agent.running.length > 0).map((agent) => agent.name);
  followed.current = pickShown(followed.current, working, isWide() ? 2 : 1);
  // An ended session is opened at the one who wrote the answer.
  const shown = chosen ?? (isEnded && followed.current.length === 0 ? names.slice(0, 1) : followed.current);
  const show = (wanted: readonly string[]): void => choose({ agents: wanted.length > 0 ? wanted.join(",") : NOBODY });
  const toggle = (name: string): void => show(shown.includes(name) ? shown.filter((other) => other !== name) : [...shown, name]);
  const tile = (agent: Agent) => (
    <AgentTile
      key={agent.name}
      live={live}
      agent={agent}
      isShown={shown.includes(agent.name)}
      status={status}
      onToggle={() => toggle(agent.name)}
    />
  );
  return (
    <Panel
      id="agents"
      title="Agents"
      count={all.length > 0 ? all.length : undefined}
      actions={
        <span class="agents-actions">
          {chosen !== undefined && !isEnded && (
            <button type="button" class="btn btn-quiet btn-sm" onClick={() => choose({ agents: "" })}>
              Follow who works
            </button>
          )}
          {all.length > 1 && shown.length < all.length && (
            <button type="button" class="btn btn-quiet btn-sm" onClick={() => show(names)}>
              Show all
            </button>
          )}
        </span>
      }
    >
      {all.length === 0 ? (
        <EmptyState icon="hive" title={isEnded ? "No swarm was formed" : "The swarm gathers"}>
          {isEnded ? "The session ended before its first step." : "Its agents appear here as soon as a worker process has begun."}
        </EmptyState>
      ) : (
        <>
          <ul class="agent-groups">
            {groupAgents(all).map(({ leader, members }) => (
              <li key={leader?.name ?? "drones"} class={`agent-group ${leader === null ? "" : "is-led"}`}>
                {leader !== null && tile(leader)}
                {members.length > 0 && <div class="agent-members">{members.map(tile)}</div>}
              </li>
            ))}
          </ul>
          {shown.length > 0 ? (
            <div class="agent-panes">
              {shown.map((name) => (
                <AgentPane key={name} live={live} name={name} onClose={() => toggle(name)} />
              ))}
            </div>
          ) : (
            <p class="agent-hint muted">Choose agents to read what they {isEnded ? "wrote" : "write"}, side by side.</p>
          )}
        </>
      )}
    </Panel>
  );
}
