// The one socket of a page: namespace /live, joined rooms are joined again after each reconnect.
import { signal } from "@preact/signals";
import { io, type Socket } from "socket.io-client";
import type { LiveHealth, Overview, SessionsChange } from "./api_types.ts";
import type { LoggedEvent } from "./event_types.ts";
import type { TokenPiece } from "./state/session_state.ts";

export type Connection = "connecting" | "live" | "reconnecting" | "offline";

/** How the socket is; the pages fetch by HTTP while it is not live. */
export const connection = signal<Connection>("connecting");

/** What the dashboard stands on, as it told last; as long as it has told nothing, all is thought to be there. */
export const health = signal<LiveHealth>({ redis: true, database: true });

/** After that many failed tries, people are told that the dashboard is away. */
const TRIES_UNTIL_OFFLINE = 4;
const RETRY_MS = 5000;
/** A server that answers, only without its database, may soon do better. */
const RETRY_SOON_MS = 2000;

export interface SessionWatch {
  sessionId: string;
  /** The number of the last event that the page has. */
  after: () => number;
  onEvents: (events: LoggedEvent[]) => void;
  onTokens: (tokens: TokenPiece[]) => void;
  /** The server dropped messages: fetch what is missing, then call `rewatch`. */
  onBehind: () => void;
  /** There is no such session; whatever else goes wrong is tried again. */
  onGone: () => void;
}

interface Ack {
  ok: boolean;
  error?: string;
  code?: string;
}

/** Runs at each connect, with the ways to speak to the server. */
type Join = (socket: Socket) => void;

let socket: Socket | null = null;
let failures = 0;
const joins = new Set<Join>();

function open(): Socket {
  if (socket !== null) return socket;
  const made = io("/live", { transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: RETRY_MS });
  socket = made;
  made.on("connect", () => {
    failures = 0;
    connection.value = "live";
    made.emit("watch_health", {}, () => undefined);
    joins.forEach((join) => join(made));
  });
  made.on("health", (now: LiveHealth) => (health.value = now));
  made.on("disconnect", () => {
    connection.value = "reconnecting";
    tryAgain(made);
  });
  made.on("connect_error", (error: Error & { data?: { code?: string } }) => {
    if (error.data?.code === "database_unavailable") noteNoDatabase(made);
    else noteFailure(made);
  });
  window.addEventListener("offline", () => (connection.value = "offline"));
  window.addEventListener("online", () => {
    if (made.connected) connection.value = "live";
    else made.connect();
  });
  return made;
}

function noteFailure(made: Socket): void {
  failures += 1;
  connection.value = failures < TRIES_UNTIL_OFFLINE ? "reconnecting" : "offline";
  tryAgain(made);
}

/** The server is there, but cannot tell who we are. */
function noteNoDatabase(made: Socket): void {
  failures = 0;
  connection.value = "reconnecting";
  health.value = { ...health.peek(), database: false };
  tryAgain(made, RETRY_SOON_MS);
}

/** Where the server itself refused or ended the connection, the client library does not try again. */
function tryAgain(made: Socket, afterMs = RETRY_MS): void {
  if (!made.active) setTimeout(() => made.connect(), afterMs);
}

/** Join now and after each reconnect; returns how to leave. */
function join(enter: Join, leave: Join): () => void {
  const now = open();
  joins.add(enter);
  if (now.connected) enter(now);
  return () => {
    joins.delete(enter);
    if (now.connected) leave(now);
  };
}

/** Hold the socket on a page that watches nothing, so that it too knows what is away. */
export function keepConnected(): void {
  open();
}

/** Watch one session: its events after `after()`, then what comes. Returns how to ask again, and how to stop. */
export function watchSession(watch: SessionWatch): { rewatch: () => void; stop: () => void } {
  const { sessionId } = watch;
  let isStopped = false;
  const now = open();
  const enter: Join = (at) =>
    at.emit("watch", { session_id: sessionId, after: watch.after() }, (ack: Ack) => {
      if (ack.ok) return;
      if (ack.code === "not_found") watch.onGone();
      else setTimeout(() => !isStopped && at.connected && enter(at), RETRY_SOON_MS);
    });
  const onEvent = (message: { session_id: string; events: LoggedEvent[] }): void => {
    if (message.session_id === sessionId) watch.onEvents(message.events);
  };
  const onToken = (message: { session_id: string; tokens: TokenPiece[] }): void => {
    if (message.session_id === sessionId) watch.onTokens(message.tokens);
  };
  const onBehind = (message: { session_id: string }): void => {
    if (message.session_id === sessionId) watch.onBehind();
  };
  now.on("event", onEvent).on("token", onToken).on("behind", onBehind);
  const leave = join(enter, (at) => at.emit("unwatch", { session_id: sessionId }));
  return {
    rewatch: () => {
      if (now.connected) enter(now);
    },
    stop: () => {
      isStopped = true;
      now.off("event", onEvent).off("token", onToken).off("behind", onBehind);
      leave();
    },
  };
}

/** Watch the list of sessions. The first message after each joining is a snapshot. */
export function watchSessions(onChange: (change: SessionsChange) => void): () => void {
  return watchRoom("sessions", onChange);
}

/** Watch the figures of the system. */
export function watchOverview(onOverview: (overview: Overview) => void): () => void {
  return watchRoom("overview", onOverview);
}

function watchRoom<T>(room: "sessions" | "overview", onMessage: (message: T) => void): () => void {
  const now = open();
  now.on(room, onMessage as (message: unknown) => void);
  const leave = join(
    (at) => at.emit(`watch_${room}`, {}, () => undefined),
    (at) => at.emit(`unwatch_${room}`, {}, () => undefined),
  );
  return () => {
    now.off(room, onMessage as (message: unknown) => void);
    leave();
  };
}
