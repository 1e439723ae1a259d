import type { LoadedModel, Model, ModelUsage } from "../../api_types.ts";
import { formatBytes, formatCount, plural } from "../../format.ts";
import { Given } from "../given.tsx";
import { RelativeTime } from "../times.tsx";

interface Props {
  model: Model;
  isDefault: boolean;
  loaded: LoadedModel | undefined;
  usage: ModelUsage | undefined;
  /** Undefined where this person may not delete it, or nobody can. */
  onDelete: (() => void) | undefined;
}

const sayLoaded = ({ size_bytes, vram_bytes }: LoadedModel): string =>
  vram_bytes > 0 && size_bytes > 0
    ? `${formatBytes(size_bytes)}, ${Math.round((100 * vram_bytes) / size_bytes)}% on GPU`
    : `${formatBytes(size_bytes)}, on CPU`;

/** A model that the server has: what it is, what it can do, and which sessions used it. */
export function InstalledModel({ model, isDefault, loaded, usage, onDelete }: Props) {
  const facts: [string, string][] = [
    ["Size", model.size_bytes === null ? "–" : formatBytes(model.size_bytes)],
    ["Parameters", model.parameter_size || "–"],
    ["Context", model.context_length === null ? "–" : `${formatCount(model.context_length)} tokens`],
    ["Abilities", (model.capabilities ?? []).join(", ") || "–"],
    ["In memory", loaded === undefined ? "No" : sayLoaded(loaded)],
  ];
  return (
    <li class="installed-model">
      <div class="model-order-head">
        <h3>{model.name}</h3>
        {isDefault && <span class="chip">default</span>}
        {loaded !== undefined && <span class="chip chip-well">loaded</span>}
        {onDelete !== undefined && (
          <button type="button" class="btn btn-quiet-danger btn-sm" aria-label={`Delete ${model.name}`} onClick={onDelete}>
            Delete
          </button>
        )}
      </div>
      <dl class="model-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="tabular">{value}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">
        {usage === undefined || usage.sessions === 0 ? (
          "No session has used it yet."
        ) : (
          <>
            {plural(usage.sessions, "session")}, last{" "}
            {usage.latest.map((session, index) => (
              <>
                {index > 0 && ", "}
                <a key={session.id} href={`/sessions/${session.id}`}>
                  <Given text={session.name} />
                </a>{" "}
                <RelativeTime at={session.created_at} />
              </>
            ))}
          </>
        )}
      </p>
    </li>
  );
}
