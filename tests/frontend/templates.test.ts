import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session, Template } from "../../web/frontend/api_types.ts";
import { fillText } from "../../web/frontend/template_text.ts";
import { contentOf, contentOfBody, contentOfSession, emptyTemplate, fileNameOf, groupTemplates } from "../../web/frontend/templates.ts";

const template = (name: string, change: object = {}): Template => ({
  ...emptyTemplate,
  id: name,
  name,
  kind: "own",
  owner: "ada@example.org",
  can_change: true,
  version: 1,
  created_at: null,
  saved_at: null,
  uses: 0,
  ...change,
});

test("templates stand in their groups by name", () => {
  const all = [template("b"), template("P", { kind: "preset", owner: null }), template("a"), template("s", { kind: "shared" })];
  const { own, shared, presets } = groupTemplates(all, "");
  assert.deepEqual([own, shared, presets].map((group) => group.map(({ name }) => name)), [["a", "b"], ["s"], ["P"]]);
});

test("a search finds all its words anywhere in a template", () => {
  const all = [template("Review", { task: "Read the code." }), template("Other", { description: "Reviews code" })];
  assert.equal(groupTemplates(all, " CODE  review").own.length, 2);
  assert.deepEqual(groupTemplates(all, "read").own.map(({ name }) => name), ["Review"]);
  assert.equal(groupTemplates(all, "nothing").own.length, 0);
});

test("a session becomes a template that makes it again, braces and all", () => {
  const session = { name: "{{n}}", task: "Keep {{this}}", project_folder: null, workers: 6, architecture: "CENTRALIZED", model: "m", options: { rounds: 2 } };
  const content = contentOfSession(session as unknown as Session);
  assert.equal(fillText(content.task, { this: "?" }), "Keep {{this}}");
  assert.equal(fillText(content.session_name, { n: "?" }), "{{n}}");
  assert.deepEqual([content.workers, content.architecture, content.model, content.project_folder], [6, "CENTRALIZED", "m", ""]);
  assert.deepEqual(content.options, { rounds: 2 });
});

test("a filled-in form becomes a template whose words in braces are variables", () => {
  const content = contentOfBody({ task: "About {{topic}}", workers: 2, architecture: "CENTRALIZED" }, []);
  assert.deepEqual(content.variables, [{ name: "topic", label: "", default: "", required: true }]);
  assert.deepEqual([content.session_name, content.model, content.project_folder], ["", "", ""]);
});

test("the content of a template leaves out its place in the installation", () => {
  assert.ok(!("id" in contentOf(template("a"))) && !("name" in contentOf(template("a"))));
});

test("a file's name is plain", () => {
  assert.equal(fileNameOf("  Größe & {{x}}!"), "gr-e-x.json");
  assert.equal(fileNameOf("蜂"), "template.json");
});
