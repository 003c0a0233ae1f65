/** `results/runs/<run>/memory.json`: how far back a text network remembers (Section 3.2). */
import { join } from "node:path";
import type { ClosingRow, ContextRow } from "../evaluation/mod.ts";
import { exists, resultsDirectory, runName, writeFile } from "../files.ts";
import * as is from "../schema.ts";

export interface MemoryRecord {
  /** SHA-256 of the weights that were measured. */
  weights: string;
  /** What was read, for people. */
  data: string;
  /** Symbols that each row of `contexts` is a mean of. */
  symbols: number;
  engine: string;
  /** The code that measured, as in `run.json`. */
  revision: string | null;
  date: string;
  contexts: ContextRow[];
  closings: ClosingRow[];
}

export const memorySchema: is.Schema<MemoryRecord> = is.object({
  weights: is.sha256,
  data: is.text,
  symbols: is.integer(1),
  engine: is.text,
  revision: is.nullable(is.text),
  date: is.text,
  contexts: is.list(is.object({
    from: is.integer(1),
    to: is.integer(1),
    bits: is.between(0),
    gain: is.nullable(is.number),
    error: is.nullable(is.between(0)),
  })),
  closings: is.list(is.object({
    kind: is.text,
    from: is.integer(1),
    to: is.integer(1),
    spans: is.integer(1),
    probability: is.between(0, 1),
    unopened: is.between(0, 1),
  })),
});

export const memoryFile = "memory.json";
const pathOf = (run: string, results: string) => join(results, "runs", runName(run), memoryFile);

export async function writeMemory(
  run: string,
  record: MemoryRecord,
  results: string = resultsDirectory,
): Promise<void> {
  await writeFile(pathOf(run, results), JSON.stringify(record, null, 2) + "\n");
}

/** What was recorded; nothing where nothing was. Throws if it is not what `memorySchema` says. */
export async function readMemory(
  run: string,
  results: string = resultsDirectory,
): Promise<MemoryRecord | undefined> {
  const path = pathOf(run, results);
  return await exists(path) ? await is.readJson(path, memorySchema) : undefined;
}
