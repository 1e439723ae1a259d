// What the history is searched, filtered and sorted by: in the address of the page, and as the API takes it. Pure.

export interface HistoryQuery {
  q: string;
  /** Final states; none means all. */
  states: readonly string[];
  architecture: string;
  model: string;
  /** An email address. */
  owner: string;
  /** Days of the reader's calendar, "2026-05-03"; empty for no limit. */
  since: string;
  until: string;
  sort: string;
  isAscending: boolean;
}

export const SORTS = [
  { code: "ended", title: "End", down: "latest first", up: "earliest first" },
  { code: "created", title: "Creation", down: "latest first", up: "earliest first" },
  { code: "duration", title: "Duration", down: "longest first", up: "shortest first" },
  { code: "tokens", title: "Tokens", down: "most first", up: "fewest first" },
  { code: "name", title: "Name", down: "Z to A", up: "A to Z" },
] as const;

export const END_STATES = ["completed", "failed", "stopped"] as const;

export const emptyQuery: HistoryQuery = {
  q: "", states: [], architecture: "", model: "", owner: "", since: "", until: "", sort: "ended", isAscending: false,
};

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The direction that people mean unless they say so. */
export const isUsuallyAscending = (sort: string): boolean => sort === "name";

/** Read the address of the page; null where it shows the last ones at a glance. What makes no sense is left out. */
export function readQuery(search: string): HistoryQuery | null {
  const parts = new URLSearchParams(search);
  if (parts.get("view") !== "all") return null;
  const text = (name: string): string => parts.get(name) ?? "";
  const day = (name: string): string => (DAY.test(text(name)) && !Number.isNaN(Date.parse(text(name))) ? text(name) : "");
  const sort = SORTS.some(({ code }) => code === text("sort")) ? text("sort") : emptyQuery.sort;
  const order = text("order");
  return {
    q: text("q").slice(0, 200),
    states: END_STATES.filter((state) => text("status").split(",").includes(state)),
    architecture: text("architecture"),
    model: text("model"),
    owner: text("owner"),
    since: day("since"),
    until: day("until"),
    sort,
    isAscending: order === "asc" || order === "desc" ? order === "asc" : isUsuallyAscending(sort),
  };
}

/** The part of the page's address that `readQuery` reads. */
export function writeQuery(query: HistoryQuery): string {
  return `?${new URLSearchParams({ view: "all", ...wordsOf(query), ...daysOf(query, (day) => day), ...orderOf(query) })}`;
}

/** What the API is asked; its times are instants, so a day is that of the reader's clock, from its begin to its end. */
export function askedOf(query: HistoryQuery): Record<string, string> {
  const instant = (day: string, time: string): string => new Date(`${day}T${time}`).toISOString();
  return {
    ...wordsOf(query),
    ...daysOf(query, (day, isEnd) => instant(day, isEnd ? "23:59:59.999" : "00:00:00")),
    ...orderOf(query),
  };
}

/** Whether anything is left out. */
export function isFiltered(query: HistoryQuery): boolean {
  return Object.keys({ ...wordsOf(query), ...daysOf(query, (day) => day) }).length > 0;
}

function wordsOf({ q, states, architecture, model, owner }: HistoryQuery): Record<string, string> {
  const words = { q: q.trim(), status: states.join(","), architecture, model: model.trim(), owner: owner.trim() };
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== ""));
}

function daysOf({ since, until }: HistoryQuery, write: (day: string, isEnd: boolean) => string): Record<string, string> {
  return {
    ...(since === "" ? {} : { since: write(since, false) }),
    ...(until === "" ? {} : { until: write(until, true) }),
  };
}

function orderOf({ sort, isAscending }: HistoryQuery): Record<string, string> {
  return {
    ...(sort === emptyQuery.sort ? {} : { sort }),
    ...(isAscending === isUsuallyAscending(sort) ? {} : { order: isAscending ? "asc" : "desc" }),
  };
}
