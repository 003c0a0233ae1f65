/** A trained network, ready to be used: from `results/weights` onto an engine. */
import type { Alphabet } from "../data/mod.ts";
import { formatDuration } from "../duration.ts";
import type { Engine } from "../engine/mod.ts";
import { type Experiment, findExperiment } from "../experiments/mod.ts";
import { exists, resultsDirectory } from "../files.ts";
import { Network } from "../network/network.ts";
import { readWeights, totalOf, type WeightsFile, weightsPath } from "../weights/mod.ts";
import { listRecords, readRecord } from "./record.ts";
import type { RunRecord } from "./run_json.ts";

export interface Trained {
  experiment: Experiment;
  engine: Engine;
  network: Network;
  /** The weights' file; the statistics in its provenance undo the normalisation of handwriting. */
  file: WeightsFile;
  /** What the network's symbols are: the characters of a text to write, or of a text to predict. */
  alphabet: Alphabet;
  /** Where the weights come from; undefined if nothing was recorded. */
  record?: RunRecord;
  /** How much they were trained, in a line for people. */
  summary: string;
}

/** As `openTrained`, but `undefined` where no weights are shipped. */
export async function findTrained(engine: Engine, name: string): Promise<Trained | undefined> {
  // Read first: it finishes a publication that was killed.
  await readRecord(name);
  return await exists(weightsPath(name)) ? await openTrained(engine, name) : undefined;
}

/** Puts an experiment's shipped weights on an engine, or those of a file. Throws if there are none. */
export async function openTrained(engine: Engine, weights: string | WeightsFile): Promise<Trained> {
  const file = typeof weights === "string" ? await openWeights(weights) : weights;
  const { experiment, network } = file.provenance;
  const name = typeof weights === "string" ? weights : experiment;
  const found = await readRecord(name);
  const record = found?.weights?.checksum === file.checksum ? found : undefined;
  return {
    experiment: findExperiment(experiment),
    engine,
    network: new Network(engine, network, file.weights),
    file,
    alphabet: file.alphabet ?? { name: "none", symbols: [] },
    record,
    summary: record ? summarise(record) : `${name}, of which no record was kept`,
  };
}

/**
 * The shipped weights of an experiment. Throws, with what to do, if there are none, or if they are not those that their
 * record names: damaged, or of another training than its numbers.
 */
export async function openWeights(
  experiment: string,
  results: string = resultsDirectory,
): Promise<WeightsFile> {
  const record = await readRecord(experiment, results);
  const path = weightsPath(experiment, results);
  if (!await exists(path)) {
    throw new Error(
      `There are no weights of '${experiment}' (${path}). Train them with ` +
        `\`deno task train ${experiment} --publish\`.`,
    );
  }
  const file = await openFile(path, results), expected = record?.weights?.checksum;
  if (!expected || file.checksum === expected) return file;
  throw new Error(
    `${path}: expected the SHA-256 ${expected.slice(0, 12)}…, which the run's run.json names, found ` +
      `${
        file.checksum.slice(0, 12)
      }…. The weights are damaged, or of another training than that record: take both ` +
      "from the same place, or name the file (--weights) to use it without a record.",
  );
}

/** The weights in a file. Where it does not say itself how they were trained, and a run's record does, that is taken. */
export async function openFile(path: string, results: string = resultsDirectory): Promise<WeightsFile> {
  const file = await readWeights(path);
  if (file.provenance.stages.length > 0) return file;
  const record = (await listRecords(results)).find(({ weights }) => weights?.checksum === file.checksum);
  return record ? { ...file, provenance: record.provenance } : file;
}

function summarise({ run, provenance: { data, stages } }: RunRecord): string {
  const { updates, epochs, seconds } = totalOf(stages), { device, engines } = stages.at(-1)!;
  return `${run}, trained for ${updates} updates (${epochs.toFixed(2)} passes over ${data.name}), ${
    formatDuration(seconds)
  } on ${device}, ${engines.join("; ")}`;
}
