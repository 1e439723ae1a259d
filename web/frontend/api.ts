// The one way to the REST API: JSON in and out, errors as ApiError, CSRF by header, the sign-in page where it is over.
import type {
  Days,
  Deletion,
  EventPage,
  ModelOrder,
  ModelUsage,
  Models,
  NewSession,
  Overview,
  ProjectFolders,
  Session,
  SessionChanges,
  SessionDetail,
  SessionList,
  StatusHistory,
} from "./api_types.ts";

export interface FieldProblem {
  field: string;
  message: string;
}

/** What went wrong, as a sentence for people; `status` 0 means that no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly FieldProblem[];

  constructor(message: string, status: number, code: string, details: readonly FieldProblem[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

interface ErrorBody {
  error?: string;
  code?: string;
  details?: FieldProblem[];
}

export const api = {
  listSessions: (query: Record<string, string | number>) => get<SessionList>("/api/sessions", query),
  countSessions: (days: number) => get<Days>("/api/sessions/statistics", { days }),
  findSession: async (id: string) => (await get<{ session: SessionDetail }>(sessionUrl(id))).session,
  listEvents: (id: string, after: number) => get<EventPage>(`${sessionUrl(id)}/events`, { after, limit: 500 }),
  createSession: async (body: NewSession, idempotencyKey: string) =>
    (await send<{ session: Session }>("POST", "/api/sessions", body, { "Idempotency-Key": idempotencyKey })).session,
  rerunSession: async (id: string, idempotencyKey: string) =>
    (await send<{ session: Session }>("POST", `${sessionUrl(id)}/rerun`, undefined, { "Idempotency-Key": idempotencyKey })).session,
  forkSession: async (id: string, body: SessionChanges, idempotencyKey: string) =>
    (await send<{ session: Session }>("POST", `${sessionUrl(id)}/fork`, body, { "Idempotency-Key": idempotencyKey })).session,
  deleteSessions: async (ids: string[]) => (await send<{ results: Deletion[] }>("POST", "/api/sessions/delete", { ids })).results,
  stopSession: (id: string) => moveSession(id, "stop"),
  pauseSession: (id: string) => moveSession(id, "pause"),
  resumeSession: (id: string) => moveSession(id, "resume"),
  deleteSession: (id: string) => send<void>("DELETE", sessionUrl(id)),
  readStatus: () => get<Overview>("/api/status"),
  readStatusHistory: () => get<StatusHistory>("/api/status/history"),
  listModels: async () => (await get<{ models: Models }>("/api/models")).models,
  readModelUsage: async () => (await get<{ usage: ModelUsage[] }>("/api/models/usage")).usage,
  listModelOrders: async () => (await get<{ orders: ModelOrder[] }>("/api/models/pulls")).orders,
  pullModel: async (name: string) => (await send<{ order: ModelOrder }>("POST", "/api/models/pulls", { name })).order,
  cancelModelOrder: async (id: string) =>
    (await send<{ order: ModelOrder }>("POST", `/api/models/pulls/${encodeURIComponent(id)}/cancel`)).order,
  deleteModel: async (name: string) =>
    (await send<{ order: ModelOrder }>("DELETE", `/api/models/${name.split("/").map(encodeURIComponent).join("/")}`)).order,
  listProjectFolders: (path: string) => get<ProjectFolders>("/api/project-folders", path === "" ? {} : { path }),
};

async function moveSession(id: string, move: "stop" | "pause" | "resume"): Promise<Session> {
  return (await send<{ session: Session }>("POST", `${sessionUrl(id)}/${move}`)).session;
}

const sessionUrl = (id: string): string => `/api/sessions/${encodeURIComponent(id)}`;

/** Where sessions are exported from: those of these ids, or what a query finds. */
export function exportUrl(format: "zip" | "jsonl", chosen: Record<string, string>): string {
  return `/api/sessions/export?${new URLSearchParams({ format, ...chosen })}`;
}

/** Where one session is exported from, with all that belongs to it. */
export const sessionExportUrl = (id: string): string => `${sessionUrl(id)}/export.zip`;

/** Where a file of a session is fetched from; each part of its path is encoded, its slashes stay. */
export function fileUrl(sessionId: string, path: string): string {
  return `${sessionUrl(sessionId)}/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`;
}

/** The bytes of a file of a session. */
export async function readFile(sessionId: string, path: string): Promise<Uint8Array> {
  const response = await request(fileUrl(sessionId, path), { method: "GET" });
  if (!response.ok) throw new ApiError(`The file cannot be read (${response.status}).`, response.status, "error");
  return new Uint8Array(await response.arrayBuffer());
}

function get<T>(url: string, query: Record<string, string | number> = {}): Promise<T> {
  const text = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString();
  return readAnswer<T>(text === "" ? url : `${url}?${text}`, { method: "GET" });
}

function send<T>(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  const json = body === undefined ? {} : { "Content-Type": "application/json" };
  return readAnswer<T>(url, {
    method,
    headers: { "X-CSRFToken": token, ...json, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: "same-origin" });
  } catch {
    throw new ApiError("The dashboard does not answer. Is it running, and is the network up?", 0, "unreachable");
  }
  if (response.status !== 401) return response;
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.hash)}`);
  throw new ApiError("Please sign in again.", 401, "unauthorized");
}

async function readAnswer<T>(url: string, init: RequestInit): Promise<T> {
  const headers = { Accept: "application/json", ...(init.headers as Record<string, string> | undefined) };
  const response = await request(url, { ...init, headers });
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch(() => null)) as (T & ErrorBody) | null;
  if (!response.ok || answer === null) {
    const sentence = answer?.error ?? `The dashboard answered with an error (${response.status}).`;
    throw new ApiError(sentence, response.status, answer?.code ?? "error", answer?.details ?? []);
  }
  return answer;
}

/** The sentence to show for anything that was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
