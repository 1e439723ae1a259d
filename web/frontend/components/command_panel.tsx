import { splitCommand } from "../bidi.ts";
import { CopyButton } from "./copy_button.tsx";
import { Given } from "./given.tsx";
import { Panel } from "./panel.tsx";

/** The command line that does the same. */
export function CommandPanel({ command }: { command: string }) {
  return (
    <Panel id="command" title="Command" actions={<CopyButton text={command} label="Copy the command" />}>
      <pre class="command" tabIndex={0}>
        <code>{splitCommand(command).map(({ text, isWord }) => (isWord ? <Given text={text} /> : text))}</code>
      </pre>
      <p class="field-hint">It starts a session like this one from a terminal.</p>
    </Panel>
  );
}
