import { connection, health, type Connection } from "../../live.ts";

const WORDS: Record<Connection, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
};

/** Whether what the page shows comes as it happens. */
export function ConnectionIndicator() {
  const isLate = connection.value === "live" && !(health.value.redis && health.value.database);
  return (
    <span class={`connection connection-${isLate ? "late" : connection.value}`} role="status" data-connection={connection.value}>
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-word">{isLate ? "Delayed" : WORDS[connection.value]}</span>
    </span>
  );
}
