// The template that the creation form begins with, kept in this browser beside the draft until that is sent.
import { computed, effect, signal } from "@preact/signals";
import { api, sentenceOf, type FieldProblem } from "../api.ts";
import type { NewSession, Template, TemplateContent, Variable } from "../api_types.ts";
import { checkText, checkValue, fillText, variablesOf } from "../template_text.ts";
import { contentOfBody } from "../templates.ts";
import { bodyOf, emptyDraft, type Draft } from "../validation.ts";
import { basedOn } from "./based_on.ts";
import { confirm } from "./confirmation.ts";
import { changeDraft, draft } from "./draft.ts";
import { showToast } from "./toasts.ts";

const KEY = "ollama-flow:draft-template";

export interface TemplateDraft {
  id: string;
  name: string;
  /** Null for a preset. */
  version: number | null;
  variables: Variable[];
  values: Record<string, string>;
}

export const templateDraft = signal<TemplateDraft | null>(readKept());

effect(() => {
  try {
    localStorage.setItem(KEY, JSON.stringify(templateDraft.value));
  } catch {
    // As with the draft: the form works without it.
  }
});

// A form that is filled from a session has no template: braces of that one's task are text.
effect(() => {
  if (basedOn.value !== null) templateDraft.value = null;
});

/** The variables of the form's texts, as they stand now; none without a template, where braces are text. */
export const draftVariables = computed<Variable[]>(() => {
  const used = templateDraft.value;
  return used === null ? [] : variablesOf(textsOf(draft.value), used.variables);
});

/** What stands for a variable: what was typed, else its default. */
export const valueOf = (variable: Variable): string => templateDraft.value?.values[variable.name] ?? variable.default;

export function setValue(name: string, value: string): void {
  const used = templateDraft.peek();
  if (used !== null) templateDraft.value = { ...used, values: { ...used.values, [name]: value } };
}

/** Begin with the template that the page's address names, once: a reload keeps the draft. */
export function beginWithTemplate(): void {
  const address = new URL(location.href);
  const id = address.searchParams.get("template");
  if (id === null) return;
  address.searchParams.delete("template");
  address.hash = "create";
  history.replaceState(null, "", address);
  document.getElementById("create")?.scrollIntoView();
  void openTemplate(id).then(() => document.querySelector<HTMLElement>(".template-fields textarea")?.focus());
}

/** Begin the form with a template; one who has begun something else is asked first. */
export async function openTemplate(id: string): Promise<void> {
  let template: Template;
  try {
    template = await api.findTemplate(id);
  } catch (error) {
    showToast({ kind: "error", message: sentenceOf(error) });
    return;
  }
  const isBegun = draft.peek().task.trim() !== "" && templateDraft.peek()?.id !== id;
  const goOn =
    !isBegun ||
    (await confirm({
      title: "Replace what you have written?",
      body: "The form holds a task that was not started yet. The template takes its place.",
      action: "Use the template",
    }));
  if (goOn) takeTemplate(template);
}

function takeTemplate(template: Template): void {
  basedOn.value = null;
  templateDraft.value = {
    id: template.id,
    name: template.name,
    version: template.kind === "preset" ? null : template.version,
    variables: template.variables,
    values: {},
  };
  changeDraft({
    ...emptyDraft,
    task: template.task,
    name: template.session_name,
    workers: template.workers,
    architecture: template.architecture,
    model: template.model,
    project_folder: template.project_folder,
    options: template.options,
  });
}

/** What is wrong with the variables and the braces of the form; nothing without a template. */
export function checkTemplateDraft(): FieldProblem[] {
  if (templateDraft.peek() === null) return [];
  const { task, session_name, project_folder } = textsOf(draft.peek());
  const texts = { task, name: session_name, project_folder };
  const checked = [
    ...Object.entries(texts).map(([field, text]) => ({ field, message: checkText(text) })),
    ...draftVariables.peek().map((each) => ({ field: `variables.${each.name}`, message: checkValue(each, valueOf(each)) })),
  ];
  return checked.flatMap(({ field, message }) => (message === null ? [] : [{ field, message }]));
}

/** The body to send: the variables filled in, the template named. The same body without a template. */
export function fillBody(body: NewSession): NewSession {
  const used = templateDraft.peek();
  if (used === null) return body;
  const values = readValues();
  const fill = (text: string): string => fillText(text, values).trim();
  const name = fill(body.name ?? "").replace(/\s+/g, " ");
  return {
    ...body,
    template: { id: used.id, version: used.version ?? null },
    task: fill(body.task),
    ...(name === "" ? {} : { name: shorten(name) }),
    ...(body.project_folder === undefined ? {} : { project_folder: fill(body.project_folder) }),
  };
}

/** The template that the form makes as it stands; `{{words}}` in its texts are variables. */
export function readAsTemplate(): TemplateContent {
  return contentOfBody(bodyOf(draft.peek()), draftVariables.peek());
}

/** Let go of the template: its texts stay in the form, filled in as far as there are values. */
export function leaveTemplate(): void {
  const values = Object.fromEntries(Object.entries(readValues()).filter(([, value]) => value.trim() !== ""));
  const { task, name, project_folder } = draft.peek();
  templateDraft.value = null;
  changeDraft({ task: fillText(task, values), name: fillText(name, values), project_folder: fillText(project_folder, values) });
}

/** The session is on its way: the next one begins without a template. */
export function finishTemplate(): void {
  if (templateDraft.peek() === null) return;
  templateDraft.value = null;
  changeDraft({ project_folder: "" });
}

const readValues = (): Record<string, string> =>
  Object.fromEntries(draftVariables.peek().map((variable) => [variable.name, valueOf(variable)]));

const textsOf = (from: Draft) => ({ task: from.task, session_name: from.name, project_folder: from.project_folder });

/** At most as long as the server takes it, cut at a word. */
function shorten(name: string): string {
  const characters = Array.from(name);
  return characters.length <= 120 ? name : `${characters.slice(0, 60).join("").replace(/\s+\S*$/, "")}…`;
}

function readKept(): TemplateDraft | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as TemplateDraft | null;
    return kept !== null && Array.isArray(kept.variables) && typeof kept.values === "object" ? kept : null;
  } catch {
    return null;
  }
}
