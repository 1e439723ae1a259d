// What a person does to a template, with the question before it and the word after it.
import { api, sentenceOf } from "../api.ts";
import type { Template } from "../api_types.ts";
import { isolate } from "../bidi.ts";
import { contentOf } from "../templates.ts";
import { confirm } from "./confirmation.ts";
import { showToast } from "./toasts.ts";

/** Make a template of one's own from another one; null where it failed. */
export async function copyTemplate(template: Template): Promise<Template | null> {
  try {
    const copy = await api.createTemplate({ ...contentOf(template), name: template.name, shared: false }, "rename");
    showToast({
      kind: "success",
      message: `“${isolate(copy.name)}” is among your templates.`,
      link: { href: `/templates/${copy.id}`, text: "Edit" },
    });
    return copy;
  } catch (error) {
    showToast({ kind: "error", message: sentenceOf(error) });
    return null;
  }
}

/** Ask, then delete; true where it is gone. */
export async function deleteTemplate(template: Template): Promise<boolean> {
  const isSure = await confirm({
    title: "Delete this template?",
    body: `“${isolate(template.name)}” goes for good, with all its versions. Sessions that came from it stay.`,
    action: "Delete template",
  });
  if (!isSure) return false;
  try {
    await api.deleteTemplate(template.id);
    showToast({ kind: "info", message: `“${isolate(template.name)}” is deleted.` });
    return true;
  } catch (error) {
    showToast({ kind: "error", message: sentenceOf(error) });
    return false;
  }
}
