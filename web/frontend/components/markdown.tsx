import { Fragment, type ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { languageOf } from "../highlighted_lines.ts";
import { renderMarkdown } from "../markdown.ts";
import { useHighlighted } from "../state/use_highlighted.ts";
import { CodeTokens } from "./session/files/code_tokens.tsx";
import { CopyButton } from "./copy_button.tsx";

/** A text of a model, as it meant it to look. */
export function Markdown({ text }: { text: string }) {
  return <div class="prose">{useMemo(() => renderPieces(text), [text])}</div>;
}

/** A part of such a text as elements, its code in blocks of ours; that gets its colours once it stands. */
export const renderPieces = (text: string, isGrowing = false): ComponentChildren =>
  renderMarkdown(text, (code, language) => <CodeBlock text={code} language={language} isGrowing={isGrowing} />);

/** Code in its colours, with its language, and a button that copies it. */
function CodeBlock({ text, language, isGrowing }: { text: string; language: string; isGrowing: boolean }) {
  const lines = useHighlighted(text, isGrowing ? null : languageOf(language));
  return (
    <div class="code-block">
      <div class="code-head">
        <span>{language}</span>
        <CopyButton text={text} label="Copy this code" />
      </div>
      <pre tabIndex={0}>
        <code>
          {lines.map((tokens, at) => (
            <Fragment key={at}>
              {at > 0 && "\n"}
              <CodeTokens tokens={tokens} />
            </Fragment>
          ))}
        </code>
      </pre>
    </div>
  );
}
