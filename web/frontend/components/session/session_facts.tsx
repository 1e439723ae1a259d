import type { ComponentChildren } from "preact";
import type { SessionDetail, TemplateOrigin } from "../../api_types.ts";
import { architectureName, formatCount, formatDuration, plural } from "../../format.ts";
import { sayModels } from "../../models.ts";
import type { LiveSession } from "../../state/live_session.ts";
import { useSlice } from "../../state/use_slice.ts";
import { Given } from "../given.tsx";
import { Elapsed, RelativeTime } from "../times.tsx";

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The template it came from: a link where that is still there for this person, else its name. */
function Origin({ template: { id, version, name }, isLink }: { template: TemplateOrigin; isLink: boolean }) {
  return (
    <>
      {isLink ? (
        <a href={`/templates/${id}`}>
          <Given text={name} />
        </a>
      ) : (
        <Given text={name} />
      )}
      {version !== null && <span class="muted">, version {version}</span>}
    </>
  );
}

/** The settings of a session, its times, and what it took so far. */
export function SessionFacts({ live, detail, hasTemplate }: { live: LiveSession; detail: SessionDetail; hasTemplate: boolean }) {
  const startedAt = useSlice(live.state, (state) => state.startedAt);
  const endedAt = useSlice(live.state, (state) => state.endedAt);
  const worker = useSlice(live.state, (state) => state.worker);
  const model = useSlice(live.state, (state) => state.model);
  const models = useSlice(live.state, (state) => state.models);
  const totals = useSlice(live.state, (state) => state.totals);
  return (
    <dl class="session-facts">
      <Fact name="Swarm">
        {plural(detail.workers, "worker")}, {architectureName(detail.architecture)}
      </Fact>
      <Fact name="Model">{sayModels(model ?? (detail.model || "the default one"), models)}</Fact>
      {detail.template !== null && (
        <Fact name="Template">
          <Origin template={detail.template} isLink={hasTemplate} />
        </Fact>
      )}
      <Fact name="Owner">
        <Given text={detail.owner} />
      </Fact>
      {startedAt === null ? (
        <Fact name="Created">
          <RelativeTime at={detail.created_at} />
        </Fact>
      ) : (
        <>
          <Fact name="Started">
            <RelativeTime at={startedAt} />
          </Fact>
          <Fact name="Duration">
            {endedAt === null ? (
              <Elapsed from={startedAt} />
            ) : (
              <span class="tabular">{formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)}</span>
            )}
          </Fact>
        </>
      )}
      <Fact name="Model calls">
        <span class="tabular">{formatCount(totals.calls)}</span>
      </Fact>
      <Fact name="Tokens">
        <span class="tabular" title="read by the model, and written by it">
          {formatCount(totals.promptTokens)} in, {formatCount(totals.outputTokens)} out
        </span>
      </Fact>
      {worker !== null && <Fact name="Runs on">{worker}</Fact>}
      {detail.project_folder !== null && (
        <Fact name="Project folder">
          <code>
            <Given text={detail.project_folder} />
          </code>
        </Fact>
      )}
    </dl>
  );
}
