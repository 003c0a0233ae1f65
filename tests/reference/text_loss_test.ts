/** What `evaluate` reports of a text network, held against text_loss.py, which computes it on its own. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPennTreebank } from "../../lib/data/mod.ts";
import { openEngine } from "../../lib/engine/mod.ts";
import { findExperiment } from "../../lib/experiments/mod.ts";
import { dataDirectory, exists, root } from "../../lib/files.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { evaluate } from "../../lib/evaluation/mod.ts";
import { readWeights, weightsPath, writeWeights } from "../../lib/weights/mod.ts";
import { untrained, withFolder } from "../training/tiny.ts";

const program = fileURLToPath(new URL("text_loss.py", import.meta.url));
const full = join(dataDirectory(), "ptb", "ptb.test.txt");
const testSet = await exists(full) ? full : join(root, "data", "excerpts", "text", "test.txt");

async function python(...args: string[]): Promise<{ success: boolean; out: string }> {
  try {
    const { success, stdout } = await new Deno.Command("python3", { args, stderr: "inherit" }).output();
    return { success, out: new TextDecoder().decode(stdout) };
  } catch {
    return { success: false, out: "" };
  }
}
const hasNumpy =
  (await python("-c", "import importlib.util, sys; sys.exit(importlib.util.find_spec('numpy') is None)"))
    .success;

async function compare(weights: string, limit: number, streams: number, tolerance: number) {
  const { out } = await python(program, weights, testSet, "--limit", `${limit}`, "--streams", `${streams}`);
  const reference: Record<string, number> = JSON.parse(out);
  const engine = await openEngine("cpu", { threads: 1 });
  try {
    const file = await readWeights(weights);
    const { results: { static: results }, count } = await evaluate(engine, file, {
      part: "test",
      limit,
      streams,
    });
    assertEquals(count, limit);
    assertEquals(Object.keys(results!), Object.keys(reference));
    for (const [name, value] of Object.entries(reference)) {
      assertAlmostEquals(results![name as keyof typeof results] / value, 1, tolerance, name);
    }
  } finally {
    await engine.close();
  }
}

for (const level of ["character", "word"] as const) {
  Deno.test({
    name: `${level}s: bits per character, perplexity and error agree with an independent computation`,
    ignore: !hasNumpy,
    fn: () =>
      withFolder(async (folder) => {
        const { symbols } = await openPennTreebank(level);
        const name = level === "word" ? "word" : "char";
        const domain = { kind: "symbols", classes: symbols.length } as const;
        const network = { ...findExperiment(name).network, domain, layers: 2, cells: 9 };
        const weights = initialWeights(network, 5);
        // Twice as large: guesses that differ from symbol to symbol.
        for (const { values } of Object.values(weights)) values.forEach((value, k) => values[k] = 2 * value);
        const path = join(folder, `${name}.safetensors`);
        const { provenance } = untrained(name, network);
        const data = { ...provenance.data, alphabet: level };
        const named = { weights, provenance: { ...provenance, data }, alphabet: { name: level, symbols } };
        await writeWeights(path, named, { dtype: level === "word" ? "F16" : "F32" });
        // 701 symbols are not cut evenly into 3 parts, nor 234 into sequences of 100.
        await compare(path, 701, 3, 1e-5);
      }),
  });
}

for (const name of ["char", "word"]) {
  const path = weightsPath(name);
  // The words of the stand-in are others than those of the Penn Treebank.
  const fits = await exists(path) && (name === "char" || await exists(full));
  Deno.test({
    name: `the shipped weights of '${name}': the same`,
    ignore: !hasNumpy || !fits,
    fn: () => compare(path, 400, 4, 1e-4),
  });
}
