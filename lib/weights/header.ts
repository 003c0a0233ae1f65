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
import { checked, parseJson } from "../schema.ts";
import * as is from "../schema.ts";
import { cleaningSchema, experimentName, type Provenance, provenanceSchema } from "./provenance.ts";

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
  if (Object.keys(metadata).length === 0) {
    throw new Error(
      `${where}: expected what its weights are of, found nothing. Of a training under way best.safetensors says it.`,
    );
  }
  const read = <T>(name: string, schema: is.Schema<T>, otherwise: string) =>
    parseJson(metadata[name] ?? otherwise, schema, `${where}: ${name}`);
  const parts = read("parts", is.list(is.sha256), "[]");
  const symbols = read("alphabet", is.nullable(is.list(is.text)), "null");
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

const oldSchema = is.object({
  experiment: experimentName,
  network: networkSchema,
  alphabetName: is.optional(is.text),
  offsetMean: is.optional(is.pair(is.number)),
  offsetStd: is.optional(is.pair(is.positive)),
  data: is.optional(is.text),
  dataChecksum: is.optional(is.text),
  cleaning: is.optional(cleaningSchema),
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
