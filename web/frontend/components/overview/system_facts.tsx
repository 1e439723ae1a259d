import type { Overview } from "../../api_types.ts";
import { formatDuration } from "../../format.ts";

/** What the web process is and runs on. */
export function SystemFacts({ system }: { system: Overview["system"] }) {
  return (
    <dl class="facts">
      <div>
        <dt>Host</dt>
        <dd>{system.host}</dd>
      </div>
      <div>
        <dt>Platform</dt>
        <dd>{system.platform}</dd>
      </div>
      <div>
        <dt>ollama-flow</dt>
        <dd>{system.version}</dd>
      </div>
      <div>
        <dt>Python</dt>
        <dd>{system.python}</dd>
      </div>
      <div>
        <dt>Up for</dt>
        <dd>{formatDuration(system.uptime_seconds)}</dd>
      </div>
    </dl>
  );
}
