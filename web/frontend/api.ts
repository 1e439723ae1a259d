// The one way to the REST API: JSON in and out, errors as ApiError, CSRF by header, the sign-in page where it is over.
import type {
  Account,
  ApiToken,
  AskedMessage,
  Days,
  Deletion,
  EventPage,
  ImportResult,
  ModelOrder,
  ModelUsage,
  Models,
  NewAccount,
  NewSession,
  NewTemplate,
  Overview,
  ProjectFolders,
  ServerSetting,
  Session,
  SessionChanges,
  SessionDetail,
  SessionList,
  Template,
  TemplatePage,
  TemplateVersion,
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
  readRequest: async (id: string, step: string) =>
    (await get<{ step: { request: { messages?: AskedMessage[] } } }>(`${sessionUrl(id)}/steps/${encodePath(step)}`)).step.request
      .messages ?? [],
  listTemplates: (query: { cursor?: string }) => get<TemplatePage>("/api/templates", query),
  findTemplate: async (id: string) => (await get<{ template: Template }>(templateUrl(id))).template,
  listTemplateVersions: (id: string, query: { cursor?: number }) =>
    get<{ versions: TemplateVersion[]; next_cursor: number | null }>(`${templateUrl(id)}/versions`, query),
  createTemplate: async (body: NewTemplate, clash: "refuse" | "rename" = "refuse") =>
    (await send<{ template: Template }>("POST", "/api/templates", { ...body, clash })).template,
  updateTemplate: async (id: string, body: NewTemplate, basedOn: number) =>
    (await send<{ template: Template }>("PUT", templateUrl(id), { ...body, based_on: basedOn })).template,
  deleteTemplate: (id: string) => send<void>("DELETE", templateUrl(id)),
  importTemplates: async (file: object, clash: "refuse" | "rename") =>
    (await send<{ results: ImportResult[] }>("POST", "/api/templates/import", { ...file, clash })).results,
  readStatus: () => get<Overview>("/api/status"),
  readStatusHistory: () => get<StatusHistory>("/api/status/history"),
  listModels: async () => (await get<{ models: Models }>("/api/models")).models,
  listTokens: async () => (await get<{ tokens: ApiToken[] }>("/api/tokens")).tokens,
  createToken: async (name: string) => (await send<{ secret: string }>("POST", "/api/tokens", { name })).secret,
  revokeToken: (id: string) => send<void>("DELETE", `/api/tokens/${encodeURIComponent(id)}`),
  listUsers: async () => (await get<{ users: Account[] }>("/api/users")).users,
  createUser: async (body: NewAccount) => (await send<{ user: Account }>("POST", "/api/users", body)).user,
  changeUser: async (id: string, change: { is_admin?: boolean; is_active?: boolean }) =>
    (await send<{ user: Account }>("PATCH", `/api/users/${encodeURIComponent(id)}`, change)).user,
  listSettings: async () => (await get<{ settings: ServerSetting[] }>("/api/settings")).settings,
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
export function exportSessionsUrl(format: "zip" | "jsonl", chosen: Record<string, string>): string {
  return `/api/sessions/export?${new URLSearchParams({ format, ...chosen })}`;
}

/** Where one session is exported from, with all that belongs to it. */
export const sessionExportUrl = (id: string): string => `${sessionUrl(id)}/export.zip`;

const templateUrl = (id: string): string => `/api/templates/${encodeURIComponent(id)}`;

/** Where templates are downloaded from: these, or all one's own. */
export function exportTemplatesUrl(ids: readonly string[]): string {
  const query = new URLSearchParams(ids.map((id) => ["id", id])).toString();
  return query === "" ? "/api/templates/export" : `/api/templates/export?${query}`;
}

/** Each part is encoded, the slashes stay. */
const encodePath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/** Where a file of a session is fetched from: as it stands, or as a step left it. */
export function fileUrl(sessionId: string, path: string, step?: string): string {
  const version = step === undefined ? "" : `?${new URLSearchParams({ step }).toString()}`;
  return `${sessionUrl(sessionId)}/artifacts/${encodePath(path)}${version}`;
}

/** The bytes of a file of a session: as it stands, or as a step left it. */
export async function readFile(sessionId: string, path: string, step?: string): Promise<Uint8Array> {
  const response = await request(fileUrl(sessionId, path, step), { method: "GET" });
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
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
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
