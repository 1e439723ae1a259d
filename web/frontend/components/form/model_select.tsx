import { findModel, modelFacts, modelTitle } from "../../models.ts";
import { health } from "../../live.ts";
import { models } from "../../state/models_store.ts";
import { describedBy, Field } from "./field.tsx";
import { ModelPulls } from "./model_pulls.tsx";

interface Props {
  value: string;
  problem: string | undefined;
  onChange: (name: string) => void;
}

/** Which model the agents speak with: what the server has, and beside it what it could have. */
export function ModelSelect({ value, problem, onChange }: Props) {
  const known = models.value;
  const items = known?.items ?? [];
  const own = value === "" ? undefined : findModel(items, value);
  const chosen = value === "" ? items.find((item) => item.name === known?.default) : own;
  return (
    <div class="model-field">
      <Field
        id="model"
        label="Model"
        problem={problem}
        hint={
          <>
            {chosen !== undefined && modelFacts(chosen).length > 0 && <p>{modelFacts(chosen).join(", ")}.</p>}
            {known !== null && items.length === 0 && (
              <p>
                {known.server === null && !health.value.redis
                  ? "Which models there are is told once Redis is back."
                  : "The model server shows no models just now; the session waits until it does."}
              </p>
            )}
          </>
        }
      >
        <select
          {...describedBy("model", problem)}
          class="form-select"
          value={own?.name ?? value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          <option value="">{known?.default ? `Server's default: ${modelTitle(known.default)}` : "The server's default"}</option>
          {value !== "" && own === undefined && (
            <option value={value}>
              {modelTitle(value)}
              {items.length > 0 && " · not on this server"}
            </option>
          )}
          {items.length > 0 && (
            <optgroup label="On this server">
              {items.map((item) => (
                <option key={item.name} value={item.name}>
                  {[modelTitle(item.name), ...modelFacts(item)].join(" · ")}
                </option>
              ))}
            </optgroup>
          )}
        </select>
      </Field>
      <ModelPulls chosen={value} onChoose={onChange} />
    </div>
  );
}
