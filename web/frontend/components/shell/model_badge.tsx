import { serverTitle } from "../../models.ts";
import { health } from "../../live.ts";
import { models } from "../../state/models_store.ts";
import { Icon } from "../icon.tsx";

/** Says plainly which model server is in use. */
export function ModelBadge() {
  const known = models.value;
  // Worker processes tell of it through Redis.
  if (known === null || (known.server === null && !health.value.redis)) return null;
  const isWell = known.server?.reachable === true;
  return (
    <span class={`model-badge ${isWell ? "" : "is-away"}`} title={known.server?.url ?? "No worker process has reported one yet"}>
      <Icon name={isWell ? "cpu" : "exclamation-triangle-fill"} />
      {serverTitle(known)}
      {known.server !== null && !isWell && <span> does not answer</span>}
    </span>
  );
}
