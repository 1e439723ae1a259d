import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api, ApiError, sentenceOf } from "../api.ts";
import type { TemplateContent } from "../api_types.ts";
import { isolate } from "../bidi.ts";
import { checkTemplate, variablesOf } from "../template_text.ts";
import { showToast } from "../state/toasts.ts";
import { ActionButton } from "./action_button.tsx";
import { Form } from "./form/form.tsx";
import { Icon } from "./icon.tsx";
import { ErrorNote } from "./notes.tsx";
import { Switch } from "./form/switch.tsx";
import { TextField } from "./form/text_field.tsx";

interface Props {
  /** What is saved, as it is when the button is pressed. */
  read: () => TemplateContent;
  suggestName: () => string;
  class?: string;
}

/** A button that keeps settings as a template, after asking for a name. */
export function SaveTemplateButton({ read, suggestName, class: looks = "btn-quiet" }: Props) {
  const content = useSignal<TemplateContent | null>(null);
  return (
    <>
      <ActionButton class={looks} onClick={() => (content.value = read())}>
        <Icon name="bookmark-plus" /> Save as template
      </ActionButton>
      {content.value !== null && (
        <SaveTemplateDialog content={content.value} suggested={suggestName()} onClose={() => (content.value = null)} />
      )}
    </>
  );
}

function SaveTemplateDialog({ content, suggested, onClose }: { content: TemplateContent; suggested: string; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useSignal(suggested);
  const description = useSignal("");
  const isShared = useSignal(false);
  const isSending = useSignal(false);
  const isTried = useSignal(false);
  const trouble = useSignal<{ name?: string; other?: string }>({});
  const variables = variablesOf(content, content.variables);
  const problems = checkTemplate({ ...content, name: name.value, description: description.value });
  const problemOf = (field: string): string | undefined => problems.find((problem) => problem.field === field)?.message;
  const ofOthers = problems.filter(({ field }) => field !== "name" && field !== "description");
  const nameProblem = isTried.value ? (problemOf("name") ?? trouble.value.name) : undefined;
  const descriptionProblem = problemOf("description");

  useEffect(() => dialog.current?.showModal(), []);

  const save = async (): Promise<void> => {
    isTried.value = true;
    if (isSending.value || problems.length > 0) return;
    isSending.value = true;
    try {
      const body = { ...content, variables, name: name.value.trim(), description: description.value.trim(), shared: isShared.value };
      const saved = await api.createTemplate(body);
      showToast({
        kind: "success",
        message: `“${isolate(saved.name)}” is among your templates.`,
        link: { href: `/templates/${saved.id}`, text: "View" },
      });
      dialog.current?.close();
    } catch (error) {
      const isTaken = error instanceof ApiError && error.status === 409;
      trouble.value = isTaken ? { name: "You have a template of this name already." } : { other: sentenceOf(error) };
    } finally {
      isSending.value = false;
    }
  };

  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="save-template-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <Form class="dialog-inner dialog-form" onSubmit={save}>
        <h2 id="save-template-title">Save as template</h2>
        <TextField
          id="template-name"
          label="Name"
          problem={nameProblem}
          value={name.value}
          onInput={(typed) => {
            name.value = typed;
            isTried.value = true;
            trouble.value = {};
          }}
        />
        <TextField
          id="template-description"
          label="What it is good for"
          isOptional
          problem={descriptionProblem}
          rows={2}
          value={description.value}
          onInput={(typed) => (description.value = typed)}
        />
        <Switch
          id="template-shared"
          label="Share with the team"
          hint="Everybody may use and copy it; you change it."
          isOn={isShared.value}
          onChange={(isOn) => (isShared.value = isOn)}
        />
        {variables.length > 0 && (
          <p class="template-asks">
            It asks for{" "}
            {variables.map((variable) => (
              <code key={variable.name} class="variable-chip">
                {variable.name}
              </code>
            ))}
          </p>
        )}
        {ofOthers.map((problem) => (
          <ErrorNote key={problem.message}>{problem.message}</ErrorNote>
        ))}
        {trouble.value.other !== undefined && <ErrorNote>{trouble.value.other}</ErrorNote>}
        <div class="dialog-actions">
          <button type="button" class="btn btn-quiet" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="btn btn-primary" aria-disabled={isSending.value}>
            Save template
          </button>
        </div>
      </Form>
    </dialog>
  );
}
