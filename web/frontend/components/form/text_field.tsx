import { describedBy, Field, type FieldProps } from "./field.tsx";

interface Props extends Omit<FieldProps, "children"> {
  value: string;
  onInput: (value: string) => void;
  onBlur?: () => void;
  /** How many lines it shows at first, where it may have several; without it, it has one. */
  rows?: number;
  type?: "text" | "email" | "password";
  autocomplete?: string;
  placeholder?: string;
  maxLength?: number;
  /** Classes besides the one of all inputs. */
  class?: string;
}

/** A field for words. */
export function TextField({ id, label, hint, problem, isOptional = false, onInput, rows, type = "text", class: looks = "", ...rest }: Props) {
  const shared = {
    ...describedBy(id, problem),
    autocomplete: "off",
    ...rest,
    class: `form-control ${looks}`,
    dir: "auto",
    required: !isOptional,
  } as const;
  return (
    <Field id={id} label={label} hint={hint} problem={problem} isOptional={isOptional}>
      {rows === undefined ? (
        // The types of Preact take one kind of input at a time.
        <input {...shared} type={type as "text"} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <textarea {...shared} rows={rows} onInput={(event) => onInput(event.currentTarget.value)} />
      )}
    </Field>
  );
}
