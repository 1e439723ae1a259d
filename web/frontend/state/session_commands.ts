// What the command palette can do on a session's page.
import type { Session } from "../api_types.ts";
import { copyText } from "../clipboard.ts";
import { isFinal, seenState } from "../states.ts";
import { pageCommands, type Command } from "./commands.ts";
import type { LiveSession } from "./live_session.ts";
import { pauseSession, rerunSession, resumeSession, stopSession } from "./session_actions.ts";
import { showToast } from "./toasts.ts";

/** Offer what the session's present state allows, for as long as its page is open. */
export function offerSessionCommands(live: LiveSession): void {
  pageCommands.value = () => commandsOf(live);
}

function commandsOf(live: LiveSession): Command[] {
  const { status, desired, waitsFor } = live.state.value;
  const detail = live.detail.value;
  if (detail === null) return [];
  const { id, name, command } = detail;
  const seen = seenState(status, desired, waitsFor);
  const act = (action: (id: string, name: string) => Promise<Session | null>) => async (): Promise<void> => {
    const session = await action(id, name);
    if (session !== null) live.take(session);
  };
  const offered: (Command | false)[] = [
    ["queued", "running", "waiting"].includes(seen) && { title: "Pause", icon: "pause-circle", run: act(pauseSession) },
    ["pausing", "paused", "waiting"].includes(seen) && { title: "Resume", icon: "play-fill", also: "continue go on", run: act(resumeSession) },
    !isFinal(status) && seen !== "stopping" && { title: "Stop", icon: "stop-fill", also: "cancel end", run: act(stopSession) },
    isFinal(status) && { title: "Run again", icon: "arrow-repeat", also: "rerun", run: () => void rerun(id) },
    isFinal(status) && { title: "Run again with changes", icon: "sliders", also: "rerun fork", run: () => location.assign(`/sessions?again=${id}#create`) },
    { title: "Copy command", icon: "clipboard", also: "ollama-flow run", run: () => void copy(command) },
  ];
  return offered.filter((each) => each !== false);
}

async function rerun(id: string): Promise<void> {
  const session = await rerunSession(id);
  if (session !== null) location.assign(`/sessions/${session.id}`);
}

async function copy(command: string): Promise<void> {
  try {
    await copyText(command);
    showToast({ kind: "success", message: "The command is copied." });
  } catch {
    showToast({ kind: "error", message: "This browser did not let the page copy. Select the text instead." });
  }
}
