import type { LiveSession } from "../../../state/live_session.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { EmptyState } from "../../notes.tsx";
import { Panel } from "../../panel.tsx";
import { StepRow } from "./step_row.tsx";

/** Every step of the session in the order of their beginnings, with where it lies in time. */
export function StepsPanel({ live }: { live: LiveSession }) {
  const keys = useSlice(live.state, (state) => state.stepKeys);
  return (
    <Panel id="steps" title="Steps" count={keys.length > 0 ? keys.length : undefined}>
      {keys.length === 0 ? (
        <EmptyState icon="journal-text" title="No step yet">
          Each call of the model becomes a step here, and what it wrote stays.
        </EmptyState>
      ) : (
        <ol class="steps">
          {keys.map((key) => (
            <StepRow key={key} live={live} stepKey={key} />
          ))}
        </ol>
      )}
    </Panel>
  );
}
