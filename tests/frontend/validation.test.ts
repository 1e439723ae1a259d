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
  assert.deepEqual(fields({ temperature: 2.1, rounds: 1.5 }), ["options.temperature", "options.rounds"]);
});

test("characters are counted as the server does", () => {
  assert.deepEqual(fields({ name: "🐝".repeat(120) }), []);
});

test("commands are asked for only where somebody chose them", () => {
  assert.ok(!("commands" in (bodyOf({ ...emptyDraft, task: "x" }).options ?? {})));
  assert.equal(bodyOf({ ...emptyDraft, task: "x", commands: true }).options?.["commands"], true);
});

test("what was left empty is left to the server", () => {
  const body = bodyOf({ ...emptyDraft, task: " Do it. ", name: " " });
  assert.equal(body.task, "Do it.");
  assert.ok(!("name" in body) && !("model" in body) && !("project_folder" in body));
});

test("models by role are sent where there are any", () => {
  const models = (change: object): unknown => bodyOf({ ...emptyDraft, task: "x", ...change }).options?.["models"];
  const roleModels = { developer: "codellama:7b", queen: "" };
  assert.equal(models({ roleModels }), undefined);
  assert.equal(models({ modelsBy: "auto", roleModels }), "auto");
  assert.deepEqual(models({ modelsBy: "role", roleModels }), { developer: "codellama:7b" });
  assert.equal(models({ modelsBy: "role", roleModels: { queen: "" } }), undefined);
});
