import type { Model, Models } from "../../api_types.ts";
import { formatBytes, formatCount } from "../../format.ts";
import { health } from "../../live.ts";
import { EmptyState } from "../notes.tsx";

/** What is told of each model, beside its name; nothing where the server does not say. */
const FIGURES: { title: string; of: (model: Model) => string | null; isTabular?: boolean }[] = [
  { title: "Parameters", of: (model) => model.parameter_size },
  { title: "Size", of: (model) => (model.size_bytes === null ? null : formatBytes(model.size_bytes)), isTabular: true },
  {
    title: "Context",
    of: (model) => (model.context_length === null ? null : formatCount(model.context_length)),
    isTabular: true,
  },
  { title: "Abilities", of: (model) => (model.capabilities ?? []).join(", ") },
];

/** The models that the server has. */
export function ModelTable({ models }: { models: Models }) {
  if (models.items.length === 0) {
    return (
      <EmptyState icon="robot" title="No models">
        {models.server?.reachable === true
          ? "The model server has none yet; pull one there, e.g. with “ollama pull llama3”."
          : models.server === null && !health.value.redis
            ? "Worker processes tell of them once Redis is back."
            : "The model server does not answer; sessions wait until it does."}
      </EmptyState>
    );
  }
  return (
    <div class="models">
      {/* Named as what it is: where its rows are stacked, browsers would no longer take it for a table. */}
      <table class="plain-table model-table" role="table" aria-label="Models of the model server">
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">
              Model
            </th>
            {FIGURES.map(({ title }) => (
              <th key={title} scope="col" role="columnheader">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {models.items.map((model) => (
            <tr key={model.name} role="row">
              <th scope="row" role="rowheader">
                <span class="model-name">{model.name}</span>{" "}
                {model.name === models.default && <span class="chip">default</span>}{" "}
                {models.loaded.some(({ name }) => name === model.name) && <span class="chip">loaded</span>}
              </th>
              {FIGURES.map(({ title, of, isTabular = false }) => (
                <td key={title} role="cell" class={isTabular ? "tabular" : ""} data-label={title}>
                  {of(model) || "–"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
