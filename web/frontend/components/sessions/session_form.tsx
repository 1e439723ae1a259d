import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { api, ApiError, sentenceOf, type FieldProblem } from "../../api.ts";
import { isolate } from "../../bidi.ts";
import { suggestName } from "../../format.ts";
import { MODEL_ROLES } from "../../models.ts";
import { checkOptions, DEFAULT_OPTIONS, NUMBER_OPTIONS, setOption } from "../../options.ts";
import { randomKey } from "../../random_key.ts";
import { basedOn } from "../../state/based_on.ts";
import { changeDraft, clearDraft, draft } from "../../state/draft.ts";
import { checkTemplateDraft, fillBody, finishTemplate, readAsTemplate, templateDraft } from "../../state/template_draft.ts";
import { putSession } from "../../state/sessions_store.ts";
import { showToast } from "../../state/toasts.ts";
import { bodyOf, checkDraft, countCharacters } from "../../validation.ts";
import { Form } from "../form/form.tsx";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";
import { ErrorNote, Note } from "../notes.tsx";
import { Panel } from "../panel.tsx";
import { SaveTemplateButton } from "../save_template.tsx";
import { SwarmFields } from "../form/swarm_fields.tsx";
import { TextField } from "../form/text_field.tsx";
import { TemplateFields } from "./template_fields.tsx";

/** The fields of the API that have a place in the form; a problem of any other is shown above the button. */
const PLACED = new Set([
  ...["task", "name", "model", "project_folder", "options.models"],
  ...NUMBER_OPTIONS.map(({ name }) => `options.${name}`),
  ...MODEL_ROLES.map((role) => `options.models.${role}`),
]);
const COUNTED_FROM = 90_000;
/** What the form leaves out means this, and not what the session has that it was filled from. */
const EMPTY = { model: null, project_folder: null, options: DEFAULT_OPTIONS };

/** The form that creates and starts a session. */
export function SessionForm({ mayRunCommands }: { mayRunCommands: boolean }) {
  const problems = useSignal<readonly FieldProblem[]>([]);
  const trouble = useSignal<string | null>(null);
  const isSending = useSignal(false);
  /** One key a submission: sending the same body again after a lost answer gives the same session. */
  const submission = useRef({ body: "", key: "" });

  const { task, name, options } = draft.value;
  const leavesOutCommands = options["commands"] === true && !mayRunCommands;
  const byField = Object.fromEntries([...checkOptions(options), ...problems.value].map(({ field, message }) => [field, message]));
  const characters = countCharacters(task);

  const submit = async (): Promise<void> => {
    if (isSending.value) return;
    trouble.value = null;
    problems.value = [...checkDraft(draft.peek()), ...checkTemplateDraft()];
    if (problems.peek().length > 0) return;
    const now = draft.peek();
    const body = fillBody(bodyOf(mayRunCommands ? now : { ...now, options: setOption(now.options, "commands", undefined) }));
    const base = basedOn.peek();
    const text = JSON.stringify([base, body]);
    if (submission.current.body !== text) submission.current = { body: text, key: randomKey() };
    isSending.value = true;
    try {
      const { key } = submission.current;
      const session =
        base === null
          ? await api.createSession(body, key)
          : await api.forkSession(base.id, { ...EMPTY, ...body, options: { ...EMPTY.options, ...body.options } }, key);
      basedOn.value = null;
      submission.current = { body: "", key: "" };
      putSession(session);
      clearDraft();
      finishTemplate();
      showToast({
        kind: "success",
        message: `“${isolate(session.name)}” is on its way.`,
        link: { href: `/sessions/${session.id}`, text: "View" },
      });
    } catch (error) {
      const details = error instanceof ApiError ? error.details : [];
      problems.value = details;
      const isPlaced = details.length > 0 && details.every(({ field }) => PLACED.has(field));
      const sentences = new Set([sentenceOf(error), ...details.map((each) => each.message)]);
      trouble.value = isPlaced ? null : [...sentences].join(" ");
    } finally {
      isSending.value = false;
    }
  };
  /** A problem goes as soon as its field is changed. */
  const change = (changed: Parameters<typeof changeDraft>[0]): void => {
    changeDraft(changed);
    problems.value = problems.value.filter(({ field }) => !(field.split(".", 1)[0]! in changed));
  };

  return (
    <Panel id="create" title="New session" actions={<TemplateActions />}>
      <Form class="session-form" onSubmit={submit}>
        {basedOn.value !== null && <BaseNote name={basedOn.value.name} />}
        <TemplateFields problems={byField} />
        {leavesOutCommands && (
          <Note icon="terminal" tone="waiting">
            <strong>It starts without commands.</strong> What the form was filled from lets drones run commands, and this server does
            not allow any; its admin would set <code>OLLAMA_FLOW_COMMANDS=true</code>.
          </Note>
        )}
        <TextField
          id="task"
          label="Task"
          hint={characters >= COUNTED_FROM ? `${characters.toLocaleString("en")} of 100,000 characters` : "What should the swarm do? Say what a good result looks like."}
          problem={byField["task"]}
          rows={5}
          class="task-input"
          placeholder="Compare three ways to cache our API's answers, and recommend one."
          value={task}
          onInput={(task) => change({ task })}
        />
        <TextField
          id="name"
          label="Session name"
          isOptional
          problem={byField["name"]}
          placeholder={suggestName(task) || "Taken from the task"}
          value={name}
          onInput={(name) => change({ name })}
        />
        <SwarmFields swarm={draft.value} problems={byField} mayRunCommands={mayRunCommands} onChange={change} />
        {trouble.value !== null && <ErrorNote>{trouble}</ErrorNote>}
        <button type="submit" class="btn btn-primary btn-start" aria-disabled={isSending.value}>
          <Icon name={isSending.value ? "arrow-repeat" : "play-fill"} class={isSending.value ? "is-turning" : ""} />
          Create &amp; Start Session
        </button>
        <p class="shortcut-hint">
          or <kbd>Ctrl</kbd> <kbd>Enter</kbd>
        </p>
      </Form>
    </Panel>
  );
}

/** Says which session the form was filled from. */
function BaseNote({ name }: { name: string }) {
  const startAnew = (): void => {
    basedOn.value = null;
    clearDraft();
  };
  return (
    <Note icon="arrow-repeat">
      Has the settings of “
      <Given text={name} />
      ”; change what you like.{" "}
      <button type="button" class="btn-link-quiet" onClick={startAnew}>
        Start from scratch
      </button>
    </Note>
  );
}

/** The ways from templates to the form and back. */
function TemplateActions() {
  return (
    <span class="template-actions">
      <a class="btn btn-quiet btn-sm" href="/templates" aria-label="Templates">
        <Icon name="collection" /> <span>Templates</span>
      </a>
      <SaveTemplateButton
        class="btn-quiet btn-sm"
        read={readAsTemplate}
        suggestName={() => suggestName(templateDraft.peek()?.name ?? (draft.peek().name || draft.peek().task))}
      />
    </span>
  );
}
