import { DEFAULT_OPTIONS, type NUMBER_OPTIONS } from "../../options.ts";
import { describedBy, Field } from "./field.tsx";

interface Props {
  option: (typeof NUMBER_OPTIONS)[number];
  value: unknown;
  problem: string | undefined;
  /** Undefined leaves it to its default. */
  onChange: (value: number | undefined) => void;
}

/** A number that most people leave empty: its default stands in grey. */
export function NumberOption({ option: { name, label, hint, least, most, step }, value, problem, onChange }: Props) {
  // What is no number yet, like a lone minus, stays as it is typed.
  const shown = Number.isNaN(value) ? {} : { value: typeof value === "number" ? value : "" };
  return (
    <Field id={`option-${name}`} label={label} problem={problem} hint={hint}>
      <input
        {...describedBy(`option-${name}`, problem)}
        {...shown}
        class="form-control"
        type="number"
        min={least}
        max={most}
        step={step ?? 1}
        placeholder={String(DEFAULT_OPTIONS[name] ?? "By the model")}
        onInput={({ currentTarget: { value: typed, validity, valueAsNumber } }) =>
          onChange(typed === "" && !validity.badInput ? undefined : valueAsNumber)
        }
      />
    </Field>
  );
}
