// What the command palette finds.
import { api } from "../api.ts";
import type { Session } from "../api_types.ts";
import { findBest } from "../fuzzy.ts";
import type { IconName } from "../icons.ts";
import { SHORTCUTS } from "../shortcuts.ts";
import { seenState } from "../states.ts";
import { commandsOfEverywhere, listPages, pageCommands, type Command } from "./commands.ts";

export interface Group {
  title: string;
  commands: readonly Command[];
}

const TYPING_MS = 150;
const MOST_FOUND = 6;
const PAGE_ICONS: Record<string, IconName> = {
  "/": "speedometer2", "/sessions": "list-check", "/templates": "journal-text", "/models": "robot", "/settings": "sliders",
};

/** What fits the query, in groups; everything but sessions and templates where there is no query. */
export function findCommands(query: string, templates: readonly Command[], sessions: readonly Command[]): Group[] {
  const best = (commands: readonly Command[]): Command[] =>
    findBest(query, commands, ({ title, also = "" }) => `${title} ${also}`);
  const groups = [
    { title: "This session", commands: best(pageCommands.value()) },
    { title: "Sessions", commands: query.trim() === "" ? [] : sessions },
    { title: "Pages", commands: best(listPages().map(toPage)) },
    { title: "Actions", commands: best(commandsOfEverywhere) },
    { title: "Templates", commands: query.trim() === "" ? [] : best(templates).slice(0, MOST_FOUND) },
  ];
  return groups.filter(({ commands }) => commands.length > 0);
}

/** Look for sessions by words once the typing rests; returns how to give up. */
export function seekSessions(
  query: string,
  take: (found: readonly Command[]) => void,
  tellSeeking: (isSeeking: boolean) => void,
): () => void {
  const words = query.trim();
  let isWanted = true;
  tellSeeking(words !== "");
  if (words === "") take([]);
  const timer = setTimeout(() => words !== "" && void seek(), TYPING_MS);
  const seek = async (): Promise<void> => {
    // Where the search does not answer, pages and actions are still found; the banner says what is away.
    const found = await api.listSessions({ q: words, limit: MOST_FOUND }).catch(() => null);
    if (!isWanted) return;
    const sessions = found === null ? [] : [...Object.values(found.active_sessions), ...found.session_history];
    take(sessions.slice(0, MOST_FOUND).map(toSession));
    tellSeeking(false);
  };
  return () => {
    isWanted = false;
    clearTimeout(timer);
  };
}

/** The templates, where this installation has them. */
export async function seekTemplates(): Promise<Command[]> {
  if (!listPages().some(({ path }) => path === "/templates")) return [];
  const page = await api.listTemplates({}).catch(() => null);
  return (page?.templates ?? []).map(({ id, name }) => ({
    title: name, icon: "journal-text", also: "template", detail: "new session from it", run: () => location.assign(`/sessions?template=${encodeURIComponent(id)}`),
  }));
}

const toSession = (session: Session): Command => ({
  title: session.name,
  icon: "hive",
  detail: seenState(session.status, session.desired, session.waits_for),
  run: () => location.assign(`/sessions/${session.id}`),
});

function toPage({ title, path }: { title: string; path: string }): Command {
  const keys = SHORTCUTS.find(({ act }) => typeof act !== "string" && act.go === path)?.keys;
  return {
    title, icon: PAGE_ICONS[path] ?? "arrow-right", also: "go to page", run: () => location.assign(path), ...(keys === undefined ? {} : { keys }),
  };
}
