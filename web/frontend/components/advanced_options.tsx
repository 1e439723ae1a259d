import { useLayoutEffect, useRef } from "preact/hooks";
import { draft } from "../state/draft.ts";
import type { Draft } from "../validation.ts";
import { describedBy, Field } from "./field.tsx";
import { Icon } from "./icon.tsx";
import { ModelsByRole } from "./models_by_role.tsx";

interface Props {
  problems: Record<string, string>;
  /** Whether the server allows sessions to run commands. */
  mayRunCommands: boolean;
  onChange: (field: string, changed: Partial<Draft>) => void;
}

/** What most people leave as it is; opens where something in it is wrong. */
export function AdvancedOptions({ problems, mayRunCommands, onChange }: Props) {
  const details = useRef<HTMLDetailsElement>(null);
  const { temperature, rounds, review, commands, architecture } = draft.value;
  const temperatureProblem = problems["options.temperature"];
  const roundsProblem = problems["options.rounds"];
  const isWrong = Object.keys(problems).some((field) => field.startsWith("options."));
  useLayoutEffect(() => {
    if (isWrong && details.current !== null) details.current.open = true; // and closes under nobody's hands
  }, [isWrong]);
  return (
    <details class="advanced" ref={details}>
      <summary>
        <Icon name="sliders" /> Advanced
        <Icon name="chevron-down" class="advanced-arrow" />
      </summary>
      <div class="advanced-fields">
        <Field id="temperature" label="Temperature" problem={temperatureProblem} hint="0 keeps to the likeliest words, 2 wanders.">
          <input
            {...describedBy("temperature", temperatureProblem)}
            class="form-control"
            type="number"
            min="0"
            max="2"
            step="0.1"
            value={temperature}
            onInput={(event) => onChange("options.temperature", { temperature: event.currentTarget.valueAsNumber })}
          />
        </Field>
        <Field
          id="rounds"
          label="Rounds of revision"
          problem={roundsProblem}
          hint={architecture === "FULLY_CONNECTED" ? "How often drones revise before they vote." : "Used by Fully Connected only."}
        >
          <input
            {...describedBy("rounds", roundsProblem)}
            class="form-control"
            type="number"
            min="0"
            max="6"
            step="1"
            value={rounds}
            onInput={(event) => onChange("options.rounds", { rounds: event.currentTarget.valueAsNumber })}
          />
        </Field>
        <ModelsByRole problems={problems} onChange={onChange} />
        <label class="switch" for="review">
          <input
            id="review"
            type="checkbox"
            class="form-check-input"
            checked={review}
            onChange={(event) => onChange("options.review", { review: event.currentTarget.checked })}
          />
          <span>
            Review
            <span class="field-hint">Queens check the results of their drones before they sum up.</span>
          </span>
        </label>
        {mayRunCommands && (
          <label class="switch" for="commands">
            <input
              id="commands"
              type="checkbox"
              class="form-check-input"
              checked={commands}
              onChange={(event) => onChange("options.commands", { commands: event.currentTarget.checked })}
            />
            <span>
              Run commands
              <span class="field-hint">Drones may run programs, say tests, in a sandbox without a network.</span>
            </span>
          </label>
        )}
      </div>
    </details>
  );
}
