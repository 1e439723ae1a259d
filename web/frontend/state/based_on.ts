// The session that the form's draft is made from, where somebody asked to run it again with changes.
import { signal } from "@preact/signals";
import { api, sentenceOf } from "../api.ts";
import type { Session } from "../api_types.ts";
import { chosenOptions } from "../options.ts";
import { emptyDraft, type Draft } from "../validation.ts";
import { changeDraft } from "./draft.ts";
import { showToast } from "./toasts.ts";

/** What the form does not show, the new session takes over from it. */
export const basedOn = signal<{ id: string; name: string } | null>(null);

/** Fill the form where the page's address names a session: `?again=ID`. */
export async function readBase(): Promise<void> {
  const address = new URL(location.href);
  const id = address.searchParams.get("again");
  if (id === null) return;
  address.searchParams.delete("again");
  history.replaceState(null, "", address);
  try {
    const session = await api.findSession(id);
    changeDraft(draftOf(session));
    basedOn.value = { id, name: session.name };
    document.getElementById("create")?.scrollIntoView();
    document.getElementById("task")?.focus({ preventScroll: true });
  } catch (error) {
    showToast({ kind: "error", message: sentenceOf(error) });
  }
}

/** The draft that would make a session like this one. */
export function draftOf(session: Session): Partial<Draft> {
  return {
    ...emptyDraft,
    name: session.name,
    task: session.task,
    workers: session.workers,
    architecture: session.architecture,
    model: session.model,
    project_folder: session.project_folder ?? "",
    options: chosenOptions(session.options),
  };
}
