import { connection } from "../live.ts";
import { Icon } from "./icon.tsx";

/** Says that the live connection is away, and what happens meanwhile. */
export function ConnectionBanner() {
  const state = connection.value;
  if (state === "live" || state === "connecting") return null;
  return (
    <div class="banner" role="status">
      {state === "offline" ? (
        <>
          <Icon name="wifi-off" />
          <span>
            <strong>The dashboard does not answer.</strong> What you see may be old; this page keeps trying.
          </span>
        </>
      ) : (
        <>
          <Icon name="arrow-repeat" class="is-turning" />
          <span>
            <strong>Reconnecting…</strong> Until then this page looks for news every 5 seconds.
          </span>
        </>
      )}
    </div>
  );
}
