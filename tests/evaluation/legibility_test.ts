import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { Alphabet, Line } from "../../lib/data/mod.ts";
import { openCpuEngine } from "../../lib/engine/cpu/mod.ts";
import { characterErrorRate, lostLines, readHandwriting } from "../../lib/evaluation/legibility.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { Random } from "../../lib/random.ts";
import { Training } from "../../lib/training/training.ts";
import { penBatch } from "../../lib/data/mod.ts";
import { toBeRead } from "../../lib/training/data.ts";
import { tinyRecipe, tinyStage, tinySynthesis } from "../training/tiny.ts";

const alphabet: Alphabet = { name: "tiny", symbols: ["\u25A1", "a", "b"] };
const network: NetworkConfig = {
  domain: { kind: "reading", characters: 3 },
  layers: 1,
  cells: 12,
  clip: { lstm: 1, outputs: null },
};

/** An "a" is four points upwards, a "b" four to the right. */
function written(id: string, text: string): Line {
  const random = new Random(4, "tiny hand", id);
  const points = Float32Array.from(
    [...text].flatMap((letter) =>
      [0, 1, 2, 3].flatMap((k) => [
        +(letter === "b") + 0.1 * random.gaussian(),
        -(letter === "a") + 0.1 * random.gaussian(),
        +(k === 3),
      ])
    ),
  );
  return { id, text, points };
}

Deno.test("a network learns to read, on the cpu engine too, and its readings come in the lines' order", async () => {
  const engine = await openCpuEngine({ threads: 1, blas: false });
  const texts = ["a", "bb", "ab", "ba", "aab", "bab", "abba", "bbb"];
  const lines = texts.map((text, k) => written(`${k}`, text));
  const training = new Training({
    engine,
    config: network,
    stage: {
      ...tinyStage,
      recipe: {
        ...tinyRecipe,
        optimiser: { rule: "adam", rate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        schedule: { warmUp: 0, decay: "constant", updates: null, final: 1 },
        averaging: null,
      },
    },
    weights: initialWeights(network, 1),
    seed: 1,
    sequences: lines.length,
  });
  try {
    const batch = penBatch(lines.map(toBeRead), alphabet);
    const before = characterErrorRate(await readHandwriting(training.network, lines, alphabet));
    for (let k = 0; k < 800; k++) await training.update(batch);
    const fresh = ["ba", "abb", "b"].map((text, k) => written(`fresh ${k}`, text));
    const readings = await readHandwriting(training.network, fresh, alphabet, { lanes: 2 });
    assertEquals(readings.map(({ read }) => read), ["ba", "abb", "b"]);
    assertEquals(readings.map(({ id }) => id), ["fresh 0", "fresh 1", "fresh 2"]);
    assertEquals([characterErrorRate(readings), lostLines(readings), before > 0.5], [0, 0, true]);
  } finally {
    training.free();
    await engine.close();
  }
});

Deno.test("the character error rate is all errors over all characters; half a line misread is a line lost", () => {
  const reading = (text: string, read: string, errors: number) => ({
    id: "",
    text,
    read,
    errors,
    characters: text.length,
  });
  const readings = [reading("abab", "abab", 0), reading("ab", "", 2), reading("abab", "aaaa", 2)];
  assertAlmostEquals(characterErrorRate(readings), 0.4);
  assertEquals(lostLines(readings), 1);
});

Deno.test("a network that does not read is refused", async () => {
  const config = tinySynthesis().network;
  const synthesis = new Network(new Float64Engine(), config, initialWeights(config, 1));
  await assertRejects(
    () => readHandwriting(synthesis, [written("0", "a")], alphabet),
    RangeError,
    "cannot read handwriting",
  );
});
