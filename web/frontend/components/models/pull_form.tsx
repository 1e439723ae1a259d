import { useState } from "preact/hooks";
import type { Model } from "../../api_types.ts";
import { missingModels } from "../../models.ts";
import { pullModel } from "../../state/model_orders.ts";
import { describedBy, Field } from "../form/field.tsx";

/** Name a model, or pick a well-known one, and have it pulled. */
export function PullForm({ items }: { items: readonly Model[] }) {
  const [name, setName] = useState("");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (name.trim() !== "" && (await pullModel(name.trim()))) setName("");
  };
  return (
    <form class="pull-form" onSubmit={(event) => void submit(event)}>
      <Field id="pull-name" label="Model" hint="A name of Ollama’s library, like codellama:7b, or hf.co/owner/name:Q4_K_M.">
        <div class="pull-line">
          <input
            {...describedBy("pull-name", undefined)}
            class="form-control"
            value={name}
            maxLength={200}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" class="btn btn-primary">
            Pull
          </button>
        </div>
      </Field>
      <div class="history-line" role="group" aria-label="Well-known models">
        {missingModels(items).map((known) => (
          <button key={known.name} type="button" class="toggle" onClick={() => setName(known.name)}>
            {known.title}
          </button>
        ))}
      </div>
    </form>
  );
}
