import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { agentTitle, humanise } from "../../../format.ts";
import type { IconName } from "../../../icons.ts";
import { layoutPlan } from "../../../state/plan_layout.ts";
import type { ShownSubtask } from "../../../state/plan_view.ts";
import type { SubtaskState } from "../../../state/session_state.ts";
import { Given } from "../../given.tsx";
import { Icon } from "../../icon.tsx";

const LOOKS: Record<SubtaskState, { icon: IconName; word: string }> = {
  waiting: { icon: "circle", word: "Waits" },
  running: { icon: "activity", word: "Under way" },
  returned: { icon: "arrow-repeat", word: "Sent back" },
  done: { icon: "check-circle-fill", word: "Done" },
};

export const subtaskWord = (state: SubtaskState): string => LOOKS[state].word;

export function SubtaskSign({ state }: { state: SubtaskState }) {
  return (
    <span class={`subtask-sign is-${state}`} title={LOOKS[state].word}>
      <Icon name={LOOKS[state].icon} />
    </span>
  );
}

interface Props {
  parts: readonly ShownSubtask[];
  opened: string | null;
  onOpen: (id: string) => void;
}

/** Parts of a plan as cards, with lines from each to those that wait for it. */
export function PlanGraph({ parts, opened, onOpen }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => (width.value = Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const layout = layoutPlan(parts, width.value);
  const stateOf = (id: string): SubtaskState => parts.find((part) => part.id === id)?.state ?? "waiting";
  return (
    <div ref={box} class="plan-graph" style={{ height: `${layout.height}px` }}>
      <svg class="plan-links" width={layout.width} height={layout.height} aria-hidden="true">
        {layout.links.map(({ from, to, path }) => (
          <path key={`${from} ${to}`} class={`plan-link is-${stateOf(from)}`} d={path} />
        ))}
      </svg>
      <ol class="plan-cards">
        {layout.cards.map(({ id, x, y }) => {
          const part = parts.find((one) => one.id === id);
          return part === undefined ? null : (
            <li key={id} class="plan-place" style={{ left: `${x}px`, top: `${y}px`, width: `${layout.cardWidth}px` }}>
              <PlanCard part={part} isOpen={id === opened} onOpen={() => onOpen(id)} />
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function PlanCard({ part, isOpen, onOpen }: { part: ShownSubtask; isOpen: boolean; onOpen: () => void }) {
  const isPackage = part.role === "sub_queen";
  return (
    <button
      type="button"
      class={`plan-card is-${part.state}`}
      aria-expanded={isOpen}
      data-subtask={part.id}
      data-state={part.state}
      onClick={onOpen}
    >
      <span class="plan-card-head">
        <SubtaskSign state={part.state} />
        <span class="plan-card-state">{LOOKS[part.state].word}</span>
        {part.returns > 0 && part.state !== "returned" && <span class="chip chip-warn">reworked</span>}
        <span class="subtask-number tabular">{part.number}</span>
      </span>
      <span class="plan-card-title">
        <Given text={part.title} />
      </span>
      <span class="plan-card-meta">
        {isPackage ? agentTitle(part.id) : humanise(part.role)}
        {!isPackage && part.agent !== null && ` · ${agentTitle(part.agent)}`}
        {part.after.length > 0 && <span class="visually-hidden">, after {part.after.join(", ")}</span>}
      </span>
    </button>
  );
}
