// Where on a session's page one is, as its address says it: the tab, the file, what is chosen. Pure.

export const TABS = ["swarm", "streams", "timeline", "plan", "files", "result", "log"] as const;

export type Tab = (typeof TABS)[number];

export interface Place {
  /** Null at the session's own address, which shows what matters most just now. */
  tab: Tab | null;
  /** The path of the opened file. */
  file: string | null;
  /** What is chosen, by the names of the address. */
  chosen: Record<string, string>;
  /** The number of the event that a link points at. */
  seq: number | null;
}

const PREFIX = /^\/sessions\/([^/]+)(?:\/([a-z]+))?(?:\/(.+))?$/;

export function parsePlace(pathname: string, search = "", hash = ""): Place {
  const [, , name, rest] = PREFIX.exec(pathname) ?? [];
  const tab = TABS.find((known) => known === name) ?? null;
  const file = tab === "files" && rest !== undefined ? rest.split("/").map(decode).join("/") : null;
  const seq = /^#(\d+)$/.exec(hash)?.[1];
  return { tab, file, chosen: Object.fromEntries(new URLSearchParams(search)), seq: seq === undefined ? null : Number(seq) };
}

export function formatPlace(sessionId: string, { tab, file, chosen, seq }: Place): string {
  const path = file === null ? "" : `/${file.split("/").map(encodeURIComponent).join("/")}`;
  const told = Object.entries(chosen).filter(([, value]) => value !== "");
  const query = told.length === 0 ? "" : `?${new URLSearchParams(told).toString()}`;
  return `/sessions/${encodeURIComponent(sessionId)}${tab === null ? "" : `/${tab}`}${path}${query}${seq === null ? "" : `#${seq}`}`;
}

/** A path that somebody typed may hold a percent sign that stands for itself. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
