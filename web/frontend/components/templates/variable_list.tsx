import type { Variable } from "../../api_types.ts";

interface Props {
  variables: readonly Variable[];
  onChange: (variables: Variable[]) => void;
}

/** How each variable is asked for: they come from the texts of the template, their descriptions from here. */
export function VariableList({ variables, onChange }: Props) {
  const change = (name: string, changed: Partial<Variable>): void =>
    onChange(variables.map((variable) => (variable.name === name ? { ...variable, ...changed } : variable)));
  return (
    <fieldset class="field">
      <legend class="form-label">Variables</legend>
      {variables.length === 0 ? (
        <p class="field-hint">
          Write <code>{"{{topic}}"}</code> in the task, the session's name or the folder, and whoever uses the template is asked
          for it.
        </p>
      ) : (
        <ul class="variable-list">
          {variables.map(({ name, label, default: preset, required }) => (
            <li key={name} class="variable-row">
              <code class="variable-name">{`{{${name}}}`}</code>
              <input
                class="form-control"
                type="text"
                dir="auto"
                maxLength={120}
                aria-label={`Label of ${name}`}
                placeholder="Label"
                value={label}
                onInput={(event) => change(name, { label: event.currentTarget.value })}
              />
              <input
                class="form-control"
                type="text"
                dir="auto"
                aria-label={`Default of ${name}`}
                placeholder="Default"
                value={preset}
                onInput={(event) => change(name, { default: event.currentTarget.value })}
              />
              <label class="variable-needed">
                <input
                  type="checkbox"
                  class="form-check-input"
                  aria-label={`${name} is needed`}
                  checked={required}
                  onChange={(event) => change(name, { required: event.currentTarget.checked })}
                />
                needed
              </label>
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}
