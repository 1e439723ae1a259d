import { changeDraft, draft } from "../state/draft.ts";
import { describedBy, Field } from "./field.tsx";
import { Icon } from "./icon.tsx";
import { ModelsByRole } from "./models_by_role.tsx";

interface Props {
  problems: Record<string, string>;
  /** Whether the server allows sessions to run commands. */
  mayRunCommands: boolean;
}

/** What most people leave as it is; open where something in it is wrong. */
export function AdvancedOptions({ problems, mayRunCommands }: Props) {
  const { temperature, rounds, review, commands, architecture } = draft.value;
  const temperatureProblem = problems["options.temperature"];
  const roundsProblem = problems["options.rounds"];
  const isWrong = Object.keys(problems).some((field) => field.startsWith("options."));
  return (
    <details class="advanced" open={isWrong}>
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
            onInput={(event) => changeDraft({ temperature: event.currentTarget.valueAsNumber })}
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
            onInput={(event) => changeDraft({ rounds: event.currentTarget.valueAsNumber })}
          />
        </Field>
        <ModelsByRole problems={problems} />
        <label class="switch" for="review">
          <input
            id="review"
            type="checkbox"
            class="form-check-input"
            checked={review}
            onChange={(event) => changeDraft({ review: event.currentTarget.checked })}
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
              onChange={(event) => changeDraft({ commands: event.currentTarget.checked })}
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
