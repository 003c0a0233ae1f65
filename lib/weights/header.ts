/**
 * What the header of a file of weights says, in safetensors' metadata:
 *
 * | metadata | |
 * |---|---|
 * | `provenance` | a `Provenance` as JSON |
 * | `alphabet` | the symbols by index, as a JSON list |
 * | `parts` | the SHA-256 of the files `<name>.part2.safetensors`, … that hold the other tensors, as a JSON list |
 *
 * Older files, those in results/weights among them, have no `provenance`, but its `experiment` and `network`, `data`, `dataChecksum`,
 * `alphabetName`, `offsetMean`, `offsetStd` and `cleaning` one by one; how they were trained is in `run.json`.
 */
import * as v from "valibot";
import type { Alphabet } from "../data/alphabet.ts";
import { networkSchema } from "../experiments/schemas.ts";
import { alphabetSize } from "../network/config.ts";
import {
  checked,
  list,
  nullable,
  number,
  object,
  optional,
  pair,
  parseJson,
  positive,
  type Schema,
  sha256,
  text,
  truth,
} from "../schema.ts";
import { experimentName, type Provenance, provenanceSchema } from "./provenance.ts";

export interface Header {
  provenance: Provenance;
  alphabet?: Alphabet;
  parts: string[];
}

export function metadataOf({ provenance, alphabet, parts }: Header): Record<string, string> {
  return {
    provenance: JSON.stringify(provenance),
    ...(alphabet && { alphabet: JSON.stringify(alphabet.symbols) }),
    ...(parts.length > 0 && { parts: JSON.stringify(parts) }),
  };
}

/** Throws, naming `where` the metadata stand and the one that is wrong, if what the weights cannot be used without is
 * missing, if one is not what it should be, or if two contradict each other. */
export function readHeader(metadata: Record<string, string>, where: string): Header {
  const read = <T>(name: string, schema: Schema<T>, otherwise: string) =>
    parseJson(metadata[name] ?? otherwise, schema, `${where}: ${name}`);
  const parts = read("parts", list(sha256), "[]");
  const symbols = read("alphabet", nullable(list(text)), "null");
  const provenance = "provenance" in metadata
    ? read("provenance", provenanceSchema, "")
    : readOldProvenance(metadata, where);
  const { network, data } = provenance, most = alphabetSize(network);
  if (symbols && (symbols.length > most || (network.window && symbols.length < most))) {
    throw new Error(
      `${where}: alphabet: expected ${
        network.window ? "" : "at most "
      }${most} symbols, found ${symbols.length}.`,
    );
  }
  return { provenance, parts, ...(symbols && { alphabet: { name: data.alphabet ?? "unnamed", symbols } }) };
}

const oldSchema = object({
  experiment: experimentName,
  network: networkSchema,
  alphabetName: optional(text),
  offsetMean: optional(pair(number)),
  offsetStd: optional(pair(positive)),
  data: optional(text),
  dataChecksum: optional(text),
  cleaning: optional(object({ interpolate: truth, largestStep: nullable(positive) })),
});
const inJson = ["network", "offsetMean", "offsetStd", "cleaning"];

function readOldProvenance(metadata: Record<string, string>, where: string): Provenance {
  const values: Record<string, unknown> = { ...metadata };
  for (const name of inJson) {
    if (name in metadata) values[name] = parseJson(metadata[name], v.unknown(), `${where}: ${name}`);
  }
  const { experiment, network, alphabetName, offsetMean, offsetStd, data, dataChecksum, cleaning } = checked(
    oldSchema,
    values,
    where,
  );
  if (!offsetMean !== !offsetStd) {
    throw new Error(`${where}: expected offsetMean and offsetStd together, found one of them.`);
  }
  return {
    experiment,
    network,
    data: {
      name: data ?? "unknown",
      checksum: dataChecksum ?? "unknown",
      ...(alphabetName && { alphabet: alphabetName }),
      ...(offsetMean && offsetStd && { statistics: { mean: offsetMean, std: offsetStd } }),
      ...(cleaning && { cleaning }),
    },
    stages: [],
  };
}
