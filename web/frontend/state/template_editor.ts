// A template that is being edited: what is saved, what stands in the form, and what is wrong with it.
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { api, ApiError, sentenceOf, type FieldProblem } from "../api.ts";
import type { NewTemplate, Template, TemplateVersion, Variable } from "../api_types.ts";
import { checkTemplate, variablesOf } from "../template_text.ts";
import { chosenOptions } from "../options.ts";
import { contentOf, emptyTemplate } from "../templates.ts";

export interface TemplateEditor {
  /** The template as it is saved; null for a new one, and until it is read. */
  saved: Signal<Template | null>;
  form: Signal<NewTemplate>;
  /** The variables of the form's texts, described as far as somebody described them. */
  variables: ReadonlySignal<Variable[]>;
  versions: Signal<readonly TemplateVersion[]>;
  hasMoreVersions: ReadonlySignal<boolean>;
  isLoaded: Signal<boolean>;
  isChanged: ReadonlySignal<boolean>;
  mayChange: ReadonlySignal<boolean>;
  trouble: Signal<string | null>;
  /** What the server said about single fields; goes when they change. */
  problems: Signal<readonly FieldProblem[]>;
  change: (changed: Partial<NewTemplate>) => void;
  /** Save what stands in the form; the saved template, or null where it failed. */
  save: () => Promise<Template | null>;
  loadMoreVersions: () => Promise<void>;
}

/** Open a template of this id, or a new one. */
export function openEditor(id: string | null): TemplateEditor {
  const saved = signal<Template | null>(null);
  const form = signal<NewTemplate>(emptyTemplate);
  const original = signal<NewTemplate>(emptyTemplate);
  const versions = signal<readonly TemplateVersion[]>([]);
  const nextVersion = signal<number | null>(null);
  const isLoaded = signal(id === null);
  const trouble = signal<string | null>(null);
  const problems = signal<readonly FieldProblem[]>([]);
  const variables = computed(() => variablesOf(form.value, form.value.variables));
  const isChanged = computed(() => JSON.stringify({ ...form.value, variables: variables.value }) !== JSON.stringify(original.value));

  const take = (template: Template): void => {
    saved.value = template;
    original.value = form.value = { ...contentOf(template), name: template.name, shared: template.shared };
    isLoaded.value = true;
  };
  const readVersions = async (template: string, cursor: number | null): Promise<void> => {
    const page = await api.listTemplateVersions(template, cursor === null ? {} : { cursor });
    versions.value = cursor === null ? page.versions : [...versions.peek(), ...page.versions];
    nextVersion.value = page.next_cursor;
  };
  const read = async (known: string): Promise<void> => {
    try {
      take(await api.findTemplate(known));
      await readVersions(known, null);
    } catch (error) {
      trouble.value = sentenceOf(error);
    }
  };
  const save = async (): Promise<Template | null> => {
    const now = form.peek();
    const body = { ...now, variables: variables.peek(), name: now.name.trim(), options: chosenOptions(now.options) };
    problems.value = checkTemplate(body);
    if (problems.value.length > 0) return null;
    trouble.value = null;
    const known = saved.peek();
    try {
      const template =
        known === null ? await api.createTemplate(body) : await api.updateTemplate(known.id, body, known.version);
      take(template);
      await readVersions(template.id, null).catch(() => undefined); // they are there after the next look
      return template;
    } catch (error) {
      problems.value = error instanceof ApiError ? error.details : [];
      trouble.value = sentenceOf(error);
      return null;
    }
  };
  if (id !== null) void read(id);
  return {
    saved,
    form,
    variables,
    versions,
    hasMoreVersions: computed(() => nextVersion.value !== null),
    isLoaded,
    isChanged,
    mayChange: computed(() => id === null || (saved.value?.can_change ?? false)),
    trouble,
    problems,
    change: (changed) => {
      // A variable that is gone for a moment, while somebody retypes it, keeps its description.
      const described = [...variables.peek(), ...form.peek().variables.filter((old) => !variables.peek().some((now) => now.name === old.name))];
      form.value = { ...form.peek(), variables: described, ...changed };
      problems.value = problems.peek().filter(({ field }) => !(field.split(".", 1)[0]! in changed));
    },
    save,
    loadMoreVersions: async () => {
      const known = saved.peek();
      if (known !== null && nextVersion.peek() !== null) await readVersions(known.id, nextVersion.peek());
    },
  };
}
