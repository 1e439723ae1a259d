import { formatStructured, looksStructured } from "../structured_text.ts";
import { Markdown } from "./markdown.tsx";

/** What a step wrote: prose as Markdown, structured output as JSON in order. */
export function StepText({ text }: { text: string }) {
  if (!looksStructured(text)) return <Markdown text={text} />;
  return (
    <pre class="structured">
      <code>{formatStructured(text) ?? text}</code>
    </pre>
  );
}
