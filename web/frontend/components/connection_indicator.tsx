import { connection, type Connection } from "../live.ts";

const WORDS: Record<Connection, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
  offline: "Offline",
};

/** Whether what the page shows comes as it happens. */
export function ConnectionIndicator() {
  return (
    <span class={`connection connection-${connection.value}`} role="status" data-connection={connection.value}>
      <span class="connection-dot" aria-hidden="true" />
      <span class="connection-word">{WORDS[connection.value]}</span>
    </span>
  );
}
