import type { Session } from "../../api_types.ts";
import { isolate } from "../../bidi.ts";
import { architectureName, formatCount, formatDuration, plural } from "../../format.ts";
import { rerunRow } from "../../state/history_actions.ts";
import { seenState } from "../../states.ts";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";
import { memo } from "../memo.tsx";
import { StateBadge } from "../state_badge.tsx";
import { RelativeTime } from "../times.tsx";

interface Props {
  session: Session;
  isOwnerShown: boolean;
  index?: number;
  /** Whether the keyboard is here: of all rows that can be chosen, one is reached by Tab. */
  isActive?: boolean;
  isSelected?: boolean;
  /** Where rows can be chosen. */
  onToggle?: (index: number, isRange: boolean) => void;
}

/** A session that has ended, on one line; it stays as it is while the list around it scrolls. */
export const HistoryRow = memo(function HistoryRow(props: Props) {
  const { session, isOwnerShown, index = 0, isActive = false, isSelected = false, onToggle } = props;
  const tokens = session.totals.prompt_tokens + session.totals.output_tokens;
  const name = isolate(session.name);
  const tabIndex = onToggle === undefined || isActive ? 0 : -1;
  return (
    <div
      class={`history-row ${onToggle === undefined ? "" : "has-choice"} ${isSelected ? "is-selected" : ""}`}
      data-session-id={session.id}
      onKeyDown={(event) => {
        if (onToggle === undefined || (event.key.toLowerCase() !== "x" && (event.key !== " " || event.target instanceof HTMLButtonElement))) return;
        event.preventDefault();
        onToggle(index, event.shiftKey);
      }}
    >
      {onToggle !== undefined && (
        <input
          type="checkbox"
          class="form-check-input"
          tabIndex={tabIndex}
          aria-label={`Choose ${name}`}
          checked={isSelected}
          onClick={(event) => {
            event.preventDefault(); // the list says what is chosen
            onToggle(index, event.shiftKey);
          }}
        />
      )}
      <StateBadge state={seenState(session.status, session.desired, session.waits_for)} />
      <div class="history-text">
        <a class="session-name" href={`/sessions/${session.id}`} tabIndex={tabIndex} data-row-focus>
          <Given text={session.name} />
        </a>
        <span class="muted">
          {plural(session.workers, "worker")}, {architectureName(session.architecture)} · {session.model || "default model"}
          {isOwnerShown && (
            <>
              {" · "}
              <Given text={session.owner} />
            </>
          )}
        </span>
      </div>
      <div class="history-times">
        <span class="tabular">
          {session.duration_seconds === null ? "never ran" : formatDuration(session.duration_seconds)}
          {onToggle !== undefined && tokens > 0 && <span class="history-tokens"> · {formatCount(tokens)} tokens</span>}
        </span>
        <span class="muted">
          <RelativeTime at={session.ended_at ?? session.created_at} />
        </span>
      </div>
      <button
        type="button"
        class="icon-button history-again"
        tabIndex={tabIndex}
        title="Run again"
        aria-label={`Run ${name} again`}
        onClick={() => void rerunRow(session.id, session.name)}
      >
        <Icon name="arrow-repeat" />
      </button>
    </div>
  );
});
