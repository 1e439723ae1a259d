import { useSignal } from "@preact/signals";
import { exportTemplatesUrl } from "../../api.ts";
import type { NewTemplate, Template } from "../../api_types.ts";
import { isolate } from "../../bidi.ts";
import { checkTemplate } from "../../template_text.ts";
import { fileNameOf } from "../../templates.ts";
import { copyTemplate, deleteTemplate } from "../../state/template_actions.ts";
import type { TemplateEditor as Editor } from "../../state/template_editor.ts";
import { showToast } from "../../state/toasts.ts";
import { ActionButton } from "../action_button.tsx";
import { Form } from "../form/form.tsx";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";
import { ErrorNote, Note, Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";
import { SwarmFields } from "../form/swarm_fields.tsx";
import { Switch } from "../form/switch.tsx";
import { TextField } from "../form/text_field.tsx";
import { TemplateVersions } from "./template_versions.tsx";
import { VariableList } from "./variable_list.tsx";

/** The fields that have a place in the form; a problem of any other is shown above the button. */
const PLACED = /^(name|description|task|session_name|model|project_folder|options\..*)$/;

interface Props {
  editor: Editor;
  /** Whether the server allows sessions to run commands. */
  mayRunCommands: boolean;
}

/** A template on a page of its own: its settings, its variables, its versions. */
export function TemplateEditor({ editor, mayRunCommands }: Props) {
  const saved = editor.saved.value;
  return (
    <>
      <a class="back-link" href="/templates">
        <Icon name="arrow-left" /> Templates
      </a>
      <div class="page-head template-page-head">
        <h1 class="page-title">{saved === null ? "New template" : <Given text={saved.name} />}</h1>
        {saved !== null && <Actions template={saved} />}
      </div>
      {!editor.isLoaded.value ? (
        editor.trouble.value === null ? <Skeleton lines={8} /> : <ErrorNote>{editor.trouble}</ErrorNote>
      ) : (
        <div class={saved === null ? "template-alone" : "columns columns-template"}>
          <TemplateForm editor={editor} mayRunCommands={mayRunCommands} />
          {saved !== null && <TemplateVersions editor={editor} />}
        </div>
      )}
    </>
  );
}

function Actions({ template }: { template: Template }) {
  const copy = async (): Promise<void> => {
    const made = await copyTemplate(template);
    if (made !== null) location.assign(`/templates/${made.id}`);
  };
  const remove = async (): Promise<void> => {
    if (await deleteTemplate(template)) location.assign("/templates");
  };
  return (
    <div class="session-controls" role="group" aria-label="What can be done with this template">
      <a class="btn btn-primary" href={`/sessions?template=${template.id}`}>
        <Icon name="play-fill" /> Use
      </a>
      <ActionButton class="btn-quiet" onClick={() => void copy()}>
        <Icon name="copy" /> Duplicate
      </ActionButton>
      <a class="btn btn-quiet" href={exportTemplatesUrl([template.id])} download={fileNameOf(template.name)}>
        <Icon name="download" /> Export
      </a>
      {template.can_change && (
        <ActionButton class="btn-quiet-danger" onClick={() => void remove()}>
          <Icon name="trash3" /> Delete
        </ActionButton>
      )}
    </div>
  );
}

function TemplateForm({ editor, mayRunCommands }: Props) {
  const isSending = useSignal(false);
  const { change } = editor;
  const now = editor.form.value;
  const saved = editor.saved.value;
  const mayChange = editor.mayChange.value;
  const isUnchanged = saved !== null && !editor.isChanged.value;
  // While one types only what stands there can be wrong; what is missing is said when it is saved.
  const typed = checkTemplate(now).filter(
    ({ field }) => field.startsWith("options.") || (now[field as keyof NewTemplate] ?? "") !== "",
  );
  const byField = Object.fromEntries([...typed, ...editor.problems.value].map(({ field, message }) => [field, message]));
  const ofOthers = editor.problems.value.filter(({ field }) => !PLACED.test(field));
  const save = async (): Promise<void> => {
    if (isSending.value || isUnchanged || !mayChange) return;
    isSending.value = true;
    const isNew = saved === null;
    const template = await editor.save();
    isSending.value = false;
    if (template === null) return;
    showToast({ kind: "success", message: `“${isolate(template.name)}” is saved as version ${template.version}.` });
    if (isNew) location.replace(`/templates/${template.id}`);
  };
  return (
    <Panel id="template" title="Settings" count={saved === null ? undefined : `version ${saved.version}`}>
      {!mayChange && saved !== null && (
        <Note icon="info-circle">
          {saved.kind === "preset" ? (
            "This preset stays as it ships. Duplicate it, and make the copy yours."
          ) : (
            <>
              This template belongs to <Given text={saved.owner ?? ""} />. Duplicate it, and make the copy yours.
            </>
          )}
        </Note>
      )}
      <Form onSubmit={save}>
        <fieldset class="session-form template-form" disabled={!mayChange} aria-label="Settings of the template">
          <TextField
            id="name"
            label="Name"
            problem={byField["name"]}
            value={now.name}
            onInput={(name) => change({ name })}
          />
          <TextField
            id="description"
            label="What it is good for"
            isOptional
            problem={byField["description"]}
            rows={2}
            value={now.description}
            onInput={(description) => change({ description })}
          />
          <TextField
            id="task"
            label="Task"
            hint={
              <>
                <code>{"{{topic}}"}</code> is asked for at the start; <code>{"\\{{"}</code> are two braces as they are.
              </>
            }
            problem={byField["task"]}
            rows={10}
            class="task-input template-task-input"
            value={now.task}
            onInput={(task) => change({ task })}
          />
          <TextField
            id="session-name"
            label="Name of its sessions"
            isOptional
            problem={byField["session_name"]}
            placeholder="Taken from the task"
            value={now.session_name}
            onInput={(session_name) => change({ session_name })}
          />
          <VariableList variables={editor.variables.value} onChange={(variables) => change({ variables })} />
          <SwarmFields swarm={now} problems={byField} mayRunCommands={mayRunCommands} onChange={change} />
          {saved?.kind !== "preset" && (
            <Switch
              id="shared"
              label="Share with the team"
              hint="Everybody may use and copy it; you change it."
              isOn={now.shared}
              onChange={(shared) => change({ shared })}
            />
          )}
          {ofOthers.map((problem) => (
            <ErrorNote key={problem.field}>
              {problem.field}: {problem.message}
            </ErrorNote>
          ))}
          {editor.trouble.value !== null && ofOthers.length === 0 && <ErrorNote>{editor.trouble}</ErrorNote>}
          {mayChange && (
            <button type="submit" class="btn btn-primary btn-start" aria-disabled={isSending.value || isUnchanged}>
              <Icon name="check-lg" /> {saved === null ? "Save template" : isUnchanged ? "Saved" : "Save changes"}
            </button>
          )}
        </fieldset>
      </Form>
    </Panel>
  );
}
