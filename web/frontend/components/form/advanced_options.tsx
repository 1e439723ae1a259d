import { useLayoutEffect, useRef } from "preact/hooks";
import { NUMBER_OPTIONS, setOption, type Options } from "../../options.ts";
import { Icon } from "../icon.tsx";
import { ModelsByRole } from "./models_by_role.tsx";
import { NumberOption } from "./number_option.tsx";
import { Switch } from "./switch.tsx";

interface Props {
  options: Options;
  problems: Record<string, string>;
  /** Whether the server allows sessions to run commands. */
  mayRunCommands: boolean;
  onChange: (options: Options) => void;
}

/** What most people leave as it is; opens where something in it is wrong. */
export function AdvancedOptions({ options, problems, mayRunCommands, onChange }: Props) {
  const details = useRef<HTMLDetailsElement>(null);
  const isWrong = Object.keys(problems).some((field) => field.startsWith("options."));
  useLayoutEffect(() => {
    if (isWrong && details.current !== null) details.current.open = true; // and closes under nobody's hands
  }, [isWrong]);
  const change = (name: string, value: unknown): void => onChange(setOption(options, name, value));
  const asksForCommands = options["commands"] === true;
  return (
    <details class="advanced" ref={details}>
      <summary>
        <Icon name="sliders" /> Advanced
        <Icon name="chevron-down" class="advanced-arrow" />
      </summary>
      <div class="advanced-fields">
        {NUMBER_OPTIONS.map((option) => (
          <NumberOption
            key={option.name}
            option={option}
            value={options[option.name]}
            problem={problems[`options.${option.name}`]}
            onChange={(value) => change(option.name, value)}
          />
        ))}
        <ModelsByRole models={options["models"]} problems={problems} onChange={(models) => change("models", models)} />
        <Switch
          id="review"
          label="Review"
          hint="Queens check the results of their drones before they sum up."
          isOn={options["review"] !== false}
          onChange={(isOn) => change("review", isOn)}
        />
        {(mayRunCommands || asksForCommands) && (
          <Switch
            id="commands"
            label="Run commands"
            hint={
              mayRunCommands
                ? "Drones may run programs, say tests, in a sandbox without a network."
                : "This server does not allow commands: sessions start without them."
            }
            isOn={asksForCommands}
            onChange={(isOn) => change("commands", isOn)}
          />
        )}
      </div>
    </details>
  );
}
