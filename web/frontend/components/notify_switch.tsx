import { isNotifying, notifyTrouble, setNotifying } from "../state/notifications.ts";

/** Asks for a notification when a session ends; says why there can be none. */
export function NotifySwitch({ label }: { label: string }) {
  const trouble = notifyTrouble.value;
  return (
    <div class="notify">
      <label class="check-line">
        <input
          class="form-check-input"
          type="checkbox"
          role="switch"
          checked={isNotifying.value}
          disabled={trouble !== null}
          onChange={({ currentTarget }) => {
            const isWanted = currentTarget.checked;
            void setNotifying(isWanted).then(() => (currentTarget.checked = isNotifying.peek()));
          }}
        />
        {label}
      </label>
      {trouble !== null && <p class="field-hint">{trouble}</p>}
    </div>
  );
}
