import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { DurableEvent, LoggedEvent } from "../../../event_types.ts";
import { sayEvent } from "../../../event_words.ts";
import { agentTitle, formatExact, formatTime, humanise } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import { filterLog, sliceInSight } from "../../../state/log_filter.ts";
import { choose, go, place } from "../../../state/session_route.ts";
import { useFollow } from "../../../state/use_follow.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { isFinal } from "../../../states.ts";
import { CopyButton } from "../../copy_button.tsx";
import { Icon } from "../../icon.tsx";
import { EmptyState } from "../../notes.tsx";
import { Panel } from "../../panel.tsx";

const ROW = 30;
/** A log of so few events is drawn whole. */
const FEW = 1000;

/** Everything that happened, as the database keeps it; each event has an address of its own. */
export function LogPanel({ live }: { live: LiveSession }) {
  const log = useSlice(live.state, (state) => state.log);
  const steps = useSlice(live.state, (state) => state.steps);
  const names = useSlice(live.state, (state) => state.agentNames);
  const { chosen, seq } = place.value;
  const filter = { type: chosen["type"] ?? "", agent: chosen["agent"] ?? "", text: chosen["q"] ?? "" };
  const labelOf = (key: string): string => steps[key]?.label ?? key;
  const shown = useMemo(
    () => filterLog(log, filter, (event) => sayEvent(event, labelOf).text),
    [log, filter.type, filter.agent, filter.text],
  );
  const types = useMemo(() => [...new Set(log.map(({ event }) => event.type))].sort(), [log]);
  const opened = seq === null ? undefined : log[seq - 1];
  const isFiltered = shown.length < log.length;
  return (
    <Panel id="log" title="Event log" count={isFiltered ? `${shown.length} of ${log.length}` : log.length}>
      <div class="log-filters" role="search" aria-label="Filter the log">
        <label class="visually-hidden" for="log-text">
          Search the log
        </label>
        <input
          id="log-text"
          class="form-control"
          type="search"
          placeholder="Search…"
          value={filter.text}
          onInput={(event) => choose({ q: event.currentTarget.value }, "replace")}
        />
        <FilterSelect label="Kind of event" all="All events" value={filter.type} options={types.map((type) => [type, humanise(type)])} name="type" />
        <FilterSelect label="Agent" all="All agents" value={filter.agent} options={names.map((name) => [name, agentTitle(name)])} name="agent" />
        {isFiltered && (
          <button type="button" class="btn btn-quiet btn-sm" onClick={() => choose({ q: "", type: "", agent: "" })}>
            Show all
          </button>
        )}
      </div>
      {shown.length === 0 ? (
        <EmptyState icon="search" title={log.length === 0 ? "Nothing happened yet" : "No event is like that"} />
      ) : (
        <div class={`log-split ${opened === undefined ? "" : "is-open"}`}>
          <LogBox key={`${filter.type} ${filter.agent}`} live={live} shown={shown} labelOf={labelOf} opened={opened?.seq ?? null} />
          {opened !== undefined && <EventDetail logged={opened} />}
        </div>
      )}
    </Panel>
  );
}

interface SelectProps {
  label: string;
  all: string;
  value: string;
  options: [string, string][];
  name: string;
}

function FilterSelect({ label, all, value, options, name }: SelectProps) {
  return (
    <select class="form-select" aria-label={label} value={value} onChange={(event) => choose({ [name]: event.currentTarget.value })}>
      <option value="">{all}</option>
      {options.map(([code, word]) => (
        <option key={code} value={code} selected={code === value}>
          {word}
        </option>
      ))}
    </select>
  );
}

interface BoxProps {
  live: LiveSession;
  shown: readonly LoggedEvent[];
  labelOf: (key: string) => string;
  opened: number | null;
}

/** The rows of the log: of a long one only those in sight. */
function LogBox({ live, shown, labelOf, opened }: BoxProps) {
  const isEnded = useSlice(live.state, (state) => isFinal(state.status));
  const { box, content } = useFollow(!isEnded && opened === null);
  const sight = useSignal({ top: 0, height: 600 });
  useEffect(() => {
    const scrolled = box.current;
    if (scrolled === null) return;
    const look = (): void => void (sight.value = { top: scrolled.scrollTop, height: scrolled.clientHeight });
    const at = shown.findIndex(({ seq }) => seq === opened);
    if (at !== -1) scrolled.scrollTop = at * ROW - scrolled.clientHeight / 2;
    look();
    scrolled.addEventListener("scroll", look, { passive: true });
    return () => scrolled.removeEventListener("scroll", look);
  }, []);
  const { from, to } = shown.length <= FEW ? { from: 0, to: shown.length } : sliceInSight(shown.length, sight.value.top, sight.value.height, ROW);
  return (
    <div ref={box} class="log-box" tabIndex={0} role="region" aria-label="Events">
      <div ref={content} style={{ height: `${shown.length * ROW}px`, paddingTop: `${from * ROW}px` }}>
        <ol class="log">
          {shown.slice(from, to).map((logged) => (
            <LogRow key={logged.seq} logged={logged} labelOf={labelOf} isOpen={logged.seq === opened} />
          ))}
        </ol>
      </div>
    </div>
  );
}

interface RowProps {
  logged: LoggedEvent;
  labelOf: (key: string) => string;
  isOpen: boolean;
}

const show = (seq: number | null): void => go({ ...place.peek(), seq });

function LogRow({ logged, labelOf, isOpen }: RowProps) {
  const { icon, text, level } = sayEvent(logged.event, labelOf);
  return (
    <li class={`log-row ${level === undefined ? "" : `is-${level}`}`} data-seq={logged.seq}>
      <button type="button" class="log-line" aria-pressed={isOpen} onClick={() => show(isOpen ? null : logged.seq)}>
        <span class="log-seq tabular">{logged.seq}</span>
        <time class="tabular" dateTime={logged.at} title={`${formatExact(logged.at)}, number ${logged.seq}`}>
          {formatTime(logged.at)}
        </time>
        <Icon name={icon} />
        <span class="log-text" title={text}>
          {text}
        </span>
      </button>
    </li>
  );
}

/** An event as it is stored, with a link to it. */
function EventDetail({ logged }: { logged: LoggedEvent }) {
  const json = JSON.stringify(logged, null, 2);
  const { type }: DurableEvent = logged.event;
  const close = (): void => {
    show(null);
    document.querySelector<HTMLElement>(`[data-seq="${logged.seq}"] .log-line`)?.focus();
  };
  return (
    <section class="log-detail" aria-label={`Event ${logged.seq}`}>
      <header class="step-detail-head">
        <h3>
          <span class="tabular">#{logged.seq}</span> {humanise(type)}
        </h3>
        <CopyButton text={json} label="Copy the JSON" />
        <CopyButton text={location.href} label="Copy a link to this event" word="Link" />
        <button type="button" class="icon-button" aria-label="Close this event" onClick={close}>
          <Icon name="x-lg" />
        </button>
      </header>
      <pre tabIndex={0} dir="ltr">
        <code>{json}</code>
      </pre>
    </section>
  );
}
