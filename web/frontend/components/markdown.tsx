import { useMemo } from "preact/hooks";
import { renderMarkdown } from "../markdown.ts";
import { CopyButton } from "./copy_button.tsx";

/** A text of a model, as it meant it to look. */
export function Markdown({ text }: { text: string }) {
  const content = useMemo(() => renderMarkdown(text, (code, language) => <CodeBlock text={code} language={language} />), [text]);
  return <div class="prose">{content}</div>;
}

/** Code with its language, and a button that copies it. */
function CodeBlock({ text, language }: { text: string; language: string }) {
  return (
    <div class="code-block">
      <div class="code-head">
        <span>{language}</span>
        <CopyButton text={text} label="Copy this code" />
      </div>
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}
