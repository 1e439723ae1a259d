import { ArchitecturePicture } from "./architecture_picture.tsx";

const CHOICES = [
  { code: "HIERARCHICAL", name: "Hierarchical", sentence: "A queen splits the work among sub-queens, who lead drones of their own." },
  { code: "CENTRALIZED", name: "Centralized", sentence: "One queen plans, gives each drone its part, reviews, and writes the answer." },
  { code: "FULLY_CONNECTED", name: "Fully Connected", sentence: "Drones propose, read each other, revise, and vote for the best." },
] as const;

/** How the swarm is organised: a picture and a sentence each. */
export function ArchitecturePicker({ value, onChange }: { value: string; onChange: (code: string) => void }) {
  return (
    <fieldset class="field">
      <legend class="form-label">Architecture</legend>
      <div class="choices">
        {CHOICES.map((choice) => (
          <label key={choice.code} class={`choice ${value === choice.code ? "is-chosen" : ""}`}>
            <input
              type="radio"
              name="architecture"
              value={choice.code}
              checked={value === choice.code}
              onChange={() => onChange(choice.code)}
            />
            <ArchitecturePicture architecture={choice.code} />
            <span class="choice-text">
              <span class="choice-name">{choice.name}</span>
              <span class="choice-sentence">{choice.sentence}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
