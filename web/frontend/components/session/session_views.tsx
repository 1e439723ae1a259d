import { useRef } from "preact/hooks";
import type { LiveSession } from "../../state/live_session.ts";
import type { Tab } from "../../state/session_place.ts";
import { follow, place, tabHref } from "../../state/session_route.ts";
import { countDone, shownPlan } from "../../state/plan_view.ts";
import { useSlice } from "../../state/use_slice.ts";
import { AgentsPanel } from "./streams/agents_panel.tsx";
import { Icon } from "../icon.tsx";
import { lazy } from "./lazy.tsx";
import { ResultPanel } from "./result/result_panel.tsx";
import { SessionTabs } from "./session_tabs.tsx";
import { StepsPanel } from "./steps/steps_panel.tsx";
import { VotesPanel } from "./result/votes_panel.tsx";

const SwarmPanel = lazy(async () => (await import("./swarm/swarm_panel.tsx")).SwarmPanel);
const TimelinePanel = lazy(async () => (await import("./timeline/timeline_panel.tsx")).TimelinePanel);
const PlanPanel = lazy(async () => (await import("./plan/plan_panel.tsx")).PlanPanel);
const FilesPanel = lazy(async () => (await import("./files/files_panel.tsx")).FilesPanel);
const LogPanel = lazy(async () => (await import("./log/log_panel.tsx")).LogPanel);

/** The views of a session: the swarm while it works; whoever opens one that has its answer sees that first. */
export function SessionViews({ live }: { live: LiveSession }) {
  const hasResult = useSlice(live.state, (state) => state.result !== null);
  const atWork = useSlice(live.state, (state) => Object.values(state.agents).filter(({ running }) => running.length > 0).length);
  const files = useSlice(live.state, (state) => Object.keys(state.files).length);
  const events = useSlice(live.state, (state) => state.log.length);
  const steps = useSlice(live.state, (state) => state.stepKeys.length);
  const plan = useSlice(live.state, (state) => {
    const { done, all } = countDone(shownPlan(state));
    return all === 0 ? "" : `${done}/${all}`;
  });
  // Decided as the page is opened: nothing that somebody looks at may turn into something else.
  const first = useRef<Tab>(hasResult ? "result" : "swarm");
  const shown = place.value.tab ?? first.current;
  const some = (count: number): number | undefined => (count > 0 ? count : undefined);
  const counts = {
    streams: some(atWork),
    timeline: some(steps),
    plan: plan === "" ? undefined : plan,
    files: some(files),
    log: some(events),
  };
  const result = { tab: "result" as const, file: null, chosen: {}, seq: null };
  return (
    <SessionTabs shown={shown} counts={Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined))}>
      {hasResult && shown === "swarm" && (
        <a class="answer-note" href={tabHref("result")} onClick={(event) => follow(event, result)}>
          <Icon name="check-circle-fill" /> The answer is there. <strong>Read the result</strong> <Icon name="arrow-right" />
        </a>
      )}
      <View live={live} tab={shown} />
    </SessionTabs>
  );
}

function View({ live, tab }: { live: LiveSession; tab: Tab }) {
  switch (tab) {
    case "swarm":
      return <SwarmPanel live={live} />;
    case "streams":
      return <AgentsPanel live={live} />;
    case "timeline":
      return (
        <>
          <TimelinePanel live={live} />
          <StepsPanel live={live} />
        </>
      );
    case "plan":
      return (
        <>
          <PlanPanel live={live} />
          <VotesPanel live={live} />
        </>
      );
    case "files":
      return <FilesPanel live={live} />;
    case "result":
      return <ResultPanel live={live} />;
    case "log":
      return <LogPanel live={live} />;
  }
}
