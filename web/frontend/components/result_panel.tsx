import type { LiveSession } from "../state/live_session.ts";
import { useSlice } from "../state/use_slice.ts";
import { CopyButton } from "./copy_button.tsx";
import { Markdown } from "./markdown.tsx";
import { Panel } from "./panel.tsx";

/** The answer of the swarm, as soon as it stands. */
export function ResultPanel({ live }: { live: LiveSession }) {
  const result = useSlice(live.state, (state) => state.result);
  if (result === null) return null;
  return (
    <Panel id="result" title="Result" actions={<CopyButton text={result} label="Copy the result" />}>
      <Markdown text={result} />
    </Panel>
  );
}
