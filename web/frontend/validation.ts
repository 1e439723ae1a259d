// What the server will say about a new session, said before it is sent. Pure.
import type { FieldProblem } from "./api.ts";
import type { NewSession } from "./api_types.ts";

export const WORKER_COUNTS = [2, 4, 6, 8, 12] as const;
const NAME_MAX = 120;
const TASK_MAX = 100_000;

/** The draft of the form: as typed, not yet what is sent. */
export interface Draft {
  name: string;
  task: string;
  workers: number;
  architecture: string;
  /** Empty for the server's default. */
  model: string;
  projectFolder: string;
  temperature: number;
  rounds: number;
  review: boolean;
  /** One model for all, chosen by rule, or as `roleModels` says; a role that it leaves out uses the session's. */
  modelsBy: "one" | "auto" | "role";
  roleModels: Record<string, string>;
  commands: boolean;
}

export const emptyDraft: Draft = {
  name: "",
  task: "",
  workers: 4,
  architecture: "HIERARCHICAL",
  model: "",
  projectFolder: "",
  temperature: 0.6,
  rounds: 1,
  review: true,
  modelsBy: "one",
  roleModels: {},
  commands: false,
};

/** Characters as the server counts them. */
export const countCharacters = (text: string): number => Array.from(text).length;

export function checkDraft(draft: Draft): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const task = countCharacters(draft.task.trim());
  if (task === 0) problems.push({ field: "task", message: "Describe what the swarm should do." });
  if (task > TASK_MAX) problems.push({ field: "task", message: "A task has at most 100,000 characters." });
  if (countCharacters(draft.name.trim()) > NAME_MAX) {
    problems.push({ field: "name", message: "A name has at most 120 characters." });
  }
  if (!(draft.temperature >= 0 && draft.temperature <= 2)) {
    problems.push({ field: "options.temperature", message: "The temperature lies between 0 and 2." });
  }
  if (!(Number.isInteger(draft.rounds) && draft.rounds >= 0 && draft.rounds <= 6)) {
    problems.push({ field: "options.rounds", message: "There are 0 to 6 rounds." });
  }
  return problems;
}

/** The body to send; what was left empty is left to the server. */
export function bodyOf(draft: Draft): NewSession {
  const name = draft.name.trim();
  const folder = draft.projectFolder.trim();
  const models = modelsOf(draft);
  return {
    task: draft.task.trim(),
    workers: draft.workers,
    architecture: draft.architecture,
    options: {
      temperature: draft.temperature,
      rounds: draft.rounds,
      review: draft.review,
      ...(draft.commands ? { commands: true } : {}),
      ...(models === null ? {} : { models }),
    },
    ...(name === "" ? {} : { name }),
    ...(draft.model === "" ? {} : { model: draft.model }),
    ...(folder === "" ? {} : { project_folder: folder }),
  };
}

function modelsOf({ modelsBy, roleModels }: Draft): "auto" | Record<string, string> | null {
  if (modelsBy !== "role") return modelsBy === "auto" ? "auto" : null;
  const chosen = Object.entries(roleModels ?? {}).filter(([, name]) => name !== ""); // a kept draft may hold null
  return chosen.length > 0 ? Object.fromEntries(chosen) : null;
}

/** Options as the form shows them, and those that it has no field for. */
export function splitOptions(options: Record<string, unknown>): { placed: Partial<Draft>; others: Record<string, unknown> } {
  const { models, ...all } = options;
  const isByRole = typeof models === "object" && models !== null;
  const isPlaced = ([key, value]: [string, unknown]): boolean =>
    key in emptyDraft && typeof value === typeof emptyDraft[key as keyof Draft];
  return {
    placed: {
      ...(Object.fromEntries(Object.entries(all).filter(isPlaced)) as Partial<Draft>),
      modelsBy: models === "auto" ? "auto" : isByRole ? "role" : "one",
      roleModels: isByRole ? (models as Record<string, string>) : {},
    },
    others: Object.fromEntries(Object.entries(all).filter((entry) => !isPlaced(entry))),
  };
}
