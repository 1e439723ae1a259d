// What the log says of each event. Pure.
import type { DurableEvent, SessionMoved } from "./event_types.ts";
import { agentTitle, architectureName, formatBytes, formatDuration, formatReceipt, humanise, plural } from "./format.ts";
import type { IconName } from "./icons.ts";
import { sayModels } from "./models.ts";
import { seenState } from "./states.ts";

export interface Said {
  icon: IconName;
  text: string;
  level?: "warning" | "error";
}

/** `labelOf` gives the label of a step, as its start told it. */
export function sayEvent(event: DurableEvent, labelOf: (step: string) => string): Said {
  switch (event.type) {
    case "session_moved":
      return sayMove(event);
    case "session_wanted": {
      const wanted = { run: "to go on", pause: "for a pause", stop: "to stop" }[event.desired] ?? event.desired;
      return { icon: "person-circle", text: `${event.by ?? "Somebody"} asked ${wanted}` };
    }
    case "swarm_formed": {
      const size = plural(event.agents.length, "agent");
      const models = sayModels(event.model, event.models);
      return { icon: "hive", text: `${size} formed a swarm: ${architectureName(event.architecture)}, ${models}` };
    }
    case "step_started": {
      const again = event.attempt > 1 ? `, attempt ${event.attempt}` : "";
      return { icon: "play-fill", text: `${agentTitle(event.agent)} began “${event.label}”${again}` };
    }
    case "step_failed": {
      const next = event.retry_in_seconds === null ? "" : ` Next attempt in ${formatDuration(event.retry_in_seconds)}.`;
      const text = `${agentTitle(event.agent)} failed at “${labelOf(event.step)}”: ${event.error}${next}`;
      return { icon: "exclamation-triangle-fill", text, level: event.retry_in_seconds === null ? "error" : "warning" };
    }
    case "step_finished": {
      const figures = `${plural(event.output_tokens, "token")} in ${formatDuration(event.duration_seconds)}`;
      return { icon: "check-lg", text: `${agentTitle(event.agent)} finished “${labelOf(event.step)}”: ${figures}` };
    }
    case "plan_made":
      // In a debate nobody leads and nothing is divided: its drones get their angles by rule.
      if (event.step === "angles") {
        return { icon: "list-check", text: `The task is looked at from ${plural(event.subtasks.length, "angle")}` };
      }
      return { icon: "list-check", text: `${agentTitle(event.agent)} made a plan of ${plural(event.subtasks.length, "part")}` };
    case "plan_repaired":
      return { icon: "sliders", text: `The plan of ${agentTitle(event.agent)} was mended: ${event.repairs.join(" ")}` };
    case "subtask_finished":
      return { icon: "check-lg", text: `${agentTitle(event.agent)} finished part ${event.subtask}` };
    case "message_sent":
      return { icon: "send", text: `${agentTitle(event.sender)} to ${agentTitle(event.recipient)}: ${event.summary}` };
    case "review_made": {
      const verdict = event.approved ? "approved the results" : `sent back ${event.returned.join(", ")}`;
      return { icon: "eye", text: `${agentTitle(event.agent)} ${verdict}${event.comment === "" ? "" : `: ${event.comment}`}` };
    }
    case "vote_cast":
      return { icon: "bullseye", text: `${agentTitle(event.agent)} votes for ${agentTitle(event.choice)}: ${event.reason}` };
    case "vote_decided":
      return { icon: "trophy", text: `${agentTitle(event.winner)} wins with ${plural(event.tally[event.winner] ?? 0, "vote")}` };
    case "context_cut": {
      const text = `About ${plural(event.tokens, "token")} were left out for ${agentTitle(event.agent)}: ${event.cut.join("; ")}`;
      return { icon: "scissors", text, level: "warning" };
    }
    case "artifact_written": {
      const wrote = `${agentTitle(event.agent)} wrote ${event.path} (${formatBytes(event.size)})`;
      if (event.problem === null) return { icon: "file-earmark-text", text: wrote };
      return { icon: "file-earmark-text", text: `${wrote}. ${event.problem}`, level: "warning" };
    }
    case "file_conflict": {
      const earlier = `${agentTitle(event.earlier_agent)} in “${labelOf(event.earlier_step)}”`;
      const text = `${agentTitle(event.agent)} replaced ${event.path} by ${earlier} without having seen it; both are kept`;
      return { icon: "exclamation-triangle-fill", text, level: "warning" };
    }
    case "claims_made": {
      const backed = event.claims.filter((claim) => claim.verified).length;
      const text = `The answer of ${agentTitle(event.agent)} claims ${plural(event.claims.length, "thing")}; the journal backs ${backed}`;
      return { icon: "list-check", text };
    }
    case "notice": {
      if (event.level === "info") return { icon: "info-circle", text: event.message };
      return { icon: "exclamation-triangle-fill", text: event.message, level: event.level };
    }
    default:
      event satisfies never;
      return { icon: "circle", text: humanise((event as { type: string }).type) }; // of a newer server
  }
}

function sayMove({ status, worker, reason, error, waits_for, receipt }: SessionMoved): Said {
  const why = error ?? reason;
  const seen = seenState(status, "run", waits_for);
  const cost = receipt === null ? "" : ` (${formatReceipt(receipt)})`;
  const text = `Session ${seen}${worker === null ? "" : ` on ${worker}`}${why === null ? "" : `: ${why}`}${cost}`;
  switch (seen) {
    case "running":
      return { icon: "activity", text };
    case "completed":
      return { icon: "check-circle-fill", text };
    case "failed":
      return { icon: "x-circle-fill", text, level: "error" };
    case "stopped":
      return { icon: "stop-circle-fill", text };
    case "paused":
      return { icon: "pause-circle-fill", text };
    case "waiting":
      return { icon: "alarm", text, level: "warning" };
    default:
      return { icon: "hourglass-split", text };
  }
}
