import assert from "node:assert/strict";
import { test } from "node:test";
import { changeDraft, clearDraft, draft } from "../../web/frontend/state/draft.ts";

test("after a session was created the swarm stays, but commands are allowed anew for each", () => {
  changeDraft({ task: "Run the tests.", name: "Tests", workers: 8, options: { commands: true, seed: 7 } });
  clearDraft();
  const { task, name, workers, options } = draft.value;
  assert.deepEqual({ task, name, workers, options }, { task: "", name: "", workers: 8, options: { seed: 7 } });
});
