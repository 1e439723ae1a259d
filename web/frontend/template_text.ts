// Texts with `{{variables}}`, read and filled as the server does (common/templates.py). Pure.
import type { FieldProblem } from "./api.ts";
import type { TemplateContent, Variable } from "./api_types.ts";
import { checkOptions } from "./options.ts";
import { countCharacters } from "./validation.ts";

export const MOST_VARIABLES = 20;
const LONGEST_NAME = 40;
const LONGEST_VALUE = 20_000;

/** Literal braces, a variable, or braces that are neither. Of many braces in a row the last two begin a variable. */
const TOKEN = /\\\{\{|\{\{(?!\{) *([a-z][a-z0-9_]*) *\}\}|\{\{(?!\{)/g;

/** The names of a text's variables, each once, in their order; braces that are no variable count as text. */
export function findVariables(text: string): string[] {
  const names = [...text.matchAll(TOKEN)].map((found) => found[1]).filter((name) => name !== undefined);
  return [...new Set(names)];
}

/** What is wrong with the braces of a text, as a sentence; null where nothing is. */
export function checkText(text: string): string | null {
  for (const [token, name] of text.matchAll(TOKEN)) {
    if (name !== undefined && name.length > LONGEST_NAME) return `The name of a variable has at most ${LONGEST_NAME} characters.`;
    if (name === undefined && token === "{{") return "Write {{name}} for a variable, in small letters, or \\{{ for the braces themselves.";
  }
  return null;
}

/** The text with its variables replaced by their values, once; one without a value stays as it is. */
export function fillText(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(TOKEN, (token, name: string | undefined) => {
    if (name !== undefined) return values[name] ?? token;
    return token === "\\{{" ? "{{" : token;
  });
}

/** The template text that becomes `text` again, whatever stands in it. */
export const escapeText = (text: string): string => text.replaceAll("{{", "\\{{");

/** The texts of a template that may hold variables. */
type Texts = Pick<TemplateContent, "session_name" | "task" | "project_folder">;

/** The variables of these texts: those that are described as they are, the others as needed ones; at first the known. */
export function variablesOf(texts: Texts, known: readonly Variable[]): Variable[] {
  const used = new Set([texts.session_name, texts.task, texts.project_folder].flatMap(findVariables));
  const described = known.filter((variable) => used.delete(variable.name));
  return [...described, ...[...used].map((name) => ({ name, label: "", default: "", required: true }))];
}

/** What is wrong with a value; null where nothing is. */
export function checkValue(variable: Variable, value: string): string | null {
  if (variable.required && value.trim() === "") return "This is needed.";
  return countCharacters(value) > LONGEST_VALUE ? "A value has at most 20,000 characters." : null;
}

/** What the server would say about a template that is to be saved. */
export function checkTemplate(template: TemplateContent & { name: string }): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const add = (field: string, message: string | null): void => {
    if (message !== null) problems.push({ field, message });
  };
  const name = countCharacters(template.name.trim());
  add("name", name === 0 ? "Give the template a name." : name > 120 ? "A name has at most 120 characters." : null);
  add("description", countCharacters(template.description.trim()) > 500 ? "A description has at most 500 characters." : null);
  add("task", template.task.trim() === "" ? "Describe what the swarm should do." : checkText(template.task));
  add("task", countCharacters(template.task) > 100_000 ? "A task has at most 100,000 characters." : null);
  add("session_name", checkText(template.session_name));
  add("project_folder", checkText(template.project_folder));
  const count = variablesOf(template, template.variables).length;
  add("task", count > MOST_VARIABLES ? `A template has at most ${MOST_VARIABLES} variables; these are ${count}.` : null);
  return [...problems, ...checkOptions(template.options)];
}
