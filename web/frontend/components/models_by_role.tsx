import { humanise } from "../format.ts";
import { MODEL_ROLES, modelTitle } from "../models.ts";
import { draft } from "../state/draft.ts";
import { models } from "../state/models_store.ts";
import type { Draft } from "../validation.ts";
import { describedBy, Field } from "./field.tsx";

const HINTS: Record<Draft["modelsBy"], string> = {
  one: "The model above, for queens and drones alike.",
  auto: "Queens keep the model above; drones get one of about its size that suits their role better, where there is one.",
  role: "A role without one of its own uses the model above.",
};

interface FieldsProps {
  problems: Record<string, string>;
  onChange: (field: string, changed: Partial<Draft>) => void;
}

/** Whether all roles speak with one model, and else which of them with another one. */
export function ModelsByRole({ problems, onChange }: FieldsProps) {
  const { modelsBy, roleModels } = draft.value;
  const problem = problems["options.models"];
  return (
    <>
      <div class="wide-field">
        <Field id="models-by" label="Models by role" problem={problem} hint={HINTS[modelsBy]}>
          <select
            {...describedBy("models-by", problem)}
            class="form-select"
            value={modelsBy}
            onChange={(event) => onChange("options.models", { modelsBy: event.currentTarget.value as Draft["modelsBy"] })}
          >
            <option value="one">One for all</option>
            <option value="auto">Choose automatically</option>
            <option value="role">By role</option>
          </select>
        </Field>
      </div>
      {modelsBy === "role" &&
        MODEL_ROLES.map((role) => (
          <RoleModel
            key={role}
            role={role}
            value={roleModels[role] ?? ""}
            problem={problems[`options.models.${role}`]}
            onChange={(name) => onChange(`options.models.${role}`, { roleModels: { ...roleModels, [role]: name } })}
          />
        ))}
    </>
  );
}

interface Props {
  role: string;
  value: string;
  problem: string | undefined;
  onChange: (name: string) => void;
}

/** The model of one role; one that the server has no longer stays chosen until another is. */
function RoleModel({ role, value, problem, onChange }: Props) {
  const names = models.value?.items.map((item) => item.name) ?? [];
  const shown = value === "" || names.includes(value) ? names : [...names, value];
  const id = `model-${role}`;
  const title = humanise(role);
  return (
    <Field id={id} label={title.charAt(0).toUpperCase() + title.slice(1)} problem={problem}>
      <select
        {...describedBy(id, problem)}
        class="form-select"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        <option value="">As above</option>
        {shown.map((name) => (
          <option key={name} value={name}>
            {modelTitle(name)}
          </option>
        ))}
      </select>
    </Field>
  );
}
