// What a person does to sessions of the history.
import { api, sentenceOf } from "../api.ts";
import { isolate } from "../bidi.ts";
import { plural } from "../format.ts";
import { confirm } from "./confirmation.ts";
import { dropRows, selectNone } from "./history_list.ts";
import { historyList } from "./history_store.ts";
import { rerunSession } from "./session_actions.ts";
import { putSession } from "./sessions_store.ts";
import { showToast } from "./toasts.ts";

/** As many as the API takes at a time. */
export const AT_A_TIME = 100;

/** Ask, then delete what is chosen; what could not be deleted stays chosen. */
export async function deleteSelected(): Promise<void> {
  const ids = [...historyList.peek().selected];
  const isSure = await confirm({
    title: `Delete ${plural(ids.length, "session")}?`,
    body: "They go for good, with their steps, their logs and their files here. Files in project folders stay.",
    action: `Delete ${plural(ids.length, "session")}`,
  });
  if (!isSure) return;
  const problems: string[] = [];
  let deleted = 0;
  try {
    for (let first = 0; first < ids.length; first += AT_A_TIME) {
      const results = await api.deleteSessions(ids.slice(first, first + AT_A_TIME));
      // What somebody else deleted is gone as well.
      const gone = results.filter((result) => result.deleted || result.code === "not_found");
      historyList.value = dropRows(historyList.peek(), gone.map((result) => result.id));
      deleted += gone.length;
      problems.push(...results.filter((result) => !gone.includes(result)).map((result) => result.error ?? ""));
    }
  } catch (error) {
    problems.push(sentenceOf(error));
  }
  if (deleted > 0) showToast({ kind: "success", message: `${plural(deleted, "session")} deleted.` });
  const [first] = problems;
  if (first !== undefined) {
    showToast({ kind: "error", message: problems.length === 1 ? first : `${problems.length} stay. The first: ${first}` });
  }
}

export function clearSelection(): void {
  historyList.value = selectNone(historyList.peek());
}

/** Start a session once more, from a row of the history. */
export async function rerunRow(id: string, name: string): Promise<void> {
  const session = await rerunSession(id);
  if (session === null) return;
  putSession(session);
  showToast({
    kind: "success",
    message: `“${isolate(name)}” runs again.`,
    link: { href: `/sessions/${session.id}`, text: "View" },
  });
}
