import type { CodeToken } from "../../../highlighted_lines.ts";

/** One line of code with its colours. */
export function CodeTokens({ tokens }: { tokens: readonly CodeToken[] }) {
  return (
    <>{tokens.map(({ text, scope }, at) => (scope === null ? text : <span key={at} class={`hl hl-${scope.split(".")[0]}`}>{text}</span>))}</>
  );
}
