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
import { bodyOf, emptyDraft, splitOptions } from "../../web/frontend/validation.ts";

const topic = { name: "topic", label: "Topic", default: "", required: true };

beforeEach(() => {
  draft.value = { ...emptyDraft, task: "Tell of {{topic}}.", name: "On {{topic}}", projectFolder: "notes/{{topic}}" };
  templateDraft.value = { id: "t", name: "T", version: 3, variables: [topic], values: {}, options: { seed: 7 } };
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

test("the body has the values in all texts, and the options that the form does not show", () => {
  setValue("topic", "bees\n{{topic}}");
  const body = fillBody(bodyOf(draft.value));
  assert.equal(body.task, "Tell of bees\n{{topic}}.");
  assert.equal(body.name, "On bees {{topic}}");
  assert.equal(body.project_folder, "notes/bees\n{{topic}}");
  assert.equal(body.options?.["seed"], 7);
  assert.equal(body.options?.["rounds"], 1);
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
  assert.equal(draft.value.projectFolder, "notes/Bees");
});

test("after a session of a template the next one begins without its folder", () => {
  finishTemplate();
  assert.equal(draft.value.projectFolder, "");
  draft.value = { ...draft.value, projectFolder: "mine" };
  finishTemplate();
  assert.equal(draft.value.projectFolder, "mine");
});

test("options go into the fields of their names, and the others are kept", () => {
  const { placed, others } = splitOptions({ rounds: 3, review: false, seed: null, temperature: "hot" });
  assert.deepEqual(placed, { rounds: 3, review: false, modelsBy: "one", roleModels: {} });
  assert.deepEqual(others, { seed: null, temperature: "hot" });
});

test("the form as it stands becomes a template with the known labels", () => {
  const content = readAsTemplate();
  assert.deepEqual(content.variables, [topic]);
  assert.equal(content.task, "Tell of {{topic}}.");
  assert.equal(content.options["seed"], 7);
});

test("a template's models and commands go through the form and back as they were", () => {
  for (const models of ["auto", { queen: "llama3", developer: "codellama:7b" }] as const) {
    const options = { temperature: 0.2, rounds: 2, review: false, commands: true, models, seed: 7 };
    const { placed, others } = splitOptions(options);
    draft.value = { ...emptyDraft, ...placed, task: "Do it." };
    templateDraft.value = { id: "t", name: "T", version: null, variables: [], values: {}, options: others };
    assert.deepEqual(readAsTemplate().options, options);
    assert.deepEqual(fillBody(bodyOf(draft.value)).options, options);
  }
});

test("one model for all in the form is not overruled by the template's models", () => {
  const { placed, others } = splitOptions({ models: "auto" });
  draft.value = { ...emptyDraft, ...placed, modelsBy: "one", task: "Do it." };
  templateDraft.value = { id: "t", name: "T", version: null, variables: [], values: {}, options: others };
  assert.equal(fillBody(bodyOf(draft.value)).options?.["models"], undefined);
});

test("a form that is filled from a session has no template any more", () => {
  basedOn.value = { id: "s", name: "A session" };
  assert.equal(templateDraft.value, null);
  basedOn.value = null;
});
