import { plural } from "../format.ts";
import type { LiveSession } from "../state/live_session.ts";
import { resultStep } from "../state/session_state.ts";
import { useSlice } from "../state/use_slice.ts";
import { ClaimsList } from "./claims_list.tsx";
import { CopyButton } from "./copy_button.tsx";
import { Icon } from "./icon.tsx";
import { Markdown } from "./markdown.tsx";
import { Panel } from "./panel.tsx";

/** The answer of the swarm, as soon as it stands. */
export function ResultPanel({ live }: { live: LiveSession }) {
  const result = useSlice(live.state, (state) => state.result);
  const wrote = useSlice(live.state, resultStep);
  if (result === null) return null;
  return (
    <Panel id="result" title="Result" actions={<CopyButton text={result} label="Copy the result" />}>
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
