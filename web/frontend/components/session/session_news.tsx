import type { SessionDetail } from "../../api_types.ts";
import { asSentence, formatReceipt } from "../../format.ts";
import type { LiveSession } from "../../state/live_session.ts";
import { useSlice } from "../../state/use_slice.ts";
import { sayWaiting } from "../../states.ts";
import { ErrorNote, Note } from "../notes.tsx";

/** Why the session does not run, in a sentence, and what that cost; nothing while it does and where it completed. */
export function SessionNews({ live, detail }: { live: LiveSession; detail: SessionDetail }) {
  const status = useSlice(live.state, (state) => state.status);
  const reason = useSlice(live.state, (state) => state.reason);
  const waitsFor = useSlice(live.state, (state) => state.waitsFor);
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
      return waitsFor === null ? (
        <Note icon="pause-circle-fill">
          {reason ?? "Paused. What is done stays; it goes on from there."}
          <Cost live={live} />
        </Note>
      ) : (
        <Note icon="alarm" tone="waiting">
          {reason !== null && <strong>{asSentence(reason)} </strong>}
          {sayWaiting(waitsFor)}
          <Cost live={live} />
        </Note>
      );
    case "failed":
      return <ErrorNote>{error ?? reason ?? "It failed without a word."}</ErrorNote>;
    case "stopped":
      return (
        <Note icon="stop-circle-fill">
          {reason ?? "Stopped before its end. What was done until then stays."}
          <Cost live={live} />
        </Note>
      );
    default:
      return null;
  }
}

/** The receipt of a pause or a stop. */
function Cost({ live }: { live: LiveSession }) {
  const receipt = useSlice(live.state, (state) => state.receipt);
  return receipt === null ? null : <p class="receipt tabular">{formatReceipt(receipt)}</p>;
}
