// The templates that one may use.
import { computed, signal } from "@preact/signals";
import { api, sentenceOf } from "../api.ts";
import type { Template } from "../api_types.ts";
import { groupTemplates } from "../templates.ts";
import { keepFetched } from "./polling.ts";

/** Null until the first answer. */
const templates = signal<readonly Template[] | null>(null);
export const templateSearch = signal("");
export const templateTrouble = signal<string | null>(null);

export const isLoaded = computed(() => templates.value !== null);
export const groups = computed(() => groupTemplates(templates.value ?? [], templateSearch.value));
export const hasOwn = computed(() => (templates.value ?? []).some((template) => template.kind === "own"));

/** Read them now, and again each time that what was away is back. */
export function followTemplates(): void {
  keepFetched(fetchTemplates);
}

export async function fetchTemplates(): Promise<void> {
  try {
    const read: Template[] = [];
    let cursor: string | null = null;
    do {
      const page: { templates: Template[]; next_cursor: string | null } = await api.listTemplates(cursor === null ? {} : { cursor });
      read.push(...page.templates);
      cursor = page.next_cursor;
    } while (cursor !== null);
    templates.value = read;
    templateTrouble.value = null;
  } catch (error) {
    templateTrouble.value = sentenceOf(error);
    throw error;
  }
}

/** Show a template at once that this page has just made. */
export function putTemplate(template: Template): void {
  templates.value = [...(templates.peek() ?? []).filter((known) => known.id !== template.id), template];
}

export function dropTemplate(id: string): void {
  templates.value = (templates.peek() ?? []).filter((known) => known.id !== id);
}
