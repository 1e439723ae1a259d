import { missingModels, modelFacts, modelTitle } from "../models.ts";
import { health } from "../live.ts";
import { models } from "../state/models_store.ts";
import { CopyButton } from "./copy_button.tsx";
import { describedBy, Field } from "./field.tsx";

interface Props {
  value: string;
  problem: string | undefined;
  onChange: (name: string) => void;
}

/** Which model the agents speak with: what the server has, and what it could have. */
export function ModelSelect({ value, problem, onChange }: Props) {
  const known = models.value;
  const items = known?.items ?? [];
  const missing = missingModels(items);
  const chosen = items.find((item) => item.name === (value === "" ? known?.default : value));
  const isThere = items.some((item) => item.name === value);
  return (
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
          {known?.server?.kind === "ollama" && missing.length > 0 && (
            <details class="pulls">
              <summary>Pull another model</summary>
              <ul>
                {missing.map((model) => (
                  <li key={model.name}>
                    <code>ollama pull {model.name}</code>
                    <CopyButton text={`ollama pull ${model.name}`} label={`Copy the command that gets ${model.title}`} />
                  </li>
                ))}
              </ul>
            </details>
          )}
          {known?.server?.kind === "embedded" && (
            <p>
              This is the small model that ships with ollama-flow. For a larger one, run an Ollama, get a model there (
              <code>ollama pull {missing[0]?.name ?? "llama3"}</code>), and name its address in <code>OLLAMA_HOST</code>.
            </p>
          )}
        </>
      }
    >
      <select
        {...describedBy("model", problem)}
        class="form-select"
        value={isThere ? value : ""}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        <option value="">{known?.default ? `Server's default: ${modelTitle(known.default)}` : "The server's default"}</option>
        {items.length > 0 && (
          <optgroup label="On this server">
            {items.map((item) => (
              <option key={item.name} value={item.name}>
                {[modelTitle(item.name), ...modelFacts(item)].join(" · ")}
              </option>
            ))}
          </optgroup>
        )}
        {missing.length > 0 && (
          <optgroup label="Not on this server: pull it">
            {missing.map((model) => (
              <option key={model.name} value={model.name} disabled>
                {model.title} · ollama pull {model.name}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </Field>
  );
}
