import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, checkDraft, emptyDraft } from "../../web/frontend/validation.ts";

const fields = (change: object): string[] => checkDraft({ ...emptyDraft, task: "x", ...change }).map(({ field }) => field);

test("a draft with a task is enough", () => {
  assert.deepEqual(fields({}), []);
});

test("each field is held to the server's limits", () => {
  assert.deepEqual(fields({ task: "  \n" }), ["task"]);
  assert.deepEqual(fields({ task: "x".repeat(100_001) }), ["task"]);
  assert.deepEqual(fields({ name: "x".repeat(121) }), ["name"]);
  assert.deepEqual(fields({ options: { temperature: 2.1, rounds: 1.5 } }), ["options.temperature", "options.rounds"]);
});

test("characters are counted as the server does", () => {
  assert.deepEqual(fields({ name: "🐝".repeat(120) }), []);
});

test("what was left empty is left to the server", () => {
  const body = bodyOf({ ...emptyDraft, task: " Do it. ", name: " " });
  assert.equal(body.task, "Do it.");
  assert.ok(!("name" in body) && !("model" in body) && !("project_folder" in body));
});

test("options are sent where somebody chose them, and are held to the server's limits", () => {
  const sent = (options: object): unknown => bodyOf({ ...emptyDraft, task: "x", options: { ...options } }).options;
  assert.deepEqual(sent({ temperature: 0.6, review: true, commands: false, models: {}, seed: null, gone: 1 }), {});
  const chosen = { temperature: 0, review: false, commands: true, models: { developer: "codellama:7b" }, seed: 7 };
  assert.deepEqual(sent(chosen), chosen);
  assert.deepEqual(fields({ options: { max_output_tokens: 16, num_ctx: 1024, seed: 0, rounds: 6 } }), []);
  assert.deepEqual(fields({ options: { max_output_tokens: 15, num_ctx: 2000.5, seed: NaN } }).length, 3);
});
