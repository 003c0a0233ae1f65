import { assertEquals, assertRejects } from "@std/assert";
import { findExperiment } from "../../lib/experiments.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { readWeights, writeWeights } from "../../lib/training/weights.ts";
import { withFolder } from "./tiny.ts";

const { network } = findExperiment("char", { cells: 4 });
const metadata = { experiment: "char", network: JSON.stringify(network) };
const weights = initialWeights(network, 1);

async function fileNames(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

Deno.test("weights above the largest file come in parts, and back as one", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/char.safetensors`;
    await writeWeights(path, weights, metadata, "F32", 3200);
    // W_ih1 has 49 · 16 values, 3136 bytes; the others fit into one more file.
    assertEquals(await fileNames(folder), ["char.part2.safetensors", "char.safetensors"]);
    const read = await readWeights(path);
    assertEquals(read.weights, weights);
    assertEquals(Object.keys(read.weights), Object.keys(weights));

    await writeWeights(`${folder}/whole.safetensors`, read.weights, read.metadata);
    assertEquals((await readWeights(`${folder}/whole.safetensors`)).weights, weights);
  });
});

Deno.test("a part of other weights is refused, a missing one is named", async () => {
  await withFolder(async (folder) => {
    const [one, two] = ["one", "two"].map((name) => `${folder}/${name}.safetensors`);
    await writeWeights(one, weights, metadata, "F32", 3200);
    await writeWeights(two, initialWeights(network, 2), metadata, "F32", 3200);
    await Deno.copyFile(`${folder}/two.part2.safetensors`, `${folder}/one.part2.safetensors`);
    await assertRejects(() => readWeights(one), Error, "does not belong to");
    await Deno.remove(`${folder}/two.part2.safetensors`);
    await assertRejects(() => readWeights(two), Error, "two.part2.safetensors");
  });
});
