import { agentTitle, formatTime } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import type { AgentView } from "../../../state/swarm_view.ts";
import { choose } from "../../../state/session_route.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { useStream } from "../../../state/use_stream.ts";
import { Given } from "../../given.tsx";
import { Icon } from "../../icon.tsx";

const MOST_MESSAGES = 8;
/** The texts of more agents are shown on one line each. */
const FEW = 5;
/** So much of a text that grows is shown, from its end. */
const TAIL = 180;

/** Beside the picture, as long as no agent is opened: what is being written, and what was said last. */
export function SwarmNews({ live, views }: { live: LiveSession; views: readonly AgentView[] }) {
  const messages = useSlice(live.state, (state) => state.messages);
  const atWork = views.filter(({ activity }) => activity === "writing" || activity === "reading" || activity === "retrying");
  const latest = messages.slice(-MOST_MESSAGES).toReversed();
  return (
    <div class="panel swarm-news">
      {atWork.length > 0 && (
        <section aria-label="At work">
          <h2 class="panel-title">
            At work <span class="panel-count">{atWork.length}</span>
          </h2>
          <ul class={`swarm-tails ${atWork.length > FEW ? "is-many" : ""}`}>
            {atWork.map(({ name, doing }) => (
              <li key={name}>
                <button type="button" class="swarm-tail" onClick={() => choose({ agent: name })}>
                  <span class="swarm-tail-head">
                    <strong>{agentTitle(name)}</strong> <span class="muted">{doing}</span>
                  </span>
                  <Tail live={live} name={name} />
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label="Messages">
        <h2 class="panel-title">
          Messages {messages.length > 0 && <span class="panel-count">{messages.length}</span>}
        </h2>
        {latest.length === 0 ? (
          <p class="muted swarm-hint">What the agents pass to each other appears here. Choose an agent to read what it writes.</p>
        ) : (
          <ol class="swarm-messages">
            {latest.map(({ seq, at, sender, recipient, summary }) => (
              <li key={seq}>
                <span class="swarm-message-head">
                  {agentTitle(sender)} <Icon name="arrow-right" /> <span class="visually-hidden">to</span> {agentTitle(recipient)}
                  <time class="muted tabular" dateTime={at}>
                    {formatTime(at)}
                  </time>
                </span>
                <span class="swarm-message-text">
                  <Given text={summary} />
                </span>
              </li>
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}

/** The end of what an agent writes just now. */
function Tail({ live, name }: { live: LiveSession; name: string }) {
  const step = useSlice(live.state, (state) => state.agents[name]?.running.at(-1) ?? "");
  const text = useStream(live, step).slice(-TAIL).replace(/\s+/g, " ");
  return <span class="swarm-tail-text">{text === "" ? <span class="muted">Reads and thinks…</span> : <Given text={text} />}</span>;
}
