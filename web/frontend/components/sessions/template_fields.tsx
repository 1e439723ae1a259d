import { useSignal } from "@preact/signals";
import type { Variable } from "../../api_types.ts";
import { checkText, checkValue } from "../../template_text.ts";
import { draft } from "../../state/draft.ts";
import { draftVariables, leaveTemplate, setValue, templateDraft, valueOf } from "../../state/template_draft.ts";
import { TextField } from "../form/text_field.tsx";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";

/** What the template of the form asks for; nothing where the form begins without one. */
export function TemplateFields({ problems }: { problems: Record<string, string> }) {
  const used = templateDraft.value;
  if (used === null) return null;
  const isBroken = checkText(draft.value.task) !== null;
  return (
    <section class="template-fields" aria-labelledby="template-fields-title">
      <header class="template-fields-head">
        <Icon name="collection" />
        <h3 id="template-fields-title">
          From the template{" "}
          <a href={`/templates/${used.id}`}>
            <Given text={used.name} />
          </a>
        </h3>
        <button
          type="button"
          class="icon-button"
          aria-label="Go on without the template"
          title="Go on without the template; what it says stays in the form"
          onClick={leaveTemplate}
        >
          <Icon name="x-lg" />
        </button>
      </header>
      {draftVariables.value.map((variable) => (
        <VariableField key={variable.name} variable={variable} problem={problems[`variables.${variable.name}`]} />
      ))}
      {isBroken && <p class="field-problem">{checkText(draft.value.task)}</p>}
    </section>
  );
}

function VariableField({ variable, problem }: { variable: Variable; problem: string | undefined }) {
  const isTouched = useSignal(false);
  const value = valueOf(variable);
  const own = checkValue(variable, value);
  // What the server or the last try said, goes as soon as the value is right.
  const shown = own !== null && (isTouched.value || problem !== undefined) ? own : undefined;
  return (
    <TextField
      id={`variable-${variable.name}`}
      label={variable.label || variable.name}
      isOptional={!variable.required}
      hint={
        <>
          Stands for <code>{`{{${variable.name}}}`}</code>
        </>
      }
      problem={shown}
      rows={1}
      class="variable-input"
      value={value}
      onBlur={() => (isTouched.value = true)}
      onInput={(typed) => {
        setValue(variable.name, typed);
        isTouched.value = true;
      }}
    />
  );
}
