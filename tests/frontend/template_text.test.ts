import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { checkTemplate, checkText, checkValue, escapeText, fillText, findVariables, variablesOf } from "../../web/frontend/template_text.ts";
import { emptyTemplate } from "../../web/frontend/templates.ts";

interface Cases {
  values: Record<string, string>;
  fills: [string, string[], string][];
  broken: string[];
  literals: string[];
}

/** The server is held to the same cases. */
const cases = JSON.parse(readFileSync(new URL("../support/template_texts.json", import.meta.url), "utf8")) as Cases;
const variable = (name: string, more: object = {}) => ({ name, label: "", default: "", required: true, ...more });

test("values take the places of their variables once", () => {
  for (const [text, names, filled] of cases.fills) {
    assert.deepEqual(findVariables(text), names);
    assert.equal(checkText(text), null);
    assert.equal(fillText(text, cases.values), filled);
  }
});

test("braces that are no variable are told of", () => {
  for (const text of cases.broken) assert.match(checkText(text) ?? "", /variable/, text);
});

test("an escaped text becomes itself", () => {
  for (const text of cases.literals) assert.equal(fillText(escapeText(text), {}), text);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("{", "}", "\\", "x", " ") }), (text) => {
      assert.equal(fillText(escapeText(text), {}), text);
      assert.deepEqual(findVariables(escapeText(text)), []);
    }),
  );
});

test("a variable without a value stays as it is", () => {
  assert.equal(fillText("{{a}} and {{b}}", { a: "A" }), "A and {{b}}");
});

test("described variables come first, the others in the order of the texts", () => {
  const known = [variable("b", { label: "A B" }), variable("gone")];
  const texts = { session_name: "{{c}}", task: "{{a}} {{b}}", project_folder: "{{c}}" };
  assert.deepEqual(variablesOf(texts, known), [known[0], variable("c"), variable("a")]);
});

test("a value that is needed may not be blank, and none may be endless", () => {
  assert.match(checkValue(variable("a"), " \n") ?? "", /needed/);
  assert.equal(checkValue(variable("a", { required: false }), ""), null);
  assert.match(checkValue(variable("a"), "x".repeat(20_001)) ?? "", /20,000/);
});

test("a template is held to the server's limits", () => {
  const fields = (change: object): string[] => checkTemplate({ ...emptyTemplate, name: "N", task: "x", ...change }).map(({ field }) => field);
  assert.deepEqual(fields({}), []);
  assert.deepEqual(fields({ name: " ", task: " " }), ["name", "task"]);
  assert.deepEqual(fields({ name: "x".repeat(121), description: "x".repeat(501) }), ["name", "description"]);
  assert.deepEqual(fields({ task: "{{", session_name: "{{A}}", project_folder: "{{ b" }), ["task", "session_name", "project_folder"]);
  assert.deepEqual(fields({ task: Array.from({ length: 21 }, (_, index) => `{{v${index}}}`).join("") }), ["task"]);
});
