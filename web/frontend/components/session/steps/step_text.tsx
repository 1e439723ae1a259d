import { formatStructured, looksStructured } from "../../../structured_text.ts";
import { GrowingMarkdown } from "../../growing_markdown.tsx";
import { Markdown } from "../../markdown.tsx";

/** What a step wrote, or writes: prose as Markdown, structured output as JSON in order. */
export function StepText({ text, isGrowing = false }: { text: string; isGrowing?: boolean }) {
  if (!looksStructured(text)) return isGrowing ? <GrowingMarkdown text={text} /> : <Markdown text={text} />;
  return (
    <pre class="structured">
      <code>{formatStructured(text) ?? text}</code>
    </pre>
  );
}
