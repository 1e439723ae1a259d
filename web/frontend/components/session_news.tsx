import type { SessionDetail } from "../api_types.ts";
import type { LiveSession } from "../state/live_session.ts";
import { useSlice } from "../state/use_slice.ts";
import { ErrorNote, Note } from "./notes.tsx";

/** Why the session does not run, in a sentence; nothing while it does and where it completed. */
export function SessionNews({ live, detail }: { live: LiveSession; detail: SessionDetail }) {
  const status = useSlice(live.state, (state) => state.status);
  const reason = useSlice(live.state, (state) => state.reason);
  const error = useSlice(live.state, (state) => state.error);
  switch (status) {
    case "queued": {
      const position = detail.queue?.position;
      return (
        <Note icon="hourglass-split">
          {typeof position === "number" && <strong>Number {position} in the queue. </strong>}
          {detail.queue?.reason ?? reason ?? "It begins as soon as a seat is free."}
        </Note>
      );
    }
    case "paused":
      return <Note icon="pause-circle-fill">{reason ?? "Paused. What is done stays; it goes on from there."}</Note>;
    case "failed":
      return <ErrorNote>{error ?? reason ?? "It failed without a word."}</ErrorNote>;
    case "stopped":
      return <Note icon="stop-circle-fill">{reason ?? "Stopped before its end. What was done until then stays."}</Note>;
    default:
      return null;
  }
}
