// Which models one may pick: what the server has, and the well-known ones that it could have. Pure.
import type { Model, Models } from "./api_types.ts";
import { formatBytes, humanise } from "./format.ts";

export interface KnownModel {
  name: string;
  title: string;
}

/** The models that the form offers from the first day, whether the server has them or not. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  { name: "codellama:7b", title: "CodeLlama 7B" },
  { name: "codellama:13b", title: "CodeLlama 13B" },
  { name: "codellama:34b", title: "CodeLlama 34B" },
  { name: "llama3", title: "Llama3" },
];

/** Ollama takes a name without a tag for its `latest`. */
const fullName = (name: string): string => (name.includes(":") ? name : `${name}:latest`);

/** The model of this name, if the server has it. */
export const findModel = (items: readonly Model[], name: string): Model | undefined =>
  items.find((item) => fullName(item.name) === fullName(name));

export const missingModels = (items: readonly Model[]): KnownModel[] =>
  KNOWN_MODELS.filter((known) => findModel(items, known.name) === undefined);

/** "CodeLlama 7B" for a well-known name, else the name as it is. */
export function modelTitle(name: string): string {
  return KNOWN_MODELS.find((known) => fullName(known.name) === fullName(name))?.title ?? name;
}

/** "4.7 GB", "8k context", "calls tools": what is known of a model. */
export function modelFacts({ size_bytes, context_length, capabilities }: Model): string[] {
  const facts: string[] = [];
  if (size_bytes !== null) facts.push(formatBytes(size_bytes));
  if (context_length !== null) facts.push(`${context_length < 1024 ? context_length : `${Math.round(context_length / 1024)}k`} context`);
  if (capabilities !== null) facts.push(capabilities.includes("tools") ? "calls tools" : "no tools");
  return facts;
}

/** Whose model may be another than the session's: the queen's with her sub-queens', and by role the drones'. */
export const MODEL_ROLES = ["queen", "analyst", "developer", "it_architect", "data_scientist", "security_specialist"] as const;

/** "llama3", or with those that use another one: "llama3, developer: codellama:7b". */
export function sayModels(model: string, models: Record<string, string>): string {
  return [model, ...Object.entries(models).map(([role, name]) => `${humanise(role)}: ${name}`)].join(", ");
}

/** "Embedded SmolLM2", "Ollama at 10.0.0.5:11434", or that there is none. */
export function serverTitle({ server, items }: Models): string {
  if (server === null) return "No model server";
  if (server.kind === "ollama") return `Ollama at ${server.url.replace(/^https?:\/\//, "").replace(/\/$/, "")}`;
  const name = items[0]?.name.split(":")[0] ?? "model";
  return `Embedded ${name.replace(/^smollm2/i, "SmolLM2")}`;
}
