// A recorded shape of a session: two drones, a retry, a rescue by another worker, a vote and a file.
import type { DurableEvent, LoggedEvent } from "../../web/frontend/event_types.ts";

const agents = [
  { name: "queen", kind: "queen" as const, role: null, parent: null, model: "m" },
  { name: "drone-1", kind: "drone" as const, role: "developer", parent: "queen", model: "coder" },
  { name: "drone-2", kind: "drone" as const, role: "analyst", parent: "queen", model: "m" },
];

export const moved = (status: string, epoch: number, more: object = {}): DurableEvent => ({
  type: "session_moved", status, reason: null, worker: status === "running" ? `worker-${epoch}` : null, epoch,
  result: null, error: null, waits_for: null, receipt: null, ...more,
});

export const started = (step: string, agent: string, more: object = {}): DurableEvent => ({
  type: "step_started", step, kind: "model", agent, role: null, label: `Step ${step}`, subtask: null, model: "m", attempt: 1,
  ...more,
});

export const finished = (step: string, agent: string, text: string, more: object = {}): DurableEvent => ({
  type: "step_finished", step, agent, text, prompt_tokens: 100, output_tokens: 20, duration_seconds: 1.5, first_token_seconds: 0.4, cut_off: false, ...more,
});

const subtask = (id: string, depends_on: string[] = []) => ({
  id, title: `Subtask ${id}`, instructions: "Do it.", role: "developer", depends_on, files: [],
});

const events: DurableEvent[] = [
  moved("queued", 0),
  moved("running", 1),
  { type: "swarm_formed", architecture: "CENTRALIZED", model: "m", agents, models: { developer: "coder" } },
  started("plan", "queen"),
  finished("plan", "queen", "{}"),
  { type: "plan_made", step: "plan", agent: "queen", subtasks: [subtask("1"), subtask("2", ["1"])] },
  { type: "plan_repaired", step: "plan", agent: "queen", repairs: ["A cycle was cut."] },
  started("1", "drone-1", { subtask: "1" }),
  { type: "step_failed", step: "1", agent: "drone-1", attempt: 1, error: "The model broke off.", retry_in_seconds: 2 },
  started("1", "drone-1", { subtask: "1", attempt: 2 }),
  moved("queued", 1, { reason: "Its worker is gone." }),
  moved("running", 2),
  started("1", "drone-2", { subtask: "1" }),
  finished("1", "drone-2", "The first result."),
  { type: "subtask_finished", subtask: "1", agent: "drone-2" },
  {
    type: "artifact_written", step: "1", agent: "drone-2", path: "a/b.py", sha256: "00", size: 12,
    call: "1", checked: true, problem: null,
  },
  { type: "message_sent", sender: "drone-2", recipient: "queen", summary: "Done.", subtask: "1" },
  { type: "review_made", step: "review", agent: "queen", approved: false, comment: "Again.", returned: ["1"] },
  { type: "vote_cast", step: "vote", agent: "drone-1", choice: "drone-2", reason: "Clear." },
  { type: "vote_decided", winner: "drone-2", tally: { "drone-2": 1 } },
  { type: "context_cut", step: "answer", agent: "queen", cut: ["an old message"], tokens: 300 },
  { type: "file_conflict", path: "a/b.py", step: "1", agent: "drone-2", earlier_step: "2", earlier_agent: "drone-1" },
  {
    type: "claims_made", step: "claims", agent: "queen",
    claims: [
      { kind: "file", subject: "a/b.py", statement: "It works.", verified: true, evidence: "It can be parsed.", step: "1" },
      { kind: "command", subject: "pytest", statement: "", verified: false, evidence: "It exited with 1.", step: "1" },
    ],
  },
  { type: "notice", level: "info", message: "Nearly there." },
  { type: "session_wanted", desired: "stop", by: "a@example.com" },
  moved("completed", 2, { result: "The answer." }),
];

export const log: LoggedEvent[] = events.map((event, index) => logged(index + 1, event));

export function logged(seq: number, event: DurableEvent): LoggedEvent {
  return { session_id: "s", seq, at: new Date(Date.UTC(2026, 0, 1, 12, 0, seq)).toISOString(), event };
}
