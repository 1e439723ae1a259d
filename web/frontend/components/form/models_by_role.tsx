import { humanise } from "../../format.ts";
import { MODEL_ROLES, modelTitle } from "../../models.ts";
import { setOption, type Options } from "../../options.ts";
import { models as known } from "../../state/models_store.ts";
import { describedBy, Field } from "./field.tsx";

const HINTS = {
  one: "The model above, for queens and drones alike.",
  auto: "Queens keep the model above; drones get one of about its size that suits their role better, where there is one.",
  role: "A role without one of its own uses the model above.",
};
/** What the option is at first after each choice. */
const FIRST = { one: undefined, auto: "auto", role: {} };

interface FieldsProps {
  /** `auto`, or a model by role; one for all where it is neither. */
  models: unknown;
  problems: Record<string, string>;
  onChange: (models: unknown) => void;
}

/** Whether all roles speak with one model, and else which of them with another one. */
export function ModelsByRole({ models, problems, onChange }: FieldsProps) {
  const byRole = typeof models === "object" && models !== null ? (models as Options) : null;
  const way = byRole !== null ? "role" : models === "auto" ? "auto" : "one";
  const problem = problems["options.models"];
  return (
    <>
      <div class="wide-field">
        <Field id="models-by" label="Models by role" problem={problem} hint={HINTS[way]}>
          <select
            {...describedBy("models-by", problem)}
            class="form-select"
            value={way}
            onChange={(event) => onChange(FIRST[event.currentTarget.value as keyof typeof FIRST])}
          >
            <option value="one">One for all</option>
            <option value="auto">Choose automatically</option>
            <option value="role">By role</option>
          </select>
        </Field>
      </div>
      {byRole !== null &&
        MODEL_ROLES.map((role) => (
          <RoleModel
            key={role}
            role={role}
            value={String(byRole[role] ?? "")}
            problem={problems[`options.models.${role}`]}
            onChange={(name) => onChange(setOption(byRole, role, name === "" ? undefined : name))}
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
  const names = known.value?.items.map((item) => item.name) ?? [];
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
