import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { basedOn } from "../../web/frontend/state/based_on.ts";
import { draft } from "../../web/frontend/state/draft.ts";
import {
  checkTemplateDraft,
  draftVariables,
  fillBody,
  finishTemplate,
  leaveTemplate,
  readAsTemplate,
  setValue,
  templateDraft,
} from "../../web/frontend/state/template_draft.ts";
import { bodyOf, emptyDraft } from "../../web/frontend/validation.ts";

const topic = { name: "topic", label: "Topic", default: "", required: true };

beforeEach(() => {
  draft.value = { ...emptyDraft, task: "Tell of {{topic}}.", name: "On {{topic}}", project_folder: "notes/{{topic}}", options: { seed: 7 } };
  templateDraft.value = { id: "t", name: "T", version: 3, variables: [topic], values: {} };
});

test("without a template braces are text", () => {
  templateDraft.value = null;
  const body = bodyOf(draft.value);
  assert.deepEqual(draftVariables.value, []);
  assert.deepEqual(checkTemplateDraft(), []);
  assert.equal(fillBody(body), body);
});

test("what is missing is told of by the name of its variable", () => {
  assert.deepEqual(checkTemplateDraft().map(({ field }) => field), ["variables.topic"]);
  setValue("topic", "bees");
  assert.deepEqual(checkTemplateDraft(), []);
});

test("the body has the values in all texts, and names the template", () => {
  setValue("topic", "bees\n{{topic}}");
  const body = fillBody(bodyOf(draft.value));
  assert.equal(body.task, "Tell of bees\n{{topic}}.");
  assert.equal(body.name, "On bees {{topic}}");
  assert.equal(body.project_folder, "notes/bees\n{{topic}}");
  assert.equal(body.options?.["seed"], 7);
  assert.deepEqual(body.template, { id: "t", version: 3 });
});

test("a name that grows too long is cut at a word", () => {
  setValue("topic", "very ".repeat(40));
  assert.ok((fillBody(bodyOf(draft.value)).name ?? "").length <= 61);
});

test("a variable that is written into the task is asked for at once", () => {
  draft.value = { ...draft.value, task: "{{topic}} for {{reader}}" };
  assert.deepEqual(draftVariables.value.map(({ name }) => name), ["topic", "reader"]);
});

test("leaving the template keeps its texts, filled in as far as there are values", () => {
  draft.value = { ...draft.value, task: "{{topic}} for {{reader}}" };
  setValue("topic", "Bees");
  leaveTemplate();
  assert.equal(templateDraft.value, null);
  assert.equal(draft.value.task, "Bees for {{reader}}");
  assert.equal(draft.value.project_folder, "notes/Bees");
});

test("after a session of a template the next one begins without its folder", () => {
  finishTemplate();
  assert.equal(draft.value.project_folder, "");
  draft.value = { ...draft.value, project_folder: "mine" };
  finishTemplate();
  assert.equal(draft.value.project_folder, "mine");
});

test("the form as it stands becomes a template with the known labels", () => {
  const content = readAsTemplate();
  assert.deepEqual(content.variables, [topic]);
  assert.equal(content.task, "Tell of {{topic}}.");
  assert.equal(content.options["seed"], 7);
});

test("a template's options go through the form and back as they were", () => {
  for (const models of ["auto", { queen: "llama3", developer: "codellama:7b" }] as const) {
    const options = { temperature: 0.2, rounds: 2, review: false, commands: true, models, seed: 7, num_ctx: 4096 };
    draft.value = { ...emptyDraft, task: "Do it.", options };
    assert.deepEqual(readAsTemplate().options, options);
    assert.deepEqual(fillBody(bodyOf(draft.value)).options, options);
  }
});

test("a form that is filled from a session has no template any more", () => {
  basedOn.value = { id: "s", name: "A session" };
  assert.equal(templateDraft.value, null);
  basedOn.value = null;
});
