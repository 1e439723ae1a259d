import { languageOf } from "../../../highlighted_lines.ts";
import { useHighlighted } from "../../../state/use_highlighted.ts";
import { CodeTokens } from "./code_tokens.tsx";

/** So many lines are laid out together, and only where they are in sight. */
const CHUNK = 200;

/** A file's text with the numbers of its lines, coloured after its name. */
export function CodeLines({ text, name }: { text: string; name: string }) {
  const lines = useHighlighted(text.replace(/\n$/, ""), languageOf(name));
  const chunks = Array.from({ length: Math.ceil(lines.length / CHUNK) }, (_, at) => lines.slice(at * CHUNK, (at + 1) * CHUNK));
  return (
    <div class="code-lines" dir="ltr">
      {chunks.map((chunk, at) => (
        <div key={at} class="code-chunk" style={{ "--lines": chunk.length }}>
          {chunk.map((tokens, line) => (
            <div key={line} class="code-line">
              <span class="code-number" data-line={at * CHUNK + line + 1} />
              <code>
                <CodeTokens tokens={tokens} />
              </code>
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}
