import { useSignal } from "@preact/signals";
import type { LoggedEvent } from "../event_types.ts";
import { sayEvent } from "../event_words.ts";
import { formatExact, formatTime } from "../format.ts";
import type { LiveSession } from "../state/live_session.ts";
import { isFinal } from "../states.ts";
import { useFollow } from "../state/use_follow.ts";
import { useSlice } from "../state/use_slice.ts";
import { Icon } from "./icon.tsx";
import { Panel } from "./panel.tsx";

/** So many of the latest are drawn at first. */
const MOST_SHOWN = 300;

/** Everything that happened, as the database keeps it; closed until somebody asks. */
export function LogPanel({ live }: { live: LiveSession }) {
  const count = useSlice(live.state, (state) => state.log.length);
  const isOpen = useSignal(false);
  return (
    <Panel
      id="log"
      title="Event log"
      count={count}
      actions={
        <button type="button" class="btn btn-quiet btn-sm" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
          {isOpen.value ? "Hide" : "Show"}
        </button>
      }
    >
      {isOpen.value && <LogBox live={live} />}
    </Panel>
  );
}

function LogBox({ live }: { live: LiveSession }) {
  const log = useSlice(live.state, (state) => state.log);
  const steps = useSlice(live.state, (state) => state.steps);
  const isWhole = useSignal(false);
  const isEnded = useSlice(live.state, (state) => isFinal(state.status));
  const { box, content } = useFollow(!isEnded);
  const shown = isWhole.value ? log : log.slice(-MOST_SHOWN);
  const labelOf = (key: string): string => steps[key]?.label ?? key;
  return (
    <div ref={box} class="log-box" tabIndex={0} role="region" aria-label="Events">
      <div ref={content}>
        {shown.length < log.length && (
          <button type="button" class="btn btn-quiet btn-sm" onClick={() => (isWhole.value = true)}>
            Show the first {log.length - shown.length} as well
          </button>
        )}
        <ol class="log">
          {shown.map((logged) => (
            <LogRow key={logged.seq} logged={logged} labelOf={labelOf} />
          ))}
        </ol>
      </div>
    </div>
  );
}

function LogRow({ logged, labelOf }: { logged: LoggedEvent; labelOf: (key: string) => string }) {
  const { icon, text, level } = sayEvent(logged.event, labelOf);
  return (
    <li class={`log-row ${level === undefined ? "" : `is-${level}`}`} data-seq={logged.seq}>
      <time class="tabular" dateTime={logged.at} title={`${formatExact(logged.at)}, number ${logged.seq}`}>
        {formatTime(logged.at)}
      </time>
      <Icon name={icon} />
      <span>{text}</span>
    </li>
  );
}
