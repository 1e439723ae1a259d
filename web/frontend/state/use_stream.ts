// The text of a running step, as often as the page can draw it.
import { effect, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LiveSession } from "./live_session.ts";
import { paintSoon } from "./painter.ts";

/** What the step has written so far; empty once it is done, as its event brings the whole text. */
export function useStream(live: LiveSession, stepKey: string): string {
  const shown = useSignal(live.state.peek().streams[stepKey]?.text ?? "");
  useEffect(() => {
    const draw = (): void => {
      shown.value = live.state.peek().streams[stepKey]?.text ?? "";
    };
    let forget = (): unknown => undefined;
    const unfollow = effect(() => {
      if ((live.state.value.streams[stepKey]?.text ?? "") !== shown.peek()) forget = paintSoon(draw);
    });
    return () => {
      unfollow();
      forget();
    };
  }, [stepKey]);
  return shown.value;
}
