import { assertEquals, assertRejects } from "@std/assert";
import { findExperiment } from "../../lib/experiments/mod.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { readTensors, readWeights, writeTensors, writeWeights } from "../../lib/weights/mod.ts";
import { untrained, withFolder } from "../training/tiny.ts";

const network = { ...findExperiment("char").network, cells: 4 };
const named = { weights: initialWeights(network, 1), ...untrained("char", network) };
const { weights } = named;
const inParts = { largestFile: 3200 };

async function fileNames(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

Deno.test("weights above the largest file come in parts, and back as one", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/char.safetensors`;
    await writeWeights(path, named, inParts);
    // W_ih1 has 49 · 16 values, 3136 bytes; the others fit into one more file.
    assertEquals(await fileNames(folder), ["char.part2.safetensors", "char.safetensors"]);
    const read = await readWeights(path);
    assertEquals(read.weights, weights);
    assertEquals(Object.keys(read.weights), Object.keys(weights));

    await writeWeights(`${folder}/whole.safetensors`, read);
    assertEquals((await readWeights(`${folder}/whole.safetensors`)).weights, weights);
  });
});

Deno.test("a part of other weights is refused, a missing one is named", async () => {
  await withFolder(async (folder) => {
    const [one, two] = ["one", "two"].map((name) => `${folder}/${name}.safetensors`);
    await writeWeights(one, named, inParts);
    await writeWeights(two, { ...named, weights: initialWeights(network, 2) }, inParts);
    await Deno.copyFile(`${folder}/two.part2.safetensors`, `${folder}/one.part2.safetensors`);
    await assertRejects(() => readWeights(one), Error, "does not belong to");
    await Deno.remove(`${folder}/two.part2.safetensors`);
    await assertRejects(() => readWeights(two), Error, "two.part2.safetensors");
  });
});

Deno.test("what is said of weights is read back; of files of before provenance what a reader needs", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.safetensors`;
    const alphabet = { name: "character", symbols: ["a", "b", "\n"] };
    const provenance = {
      ...named.provenance,
      data: {
        ...named.provenance.data,
        alphabet: "character",
        statistics: { mean: [8, 0.5] as [number, number], std: [40, 36] as [number, number] },
        cleaning: { interpolate: true, largestStep: null },
      },
    };
    const checksum = await writeWeights(path, { weights, provenance, alphabet });
    assertEquals(await readWeights(path), { weights, provenance, alphabet, checksum });

    const { tensors } = await readTensors(path);
    const metadata = {
      experiment: "char",
      network: JSON.stringify(network),
      data: "made up",
      dataChecksum: "made up",
      alphabet: JSON.stringify(alphabet.symbols),
      alphabetName: "character",
      offsetMean: "[8,0.5]",
      offsetStd: "[40,36]",
      cleaning: '{"interpolate":true,"largestStep":null}',
      recipe: "{}",
      updates: "12",
    };
    await writeTensors(path, { tensors, metadata });
    const { checksum: _, ...old } = await readWeights(path);
    assertEquals(old, { weights, provenance, alphabet });
  });
});

Deno.test("a checkpoint's weights, which do not say what they are of, are refused with where to look", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/weights-30.safetensors`;
    await writeTensors(path, { tensors: weights, metadata: {} });
    await assertRejects(() => readWeights(path), Error, "best.safetensors says it");
  });
});
