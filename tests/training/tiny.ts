/** Networks, data and folders small enough for tests. */
import type { Handwriting, Line } from "../../lib/data/mod.ts";
import {
  type Experiment,
  findExperiment,
  type Recipe,
  type StageSettings,
} from "../../lib/experiments/mod.ts";
import { Random } from "../../lib/random.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import type { Provenance } from "../../lib/weights/mod.ts";
import { handwritingData, type Teacher, type TrainingData } from "../../lib/training/mod.ts";
import type { Text } from "../../lib/data/mod.ts";

const random = new Random(7, "test lines");

function line(id: string, steps: number): Line {
  const points = Float32Array.from(
    { length: 3 * steps },
    (_, k) => k % 3 < 2 ? random.gaussian() : +(k % 15 === 2),
  );
  return { id, text: "ab a", points };
}

export const handwriting: Handwriting = {
  source: "excerpt",
  training: Array.from({ length: 7 }, (_, k) => line(`train-${k}`, 5 + k)),
  validation: [line("valid-0", 6), line("valid-1", 8)],
  statistics: { mean: [8, 0.1], std: [42, 37], meanLength: 8 },
  cleaning: { interpolate: true, largestStep: 1000 },
  checksum: "made up",
  skipped: [],
  notes: [],
};

/** Synthesis with 4 cells and an alphabet of 3. */
export function tinySynthesis(change: Partial<Experiment> = {}): Experiment {
  const experiment = findExperiment("synthesis");
  return {
    ...experiment,
    network: {
      ...experiment.network,
      domain: { kind: "pen", components: 2 },
      layers: 2,
      cells: 4,
      window: { alphabet: 3, components: 2 },
    },
    data: { set: "iam-ondb", alphabet: { name: "tiny", symbols: ["\u25A1", "a", "b"] } },
    ...change,
  };
}
export const tinyRecipe: Recipe = {
  ...findExperiment("synthesis").stages[0].recipe,
  schedule: { warmUp: 2, decay: "cosine", updates: 40, final: 0.1 },
  batchSize: 2,
  curriculum: [{ updates: 2, points: 4 }],
  validation: { every: 3, sequences: 2 },
};
export const tinyStage: StageSettings = { recipe: tinyRecipe, regularisation: { kind: "none" } };
export const tinyData: TrainingData = handwritingData(handwriting, tinySynthesis());

/** `ids` as a text of three symbols in three equal parts. */
export function tinyText(ids: ArrayLike<number>, level: Text["level"] = "character"): Text {
  const all = Int32Array.from(ids);
  return {
    source: "made up",
    level,
    symbols: level === "word" ? ["the", "cat", "\n"] : ["a", "b", "\n"],
    training: all,
    validation: all,
    test: all,
    checksum: "made up",
    characters: { training: all.length, validation: all.length, test: all.length },
    charactersPerWord: 5.6,
    note: "",
  };
}
export function tinyCharacters(change: Partial<Experiment> = {}): Experiment {
  const experiment = findExperiment("char");
  const network = { ...experiment.network, domain: { kind: "symbols", classes: 3 } as const, cells: 5 };
  return { ...experiment, network, ...change };
}

/** The provenance of weights that nobody trained. */
export function untrained(experiment: string, network: NetworkConfig): { provenance: Provenance } {
  return { provenance: { experiment, network, data: { name: "made up", checksum: "made up" }, stages: [] } };
}

/** What `deno task train` needs to run the experiment's stage 1, with other parts of its recipe, on a small network. */
export function planned(
  { updates, every, batch = 2, epochs, rate, ...stage }: {
    updates?: number;
    every?: number;
    batch?: number;
    epochs?: number;
    rate?: number;
    [part: string]: unknown;
  },
  network: Partial<NetworkConfig> = { layers: 1, cells: 4 },
): string[] {
  const recipe = {
    ...(rate !== undefined && { optimiser: { rate } }),
    ...(updates !== undefined && { schedule: { updates } }),
    ...(every !== undefined && { validation: { every } }),
    ...(epochs !== undefined && { epochs }),
    batchSize: batch,
  };
  return ["--plan", JSON.stringify({ network, stages: [{ stage: 1, recipe, ...stage }] })];
}

/** A network of random weights that predicts the symbols of `tinyText`. */
export function tinyTeacher(seed: number, share: number, cells = 5): Teacher {
  const { name, network: config } = tinyCharacters();
  const network = { ...config, cells };
  const weights = initialWeights(network, seed);
  const alphabet = { name: "character", symbols: tinyText([]).symbols };
  return { file: { ...untrained(name, network), weights, alphabet, checksum: `${seed}`.repeat(64) }, share };
}

/** Runs `work` with a folder that is gone afterwards. */
export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is trained, and on what. */
export interface TrainingCase {
  name: string;
  experiment: Experiment;
  stage: StageSettings;
  data: TrainingData;
  teachers?: Teacher[];
}
