import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Command } from "../../state/commands.ts";
import { findCommands, seekSessions, seekTemplates, type Group } from "../../state/palette.ts";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";
import { Keys } from "./keys.tsx";

/** Finds pages, sessions, templates and actions by a few letters: a combobox whose list is always open. */
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const query = useSignal("");
  const chosen = useSignal(0);
  const sessions = useSignal<readonly Command[]>([]);
  const templates = useSignal<readonly Command[]>([]);
  const isSeeking = useSignal(false);
  const groups = useComputed<Group[]>(() => findCommands(query.value, templates.value, sessions.value));
  const items = groups.value.flatMap((group) => group.commands);
  const active = Math.min(chosen.value, items.length - 1);

  useEffect(() => {
    dialog.current?.showModal();
    void seekTemplates().then((found) => (templates.value = found));
  }, []);
  useEffect(
    () => seekSessions(query.value, (found) => (sessions.value = found), (is) => (isSeeking.value = is)),
    [query.value],
  );
  useLayoutEffect(() => list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" }), [active]);

  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    dialog.current?.close(); // The focus is back where it was before the command moves it.
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const to: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: active - 8 };
    const target = to[event.key];
    if (event.isComposing) return;
    if (event.key === "Enter") run(items[active]);
    else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) dialog.current?.close();
    else if (target !== undefined) chosen.value = roundOrEnd(target, active, items.length);
    else return;
    event.preventDefault();
  };
  let index = -1;
  return (
    <dialog
      ref={dialog}
      class="dialog palette"
      aria-label="Find pages, sessions and actions"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="palette-head">
        <Icon name="search" />
        <input
          class="palette-input"
          type="text"
          role="combobox"
          dir="auto"
          maxLength={200}
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="go"
          aria-label="Find pages, sessions and actions"
          aria-autocomplete="list"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={active < 0 ? undefined : `palette-${active}`}
          placeholder="Find a page, a session or an action"
          value={query.value}
          onInput={(event) => {
            query.value = event.currentTarget.value;
            chosen.value = 0;
          }}
          onKeyDown={onKeyDown}
          autofocus
        />
        <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="x-lg" />
        </button>
      </div>
      <div ref={list} id="palette-list" class="palette-list" role="listbox" aria-label="What was found">
        {groups.value.map((group) => (
          <div key={group.title} role="group" aria-label={group.title}>
            <div class="palette-group" aria-hidden="true">
              {group.title}
            </div>
            {group.commands.map((command) => {
              index += 1;
              const mine = index;
              return (
                <div
                  key={mine}
                  id={`palette-${mine}`}
                  class="palette-item"
                  role="option"
                  aria-selected={mine === active}
                  onPointerMove={() => (chosen.value = mine)}
                  onClick={() => run(command)}
                >
                  <Icon name={command.icon} />
                  <span class="palette-title">
                    <Given text={command.title} />
                  </span>
                  {command.detail !== undefined && <span class="muted">{command.detail}</span>}
                  {command.keys !== undefined && <Keys keys={command.keys} />}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      <p class="palette-foot muted" role="status">
        {items.length > 0 ? `${items.length} found` : isSeeking.value ? "Looking…" : "Nothing was found."}
      </p>
    </dialog>
  );
}

/** The arrow keys go round; a page's step stops at the end. */
function roundOrEnd(target: number, from: number, count: number): number {
  if (count === 0) return 0;
  return Math.abs(target - from) === 1 ? (target + count) % count : Math.min(count - 1, Math.max(0, target));
}
