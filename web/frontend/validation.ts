// What the server will say about a new session, said before it is sent. Pure.
import type { FieldProblem } from "./api.ts";
import type { NewSession } from "./api_types.ts";
import { checkOptions, chosenOptions, type Options } from "./options.ts";

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
  project_folder: string;
  options: Options;
}

export const emptyDraft: Draft = {
  name: "",
  task: "",
  workers: 4,
  architecture: "HIERARCHICAL",
  model: "",
  project_folder: "",
  options: {},
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
  return [...problems, ...checkOptions(draft.options)];
}

/** The body to send; what was left empty is left to the server. */
export function bodyOf(draft: Draft): NewSession {
  const name = draft.name.trim();
  const folder = draft.project_folder.trim();
  return {
    task: draft.task.trim(),
    workers: draft.workers,
    architecture: draft.architecture,
    options: chosenOptions(draft.options),
    ...(name === "" ? {} : { name }),
    ...(draft.model === "" ? {} : { model: draft.model }),
    ...(folder === "" ? {} : { project_folder: folder }),
  };
}
