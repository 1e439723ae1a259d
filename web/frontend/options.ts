// How a swarm works: the options of the API, as the form and the template editor show them. Pure.
import type { FieldProblem } from "./api.ts";

/** As the API takes them; what is left out has its default. */
export type Options = Readonly<Record<string, unknown>>;

/** What each option is where nobody chose: as the server has it. */
export const DEFAULT_OPTIONS: Options = {
  temperature: 0.6,
  rounds: 1,
  max_output_tokens: null,
  num_ctx: null,
  seed: null,
  review: true,
  models: null,
  commands: false,
};

interface NumberOption {
  name: string;
  label: string;
  hint: string;
  least: number;
  most: number;
  /** Null for whole numbers. */
  step: number | null;
  problem: string;
}

export const NUMBER_OPTIONS: readonly NumberOption[] = [
  {
    ...{ name: "temperature", label: "Temperature", least: 0, most: 2, step: 0.1 },
    hint: "0 keeps to the likeliest words, 2 wanders.",
    problem: "The temperature lies between 0 and 2.",
  },
  {
    ...{ name: "rounds", label: "Rounds of revision", least: 0, most: 6, step: null },
    hint: "How often drones revise before they vote. Used by Fully Connected only.",
    problem: "There are 0 to 6 rounds.",
  },
  {
    ...{ name: "max_output_tokens", label: "Longest answer", least: 16, most: 32_768, step: null },
    hint: "In tokens; else what the model says, or 2,048.",
    problem: "An answer has 16 to 32,768 tokens.",
  },
  {
    ...{ name: "num_ctx", label: "Context", least: 1024, most: 1_048_576, step: null },
    hint: "In tokens; else all that the model has.",
    problem: "A context has 1,024 to 1,048,576 tokens.",
  },
  {
    ...{ name: "seed", label: "Seed", least: 0, most: 2 ** 31 - 1, step: null },
    hint: "Makes the model's choices repeatable, where its server can.",
    problem: "A seed is a whole number up to 2,147,483,647.",
  },
];

/** The options with one of them set, or left to its default by `undefined`. */
export function setOption(options: Options, name: string, value: unknown): Options {
  const { [name]: _, ...others } = options;
  return value === undefined ? others : { ...others, [name]: value };
}

/** Those that were chosen: known ones that are other than their defaults. */
export function chosenOptions(options: Options): Options {
  const isChosen = ([name, value]: [string, unknown]): boolean =>
    name in DEFAULT_OPTIONS && value !== null && value !== DEFAULT_OPTIONS[name] && !isEmpty(value);
  return Object.fromEntries(Object.entries(options).filter(isChosen));
}

/** What the server would say about the numbers. */
export function checkOptions(options: Options): FieldProblem[] {
  return NUMBER_OPTIONS.flatMap(({ name, least, most, step, problem }) => {
    const value = options[name] ?? least;
    const isRight = typeof value === "number" && value >= least && value <= most && (step !== null || Number.isInteger(value));
    return isRight ? [] : [{ field: `options.${name}`, message: problem }];
  });
}

const isEmpty = (value: unknown): boolean => typeof value === "object" && value !== null && Object.keys(value).length === 0;
