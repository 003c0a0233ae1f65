/** What `evaluate --legibility` and `--primed` measure with: a network that writes, and the shipped one that reads. */
import type { Engine } from "../engine/mod.ts";
import { openTrained, type Trained } from "../runs/mod.ts";
import type { WeightsFile } from "../weights/mod.ts";
import { UsageError } from "./options.ts";

export interface WriterAndReader {
  writer: Trained;
  reader: Trained;
  /** The beginnings of the SHA-256 of both weights' files, for the record. */
  measuredWith: { weights: string; reader: string };
}

/** Throws if these are not weights of a synthesis network, naming the option that asked, or if no reader's are shipped. */
export async function openWriterAndReader(
  engine: Engine,
  file: WeightsFile,
  option: string,
): Promise<WriterAndReader> {
  const { experiment, network: { window } } = file.provenance;
  if (!window) throw new UsageError(`--${option} is for synthesis; ${experiment} has no text.`);
  const writer = await openTrained(engine, file), reader = await openTrained(engine, "reader");
  const beginning = ({ checksum }: WeightsFile) => checksum.slice(0, 12);
  return { writer, reader, measuredWith: { weights: beginning(file), reader: beginning(reader.file) } };
}
