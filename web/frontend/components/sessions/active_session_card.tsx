import type { Session } from "../../api_types.ts";
import { isolate } from "../../bidi.ts";
import { architectureName, asSentence, formatExact, plural } from "../../format.ts";
import { sayWaiting, seenState } from "../../states.ts";
import { now } from "../../state/clock.ts";
import { pauseSession, resumeSession, stopSession } from "../../state/session_actions.ts";
import { putSession, tokenSamples } from "../../state/sessions_store.ts";
import { rateOf } from "../../token_rate.ts";
import { ActionButton } from "../action_button.tsx";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";
import { ProgressBar } from "../progress_bar.tsx";
import { StateBadge } from "../state_badge.tsx";
import { Elapsed, RelativeTime } from "../times.tsx";

/** A session that has not ended: its state, its swarm, how far it is, and what one can do. */
export function ActiveSessionCard({ session, isOwnerShown }: { session: Session; isOwnerShown: boolean }) {
  const state = seenState(session.status, session.desired, session.waits_for);
  const { done, planned } = session.progress;
  const name = isolate(session.name);
  const act = async (action: (id: string, name: string) => Promise<Session | null>): Promise<void> => {
    const changed = await action(session.id, session.name);
    if (changed !== null) putSession(changed);
  };
  return (
    <li class={`session-card is-${state}`} data-session-id={session.id}>
      <div class="session-card-head">
        <a class="session-name" href={`/sessions/${session.id}`}>
          <Given text={session.name} />
        </a>
        <StateBadge state={state} />
      </div>
      <dl class="session-meta">
        <div>
          <dt class="visually-hidden">Workers</dt>
          <dd>
            <Icon name="robot" /> {plural(session.workers, "worker")}
          </dd>
        </div>
        <div>
          <dt class="visually-hidden">Architecture</dt>
          <dd>
            <Icon name="diagram-3" /> {architectureName(session.architecture)}
          </dd>
        </div>
        <div>
          <dt class="visually-hidden">Model</dt>
          <dd>
            <Icon name="cpu" /> {session.model || "default model"}
          </dd>
        </div>
        <div>
          <dt class="visually-hidden">{session.started_at === null ? "Created" : "Started"}</dt>
          <dd>
            <Icon name="clock" />
            {session.started_at === null ? (
              <span>
                created <RelativeTime at={session.created_at} />
              </span>
            ) : (
              <span title={formatExact(session.started_at)}>
                started <RelativeTime at={session.started_at} />
              </span>
            )}
          </dd>
        </div>
        {isOwnerShown && (
          <div>
            <dt class="visually-hidden">Owner</dt>
            <dd>
              <Icon name="person-circle" /> <Given text={session.owner} />
            </dd>
          </div>
        )}
      </dl>
      {session.status === "queued" ? (
        <p class="session-wait">
          <Icon name="hourglass-split" />
          <span>
            {typeof session.queue?.position === "number" && <strong>Number {session.queue.position} in the queue. </strong>}
            {session.queue?.reason ?? session.reason ?? "Waiting for a free seat."}
          </span>
        </p>
      ) : (
        <div class="session-progress">
          <ProgressBar done={done} planned={planned} label={`Progress of ${name}`} isMoving={session.status === "running"} />
          <span class="muted tabular">{planned > 0 ? `${done} of ${planned} steps` : plural(done, "step")}</span>
        </div>
      )}
      {session.status === "paused" && (session.reason !== null || session.waits_for !== null) && (
        <p class="session-wait">
          <Icon name={session.waits_for === null ? "info-circle" : "alarm"} />
          <span>
            {session.reason !== null && asSentence(session.reason)}
            {session.waits_for !== null && ` ${sayWaiting(session.waits_for)}`}
          </span>
        </p>
      )}
      <div class="session-card-foot">
        {session.status === "running" && session.started_at !== null && (
          <span class="session-elapsed">
            <Icon name="stopwatch" /> <Elapsed from={session.started_at} />
            <TokenRate sessionId={session.id} startedAt={session.started_at} />
          </span>
        )}
        <span class="session-actions">
          {(state === "queued" || state === "running") && (
            <ActionButton key="pause" class="btn-quiet btn-sm" label={`Pause ${name}`} onClick={() => void act(pauseSession)}>
              <Icon name="pause-circle" /> Pause
            </ActionButton>
          )}
          {(session.status === "paused" || state === "pausing") && (
            <ActionButton key="resume" class="btn-quiet btn-sm" label={`Resume ${name}`} onClick={() => void act(resumeSession)}>
              <Icon name="play-fill" /> Resume
            </ActionButton>
          )}
          <ActionButton
            key="stop"
            class="btn-quiet-danger btn-sm"
            isOff={state === "stopping"}
            label={`Stop ${name}`}
            onClick={() => void act(stopSession)}
          >
            <Icon name="stop-fill" /> {state === "stopping" ? "Stopping…" : "Stop"}
          </ActionButton>
          <a class="btn btn-quiet btn-sm" href={`/sessions/${session.id}`} aria-label={`View ${name}`}>
            <Icon name="eye" /> View
          </a>
        </span>
      </div>
    </li>
  );
}

/** How fast it writes: what its steps of the last minute came to. */
function TokenRate({ sessionId, startedAt }: { sessionId: string; startedAt: string }) {
  const rate = rateOf(tokenSamples.value[sessionId] ?? [], Date.parse(startedAt), now.value);
  if (rate === null) return null;
  return (
    <span class="session-rate tabular" title="Tokens written by finished steps in the last minute">
      <Icon name="lightning-charge" /> {rate.toFixed(rate < 10 ? 1 : 0)} tokens/s
    </span>
  );
}
