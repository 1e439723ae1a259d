// The JSON of the REST API and of the socket, as far as the pages read it.
import type { AgentInfo, LoggedEvent, Receipt } from "./event_types.ts";

export interface Session {
  id: string;
  name: string;
  task: string;
  workers: number;
  architecture: string;
  model: string;
  project_folder: string | null;
  options: Record<string, unknown>;
  template: TemplateOrigin | null;
  status: string;
  desired: string;
  owner: string;
  worker: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  duration_seconds: number | null;
  progress: { done: number; planned: number };
  totals: { calls: number; prompt_tokens: number; output_tokens: number };
  queue: { position: number | null; reason: string | null } | null;
  reason: string | null;
  waits_for: string | null;
  receipt: Receipt | null;
  result: string | null;
  error: string | null;
  last_seq: number;
}

/** The template that a session came from, as it was called then; a preset has no version. */
export interface TemplateOrigin {
  id: string;
  version: number | null;
  name: string;
}

export interface Artifact {
  path: string;
  size: number;
  sha256: string;
  step: string | null;
  agent: string | null;
  url: string;
}

export interface SessionDetail extends Session {
  agents: AgentInfo[];
  artifacts: Artifact[];
  command: string;
}

/** A message of a step's request, as the model was given it. */
export interface AskedMessage {
  role: string;
  content: string;
}

export interface Statistics {
  total: number;
  active: number;
  completed: number;
  failed: number;
  stopped: number;
  tokens: number;
  average_duration_seconds: number | null;
}

/** The sessions that ended on one day. */
export interface Day {
  /** "2026-05-03", in UTC. */
  day: string;
  completed: number;
  failed: number;
  stopped: number;
  tokens: number;
  average_duration_seconds: number | null;
}

export interface Days {
  statistics: Statistics;
  days: Day[];
}

/** What became of a session that was to be deleted. */
export interface Deletion {
  id: string;
  deleted: boolean;
  code: string | null;
  error: string | null;
}

export interface SessionList {
  active_sessions: Record<string, Session>;
  session_history: Session[];
  statistics: Statistics;
  next_cursor: string | null;
}

export interface NewSession {
  name?: string;
  task: string;
  workers: number;
  architecture: string;
  model?: string;
  project_folder?: string;
  options?: Record<string, unknown>;
  template?: { id: string; version: number | null };
}

/** What a session made from another one has otherwise; null means the server's default, or no folder. */
export type SessionChanges = Omit<NewSession, "model" | "project_folder"> & {
  model: string | null;
  project_folder: string | null;
};

export interface Variable {
  name: string;
  label: string;
  default: string;
  required: boolean;
}

/** What a session is made from; an empty text stands for what is left to the installation. */
export interface TemplateContent {
  description: string;
  task: string;
  session_name: string;
  workers: number;
  architecture: string;
  model: string;
  project_folder: string;
  options: Record<string, unknown>;
  variables: Variable[];
}

export interface Template extends TemplateContent {
  id: string;
  name: string;
  kind: "preset" | "own" | "shared";
  owner: string | null;
  shared: boolean;
  can_change: boolean;
  version: number;
  created_at: string | null;
  saved_at: string | null;
  /** How many sessions came from it, as far as one may see them. */
  uses: number;
}

export interface NewTemplate extends TemplateContent {
  name: string;
  shared: boolean;
}

export interface TemplateVersion extends TemplateContent {
  version: number;
  saved_at: string | null;
  saved_by: string | null;
}

export interface TemplatePage {
  templates: Template[];
  next_cursor: string | null;
}

export interface ImportResult {
  position: number;
  status: "created" | "refused";
  name: string | null;
  id: string | null;
  details: { field: string; message: string }[];
}

export interface EventPage {
  events: LoggedEvent[];
  last_seq: number;
}

export interface Resources {
  cpu_percent: number;
  cpu_count: number;
  memory_used_bytes: number;
  memory_total_bytes: number;
  memory_percent: number;
  disk_used_bytes: number;
  disk_total_bytes: number;
  disk_percent: number;
  received_bytes_per_second: number;
  sent_bytes_per_second: number;
}

export interface WorkerProcess {
  name: string;
  host: string;
  pid: number;
  version: string;
  seats: number;
  busy: number;
  draining: boolean;
  started_at: string;
  last_seen: string;
  resources: Resources | null;
  sessions: { id: string; name: string }[];
}

export interface Model {
  name: string;
  size_bytes: number | null;
  parameter_size: string | null;
  context_length: number | null;
  capabilities: string[] | null;
}

export interface ModelServer {
  url: string;
  kind: "ollama" | "embedded";
  reachable: boolean;
  version: string | null;
}

/** A model that the server holds in memory. */
export interface LoadedModel {
  name: string;
  size_bytes: number;
  vram_bytes: number;
  expires_at: string | null;
}

export interface Models {
  server: ModelServer | null;
  items: Model[];
  loaded: LoadedModel[];
  default: string | null;
  /** Why none can be pulled or deleted, as a sentence. */
  pull_refusal: string | null;
}

/** A model that somebody wants pulled or deleted. */
export interface ModelOrder {
  id: string;
  kind: "pull" | "delete";
  model: string;
  state: "queued" | "running" | "completed" | "failed" | "cancelled";
  wanted: boolean;
  progress: string | null;
  completed_bytes: number;
  total_bytes: number;
  error: string | null;
  created_at: string;
  ended_at: string | null;
  is_mine: boolean;
}

/** The sessions that have a model, the latest ones by name. */
export interface ModelUsage {
  model: string;
  sessions: number;
  latest: { id: string; name: string; created_at: string }[];
}

/** Something that is not as it should be, and what to do about it. */
export interface Problem {
  kind: string;
  severity: "error" | "warning";
  title: string;
  advice: string;
  session_id: string | null;
  at: string | null;
}

export interface HostSample {
  at: string;
  cpu_percent: number;
  memory_percent: number;
  disk_percent: number;
  received_bytes_per_second: number;
  sent_bytes_per_second: number;
}

/** What happened in the minute that begins at `at`. */
export interface Minute {
  at: string;
  started: number;
  completed: number;
  failed: number;
  stopped: number;
  output_tokens: number;
}

/** The last hour. */
export interface StatusHistory {
  since: string;
  until: string;
  hosts: { host: string; samples: HostSample[] }[];
  queue: { at: string; queued: number; running: number; seats: number }[];
  minutes: Minute[];
}

export interface Overview {
  system: {
    host: string;
    platform: string;
    python: string;
    version: string;
    started_at: string;
    uptime_seconds: number;
    flower_url: string | null;
  };
  resources: Resources;
  workers: WorkerProcess[];
  queue: { queued: number; running: number; seats: number; free_seats: number };
  models: Models;
  components: {
    database: { ok: boolean; kind: string };
    redis: { ok: boolean };
    workers: { ok: boolean; count: number };
    model_server: { ok: boolean; detail: string | null };
  };
  problems: Problem[];
}

export interface ProjectFolders {
  roots: string[];
  path: string | null;
  folders: { name: string; path: string }[];
}

/** The `health` message: what the dashboard stands on, and whether it is there. */
export interface LiveHealth {
  redis: boolean;
  database: boolean;
}

/** The `sessions` message: what changed in the list of sessions. */
export interface SessionsChange {
  changed: Session[];
  removed: string[];
  statistics: Statistics;
}

/** A program's key, without the key itself. */
export interface ApiToken {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

/** A person who may sign in, unless deactivated. */
export interface Account {
  id: string;
  email: string;
  is_admin: boolean;
  is_active: boolean;
  created_at: string;
}

export interface NewAccount {
  email: string;
  password: string;
  is_admin: boolean;
}

/** A setting of the server, and where its value comes from. */
export interface ServerSetting {
  variable: string;
  /** Null where it is a secret, or not set. */
  value: string | null;
  source: "environment" | "file" | "argument" | "default";
  is_secret: boolean;
}
