import type { Problem } from "../../api_types.ts";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";
import { Panel } from "../panel.tsx";
import { RelativeTime } from "../times.tsx";

/** What is not as it should be, each with what to do about it; nothing where all is well. */
export function ProblemList({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) return null;
  return (
    <Panel id="problems" title="What needs you" count={problems.length} class="problems-panel">
      <ul class="problems">
        {problems.map((problem) => (
          <li key={`${problem.kind}:${problem.session_id ?? problem.title}`} class={`problem is-${problem.severity}`}>
            <Icon name={problem.severity === "error" ? "x-circle-fill" : "exclamation-triangle-fill"} />
            <div class="problem-text">
              <p class="problem-title">
                <span class="visually-hidden">{problem.severity === "error" ? "Error: " : "Warning: "}</span>
                {problem.session_id === null ? (
                  problem.title
                ) : (
                  <a href={`/sessions/${problem.session_id}`}>
                    <Given text={problem.title} />
                  </a>
                )}
                {problem.at !== null && (
                  <span class="muted">
                    {" "}
                    · <RelativeTime at={problem.at} />
                  </span>
                )}
              </p>
              <p class="problem-advice">{problem.advice.split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}</p>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
