import { useEffect, useRef } from "preact/hooks";
import { shortcutsTo } from "../../shortcuts.ts";
import { listPages } from "../../state/commands.ts";
import { Icon } from "../icon.tsx";
import { Keys } from "./keys.tsx";

const ELSEWHERE: readonly { keys: string; says: string }[] = [
  { keys: "Ctrl K", says: "Find pages, sessions and actions" },
  { keys: "Ctrl Enter", says: "In the form: create and start the session" },
  { keys: "Enter", says: "Open the session of a list" },
  { keys: "x", says: "In all sessions: choose one" },
  { keys: "Escape", says: "Close what lies over the page" },
];

/** All shortcuts, as a dialog. */
export function ShortcutList({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const own = shortcutsTo(new Set(listPages().map(({ path }) => path)));
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="shortcuts-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <form method="dialog" class="dialog-inner">
        <div class="panel-head">
          <h2 id="shortcuts-title">Keyboard shortcuts</h2>
          <button type="submit" class="icon-button" aria-label="Close">
            <Icon name="x-lg" />
          </button>
        </div>
        <dl class="shortcuts">
          {[...own, ...ELSEWHERE].map(({ keys, says }) => (
            <div key={keys}>
              <dt>{says}</dt>
              <dd>
                <Keys keys={keys} />
              </dd>
            </div>
          ))}
        </dl>
        <p class="muted">They wait while you type in a field.</p>
      </form>
    </dialog>
  );
}
