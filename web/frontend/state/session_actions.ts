// What a person does to a session, with the question before it and the word after it.
import { api, sentenceOf } from "../api.ts";
import type { Session } from "../api_types.ts";
import { isolate } from "../bidi.ts";
import { randomKey } from "../random_key.ts";
import { confirm } from "./confirmation.ts";
import { showToast } from "./toasts.ts";

/** Ask, then stop; null where the person thought better of it or it failed. */
export async function stopSession(id: string, name: string): Promise<Session | null> {
  const isSure = await confirm({
    title: "Stop this session?",
    body: `“${isolate(name)}” ends here. What it has done so far stays; it cannot go on afterwards.`,
    action: "Stop session",
  });
  return isSure ? move(api.stopSession(id), () => `Stopping “${isolate(name)}”.`) : null;
}

/** Let a session wait; null where it failed. */
export const pauseSession = (id: string, name: string): Promise<Session | null> =>
  move(api.pauseSession(id), ({ status }) =>
    status === "running"
      ? `Pausing “${isolate(name)}”. Steps in flight begin again when it goes on.`
      : `“${isolate(name)}” stays paused until somebody resumes it.`,
  );

/** Let a session go on; null where it failed. */
export const resumeSession = (id: string, name: string): Promise<Session | null> =>
  move(api.resumeSession(id), () => `“${isolate(name)}” goes on.`);

/** Start a session once more, with the same settings; null where it failed. */
export async function rerunSession(id: string): Promise<Session | null> {
  try {
    return await api.rerunSession(id, randomKey());
  } catch (error) {
    showToast({ kind: "error", message: sentenceOf(error) });
    return null;
  }
}

async function move(asked: Promise<Session>, say: (session: Session) => string): Promise<Session | null> {
  try {
    const session = await asked;
    showToast({ kind: "info", message: say(session) });
    return session;
  } catch (error) {
    showToast({ kind: "error", message: sentenceOf(error) });
    return null;
  }
}

/** Ask, then delete; true where it is gone. */
export async function deleteSession(id: string, name: string): Promise<boolean> {
  const isSure = await confirm({
    title: "Delete this session?",
    body: `“${isolate(name)}” goes for good, with its steps, its log and its files here. Files in the project folder stay.`,
    action: "Delete session",
  });
  if (!isSure) return false;
  try {
    await api.deleteSession(id);
    return true;
  } catch (error) {
    showToast({ kind: "error", message: sentenceOf(error) });
    return false;
  }
}
