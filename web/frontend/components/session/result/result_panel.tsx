import { plural } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import { resultStep } from "../../../state/session_state.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { isFinal } from "../../../states.ts";
import { ClaimsList } from "./claims_list.tsx";
import { CopyButton } from "../../copy_button.tsx";
import { Icon } from "../../icon.tsx";
import { Markdown } from "../../markdown.tsx";
import { EmptyState } from "../../notes.tsx";
import { Panel } from "../../panel.tsx";
import { ResultActions } from "./result_actions.tsx";

/** The answer of the swarm, as soon as it stands. */
export function ResultPanel({ live }: { live: LiveSession }) {
  const result = useSlice(live.state, (state) => state.result);
  const wrote = useSlice(live.state, resultStep);
  const isOver = useSlice(live.state, (state) => isFinal(state.status));
  if (result === null) {
    return (
      <Panel id="result" title="Result">
        <EmptyState icon="hourglass-split" title={isOver ? "There is no answer" : "Not yet"}>
          {isOver ? "The session ended before its answer was written; what its agents wrote is in Streams." : "The answer appears here as soon as it stands."}
        </EmptyState>
      </Panel>
    );
  }
  return (
    <Panel
      id="result"
      title="Result"
      actions={
        <span class="result-actions">
          <CopyButton text={result} label="Copy the result" />
          <ResultActions live={live} result={result} />
        </span>
      }
    >
      <Markdown text={result} />
      {wrote?.isCut === true && (
        <p class="result-cut muted">
          <Icon name="scissors" /> The model stopped at its limit of {plural(wrote.outputTokens, "token")}; the end may be missing.
        </p>
      )}
      <ClaimsList live={live} />
    </Panel>
  );
}
