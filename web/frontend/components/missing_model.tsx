import { models } from "../state/models_store.ts";

/** A model that a template asks for and the server lacks cannot be seen in the list of those that it has. */
export function MissingModel({ model, onDefault }: { model: string; onDefault: () => void }) {
  const items = models.value?.items ?? [];
  if (model === "" || items.length === 0 || items.some((item) => item.name === model || item.name === `${model}:latest`)) return null;
  return (
    <p class="template-model">
      The template asks for the model <code>{model}</code>, which this server does not have.{" "}
      <button type="button" class="btn-link-quiet" onClick={onDefault}>
        Take the default one
      </button>
    </p>
  );
}
