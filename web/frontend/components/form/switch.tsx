interface Props {
  id: string;
  label: string;
  hint: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** Something that is on or off, and what that means. */
export function Switch({ id, label, hint, isOn, onChange }: Props) {
  return (
    <label class="switch" for={id}>
      <input
        id={id}
        type="checkbox"
        class="form-check-input"
        checked={isOn}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        <span class="field-hint">{hint}</span>
      </span>
    </label>
  );
}
