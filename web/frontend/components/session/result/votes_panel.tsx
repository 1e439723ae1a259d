import { agentTitle, plural } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import type { Votes } from "../../../state/session_state.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { Icon } from "../../icon.tsx";
import { Panel } from "../../panel.tsx";

/** The votes of each proposal, the most first: of all drones once it is decided, until then of those that have some. */
function countVotes({ cast, tally, winner }: Votes): [string, number][] {
  const counts: Record<string, number> = winner === null ? {} : { ...tally };
  if (winner === null) for (const { choice } of cast) counts[choice] = (counts[choice] ?? 0) + 1;
  return Object.entries(counts).sort(([a, one], [b, other]) => other - one || Number(b === winner) - Number(a === winner));
}

/** How the drones of a debate voted, and whose proposal won. */
export function VotesPanel({ live }: { live: LiveSession }) {
  const votes = useSlice(live.state, (state) => state.votes);
  if (votes.cast.length === 0) return null;
  const counts = countVotes(votes);
  const most = Math.max(1, ...counts.map(([, count]) => count));
  return (
    <Panel id="votes" title="Votes" count={votes.cast.length}>
      <ul class="tally">
        {counts.map(([name, count]) => (
          <li key={name} class={name === votes.winner ? "is-winner" : ""}>
            <span class="tally-name">
              {agentTitle(name)}
              {name === votes.winner && (
                <>
                  <Icon name="trophy" />
                  <span class="visually-hidden">, the winner</span>
                </>
              )}
            </span>
            <span class="tally-bar" aria-hidden="true">
              <span style={{ width: `${(100 * count) / most}%` }} />
            </span>
            <span class="tally-count tabular" aria-label={plural(count, "vote")}>
              {count}
            </span>
          </li>
        ))}
      </ul>
      <ul class="ballots">
        {votes.cast.map(({ agent, choice, reason }) => (
          <li key={agent}>
            <span class="ballot-head">
              {agentTitle(agent)} <Icon name="arrow-right" /> <span class="visually-hidden">votes for</span> {agentTitle(choice)}
            </span>
            <span class="muted">{reason}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
