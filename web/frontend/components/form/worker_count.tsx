import { WORKER_COUNTS } from "../../validation.ts";

/** How many drones the swarm has. */
export function WorkerCount({ value, onChange }: { value: number; onChange: (count: number) => void }) {
  return (
    <fieldset class="field">
      <legend class="form-label">Workers</legend>
      <div class="segments">
        {WORKER_COUNTS.map((count) => (
          <label key={count} class={`segment ${value === count ? "is-chosen" : ""}`}>
            <input type="radio" name="workers" value={count} checked={value === count} onChange={() => onChange(count)} />
            {count}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
