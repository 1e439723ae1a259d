import { splitCommand } from "../../bidi.ts";
import { CopyButton } from "../copy_button.tsx";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";

/** The command line that starts a session like this one from a terminal. */
export function CommandPanel({ command }: { command: string }) {
  return (
    <div id="command" class="command-line" title="It starts a session like this one from a terminal.">
      <Icon name="terminal" />
      <pre class="command" tabIndex={0} role="region" aria-label="The command that does the same">
        <code>{splitCommand(command).map(({ text, isWord }) => (isWord ? <Given text={text} /> : text))}</code>
      </pre>
      <CopyButton text={command} label="Copy the command" />
    </div>
  );
}
