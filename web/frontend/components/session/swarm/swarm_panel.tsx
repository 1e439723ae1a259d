import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { agentTitle } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import { layoutSwarm } from "../../../state/swarm_layout.ts";
import { countActivities, viewSwarm } from "../../../state/swarm_view.ts";
import { choose, place, tabHref } from "../../../state/session_route.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { isFinal } from "../../../states.ts";
import { AgentPane } from "../streams/agent_pane.tsx";
import { Icon } from "../../icon.tsx";
import { EmptyState } from "../../notes.tsx";
import { ACTIVITIES, SwarmNode } from "./swarm_node.tsx";
import { SwarmEdges } from "./swarm_edges.tsx";
import { SwarmNews } from "./swarm_news.tsx";

/** The swarm as a picture that lives: who works, who waits for whom, what goes from one to another. */
export function SwarmPanel({ live }: { live: LiveSession }) {
  const agents = useSlice(live.state, (state) => state.agents);
  const names = useSlice(live.state, (state) => state.agentNames);
  const steps = useSlice(live.state, (state) => state.steps);
  const subtasks = useSlice(live.state, (state) => state.subtasks);
  const votes = useSlice(live.state, (state) => state.votes);
  const status = useSlice(live.state, (state) => state.status);
  // Not the texts themselves, which grow all the time: only whether there are some.
  const writing = useSlice(live.state, (state) =>
    Object.keys(state.streams).filter((key) => state.streams[key]?.length !== 0).join("\n"),
  );
  const { subtaskIds, architecture, model, models } = live.state.peek();
  const stage = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  const hasSwarm = names.length > 0;
  useEffect(() => {
    if (stage.current === null) return;
    const observer = new ResizeObserver(([entry]) => (width.value = Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(stage.current);
    return () => observer.disconnect();
  }, [hasSwarm]);

  if (!hasSwarm) {
    const isOver = isFinal(status);
    return (
      <section class="panel" aria-label="The swarm">
        <EmptyState icon="hive" title={isOver ? "No swarm was formed" : "The swarm gathers"}>
          {isOver ? "The session ended before its first step." : "Its agents appear here as soon as a worker process has begun."}
        </EmptyState>
      </section>
    );
  }
  const isWriting = new Set(writing.split("\n"));
  const views = viewSwarm({ agents, agentNames: names, steps, subtasks, subtaskIds, status, architecture, model, votes }, (key) =>
    isWriting.has(key),
  );
  const layout = layoutSwarm(names.flatMap((name) => agents[name] ?? []), architecture, width.value);
  const opened = names.find((name) => name === place.value.chosen["agent"]) ?? null;
  const close = (): void => {
    choose({ agent: "" });
    stage.current?.querySelector<HTMLElement>(`[data-agent="${opened}"]`)?.focus();
  };
  return (
    <div class="swarm">
      <section class="panel swarm-panel" aria-label="The swarm">
        <h2 class="visually-hidden">Swarm</h2>
        <ul class="swarm-legend" aria-label="What the agents do">
          {countActivities(views).map(([activity, count]) => (
            <li key={activity} class={`is-${activity}`}>
              <Icon name={ACTIVITIES[activity].icon} /> <span class="tabular">{count}</span> {ACTIVITIES[activity].word}
            </li>
          ))}
        </ul>
        <div ref={stage} class="swarm-stage" style={{ height: `${layout.height}px` }} data-architecture={architecture}>
          <SwarmEdges live={live} layout={layout} views={views} />
          <ul class="swarm-nodes">
            {layout.spots.map((spot) => {
              const agent = agents[spot.name];
              const view = views.find(({ name }) => name === spot.name);
              return agent === undefined || view === undefined ? null : (
                <SwarmNode
                  key={spot.name}
                  spot={spot}
                  agent={agent}
                  view={view}
                  hasModels={Object.keys(models).length > 0}
                  isOpen={spot.name === opened}
                  onOpen={() => choose({ agent: spot.name === opened ? "" : spot.name })}
                />
              );
            })}
          </ul>
        </div>
      </section>
      <aside class={`swarm-side ${opened === null ? "" : "is-open"}`} aria-label={opened === null ? "What happens" : agentTitle(opened)}>
        {opened === null ? (
          <SwarmNews live={live} views={views} />
        ) : (
          <div class="swarm-drawer" onKeyDown={(event) => event.key === "Escape" && close()}>
            <AgentPane key={opened} live={live} name={opened} onClose={close} />
            <a class="swarm-more" href={tabHref("streams", { chosen: { agents: opened } })}>
              Beside others in Streams <Icon name="arrow-right" />
            </a>
          </div>
        )}
      </aside>
    </div>
  );
}
