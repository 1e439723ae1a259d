import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model, Models } from "../../web/frontend/api_types.ts";
import { missingModels, modelTitle, serverTitle } from "../../web/frontend/models.ts";

const model = (name: string): Model => ({
  name, size_bytes: 1, parameter_size: null, context_length: null, capabilities: null,
});

test("a known model that the server has is not offered as missing", () => {
  const missing = missingModels([model("codellama:13b"), model("llama3:latest")]);
  assert.deepEqual(missing.map((known) => known.name), ["codellama:7b", "codellama:34b"]);
});

test("known models carry the names that people know", () => {
  assert.equal(modelTitle("llama3:latest"), "Llama3");
  assert.equal(modelTitle("mistral:7b"), "mistral:7b");
});

test("the badge says plainly which model server is in use", () => {
  const server = { url: "http://10.0.0.5:11434/", kind: "ollama" as const, reachable: true, version: "0.9" };
  const models: Models = { server, loaded: [], items: [model("smollm2:135m")], default: null, pull_refusal: null };
  assert.equal(serverTitle(models), "Ollama at 10.0.0.5:11434");
  assert.equal(serverTitle({ ...models, server: { ...server, kind: "embedded" } }), "Embedded SmolLM2");
  assert.equal(serverTitle({ ...models, server: null }), "No model server");
});
