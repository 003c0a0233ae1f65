/** Every row of the paper's Tables 1–4, and one beyond them, as data. */
import { handwriting } from "./handwriting.ts";
import { pennTreebank } from "./penn_treebank.ts";
import type { Experiment } from "./types.ts";
import { wikipedia } from "./wikipedia.ts";

export type {
  Experiment,
  ExperimentData,
  OptimiserRule,
  OwnData,
  Recipe,
  Regularisation,
  Schedule,
  Stage,
  StageSettings,
  StageWeights,
} from "./types.ts";
export { wikipediaNetwork } from "./wikipedia.ts";

const list: Experiment[] = [...pennTreebank, wikipedia, ...handwriting];

export const experiments: Readonly<Record<string, Experiment>> = Object.fromEntries(
  list.map((experiment) => [experiment.name, experiment]),
);
export const experimentNames: string[] = list.map(({ name }) => name);

/** The experiment of that name. Throws, listing all, if there is none. */
export function findExperiment(name: string): Experiment {
  if (Object.hasOwn(experiments, name)) return experiments[name];
  throw new Error(`There is no experiment '${name}'. The experiments are ${experimentNames.join(", ")}.`);
}
