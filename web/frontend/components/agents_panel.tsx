import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { groupAgents, pickShown } from "../state/agent_view.ts";
import type { LiveSession } from "../state/live_session.ts";
import type { Agent } from "../state/session_state.ts";
import { isFinal } from "../states.ts";
import { useSlice } from "../state/use_slice.ts";
import { AgentPane } from "./agent_pane.tsx";
import { AgentTile } from "./agent_tile.tsx";
import { EmptyState } from "./notes.tsx";
import { Panel } from "./panel.tsx";

/** Where there is room for two texts side by side. */
const isWide = (): boolean => matchMedia("(min-width: 62rem)").matches;

/** Who belongs to the swarm and works on what, and what those write whom a person has chosen, or who work just now. */
export function AgentsPanel({ live }: { live: LiveSession }) {
  const names = useSlice(live.state, (state) => state.agentNames);
  const agents = useSlice(live.state, (state) => state.agents);
  const status = useSlice(live.state, (state) => state.status);
  const isEnded = isFinal(status);
  /** Null as long as nobody has chosen: then the page follows who works. */
  const chosen = useSignal<readonly string[] | null>(null);
  const followed = useRef<readonly string[]>([]);

  const all = names.flatMap((name) => agents[name] ?? []);
  const working = all.filter((agent) => agent.running.length > 0).map((agent) => agent.name);
  followed.current = pickShown(followed.current, working, isWide() ? 2 : 1);
  const shown = chosen.value ?? followed.current;
  const toggle = (name: string): void => {
    chosen.value = shown.includes(name) ? shown.filter((other) => other !== name) : [...shown, name];
  };
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
        chosen.value !== null &&
        !isEnded && (
          <button type="button" class="btn btn-quiet btn-sm" onClick={() => (chosen.value = null)}>
            Follow who works
          </button>
        )
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
