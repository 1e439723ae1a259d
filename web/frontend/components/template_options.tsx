import { describedBy, Field } from "./field.tsx";
import { emptyDraft } from "../validation.ts";

type Options = Record<string, unknown>;
const KNOWN = ["temperature", "rounds", "review"] as const;

/** How the swarm of a template works; options that have no field here stay as they are, and are named. */
export function TemplateOptions({ options, onChange }: { options: Options; onChange: (options: Options) => void }) {
  const numberOf = (name: "temperature" | "rounds"): number =>
    typeof options[name] === "number" ? options[name] : emptyDraft[name];
  const others = Object.entries(options).filter(([name, value]) => !(KNOWN as readonly string[]).includes(name) && value !== null);
  return (
    <div class="template-options">
      <Field id="temperature" label="Temperature" hint="0 keeps to the likeliest words, 2 wanders.">
        <input
          {...describedBy("temperature", undefined)}
          class="form-control"
          type="number"
          min="0"
          max="2"
          step="0.1"
          value={numberOf("temperature")}
          onInput={(event) => onChange({ ...options, temperature: event.currentTarget.valueAsNumber })}
        />
      </Field>
      <Field id="rounds" label="Rounds of revision" hint="Used by Fully Connected only.">
        <input
          {...describedBy("rounds", undefined)}
          class="form-control"
          type="number"
          min="0"
          max="6"
          step="1"
          value={numberOf("rounds")}
          onInput={(event) => onChange({ ...options, rounds: event.currentTarget.valueAsNumber })}
        />
      </Field>
      <label class="switch" for="review">
        <input
          id="review"
          type="checkbox"
          class="form-check-input"
          checked={options["review"] !== false}
          onChange={(event) => onChange({ ...options, review: event.currentTarget.checked })}
        />
        <span>
          Review
          <span class="field-hint">Queens check the results of their drones before they sum up.</span>
        </span>
      </label>
      {others.length > 0 && (
        <p class="field-hint template-other-options">
          Kept as well:{" "}
          {others.map(([name, value]) => (
            <code key={name} class="variable-chip">
              {name}: {JSON.stringify(value)}
            </code>
          ))}
        </p>
      )}
    </div>
  );
}
