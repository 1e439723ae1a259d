import type { Models } from "../api_types.ts";
import { formatBytes, formatCount } from "../format.ts";
import { health } from "../live.ts";
import { EmptyState } from "./notes.tsx";

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
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Models of the model server">
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Parameters</th>
            <th scope="col">Size</th>
            <th scope="col">Context</th>
            <th scope="col">Abilities</th>
          </tr>
        </thead>
        <tbody>
          {models.items.map((model) => (
            <tr key={model.name}>
              <th scope="row">
                {model.name}
                {model.name === models.default && <span class="chip">default</span>}
              </th>
              <td>{model.parameter_size ?? "–"}</td>
              <td class="tabular">{model.size_bytes === null ? "–" : formatBytes(model.size_bytes)}</td>
              <td class="tabular">{model.context_length === null ? "–" : formatCount(model.context_length)}</td>
              <td>{(model.capabilities ?? []).join(", ") || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
