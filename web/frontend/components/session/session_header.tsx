import type { SessionDetail } from "../../api_types.ts";
import { plural } from "../../format.ts";
import { isFinal, seenState } from "../../states.ts";
import type { LiveSession } from "../../state/live_session.ts";
import { useSlice } from "../../state/use_slice.ts";
import { CommandPanel } from "./command_panel.tsx";
import { Given } from "../given.tsx";
import { NotifySwitch } from "../notify_switch.tsx";
import { ProgressBar } from "../progress_bar.tsx";
import { SessionControls } from "./session_controls.tsx";
import { SessionFacts } from "./session_facts.tsx";
import { StateBadge } from "../state_badge.tsx";
import { TaskText } from "./task_text.tsx";

interface Props {
  live: LiveSession;
  detail: SessionDetail;
  /** Whether the template that it came from is still there for this person. */
  hasTemplate: boolean;
}

/** What the session is, how it is, and what one can do with it. */
export function SessionHeader({ live, detail, hasTemplate }: Props) {
  const status = useSlice(live.state, (state) => state.status);
  const seen = useSlice(live.state, (state) => seenState(state.status, state.desired, state.waitsFor));
  const { done, planned } = detail.progress;
  return (
    <header class="session-head">
      <div class="session-head-row">
        <div class="session-title">
          <h1 class="page-title">
            <Given text={detail.name} />
          </h1>
          <StateBadge state={seen} />
        </div>
        <SessionControls live={live} name={detail.name} seen={seen} />
      </div>
      <TaskText text={detail.task} />
      <SessionFacts live={live} detail={detail} hasTemplate={hasTemplate} />
      <CommandPanel command={detail.command} />
      {status !== "queued" && !isFinal(status) && (
        <div class="session-progress">
          <ProgressBar done={done} planned={planned} label="Progress of this session" isMoving={status === "running"} />
          <span class="muted tabular">
            {planned > 0 ? `${done} of ${planned} steps` : status === "running" ? "Planning" : plural(done, "step")}
          </span>
        </div>
      )}
      {!isFinal(status) && <NotifySwitch label="Notify me when it ends" />}
    </header>
  );
}
