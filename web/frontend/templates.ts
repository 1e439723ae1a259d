// Templates as plain data: what they are made from, how they are found, in which groups they stand. Pure.
import type { NewSession, NewTemplate, Session, Template, TemplateContent } from "./api_types.ts";
import { escapeText, variablesOf } from "./template_text.ts";

export const emptyTemplate: NewTemplate = {
  name: "",
  shared: false,
  description: "",
  task: "",
  session_name: "",
  workers: 4,
  architecture: "HIERARCHICAL",
  model: "",
  project_folder: "",
  options: {},
  variables: [],
};

/** What a template holds beside its place in the installation. */
export function contentOf(template: TemplateContent): TemplateContent {
  const { description, task, session_name, workers, architecture, model, project_folder, options, variables } = template;
  return { description, task, session_name, workers, architecture, model, project_folder, options, variables };
}

/** The template that makes sessions like this one; braces in its texts stay braces. */
export function contentOfSession(session: Session): TemplateContent {
  return {
    description: "",
    task: escapeText(session.task),
    session_name: escapeText(session.name),
    workers: session.workers,
    architecture: session.architecture,
    model: session.model,
    project_folder: escapeText(session.project_folder ?? ""),
    options: session.options,
    variables: [],
  };
}

/** The template that a filled-in form makes; `{{words}}` in its texts become variables. */
export function contentOfBody(body: NewSession, known: TemplateContent["variables"]): TemplateContent {
  const texts = { task: body.task, session_name: body.name ?? "", project_folder: body.project_folder ?? "" };
  return {
    ...texts,
    description: "",
    workers: body.workers,
    architecture: body.architecture,
    model: body.model ?? "",
    options: body.options ?? {},
    variables: variablesOf(texts, known),
  };
}

export interface TemplateGroups {
  own: Template[];
  shared: Template[];
  presets: Template[];
}

/** Those that hold all words of a search, in their groups, each by name. */
export function groupTemplates(templates: readonly Template[], search: string): TemplateGroups {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = templates
    .filter((template) => {
      const text = [template.name, template.description, template.task, template.owner ?? "preset"].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
  const of = (kind: Template["kind"]): Template[] => found.filter((template) => template.kind === kind);
  return { own: of("own"), shared: of("shared"), presets: of("preset") };
}

/** A name for the file of an export. */
export function fileNameOf(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return `${plain || "template"}.json`;
}
