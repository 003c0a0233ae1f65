import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { alphabets } from "../../lib/data/alphabet.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { measurePriming, ofItsOwn, readableLines } from "../../lib/evaluation/mod.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { following, type Traits } from "../../lib/report/traits.ts";
import { type PrimingRow, readPriming, writePriming } from "../../lib/runs/mod.ts";
import { synthesise } from "../../lib/sampling/mod.ts";
import { steadyWindow } from "../sampling/networks.ts";

const alphabet = alphabets.paper;

Deno.test("each text goes on from its own line, at every bias, and is read", async () => {
  const writer = { network: steadyWindow(0.5), alphabet };
  const config = {
    layers: 1,
    cells: 4,
    clip: { lstm: 1, outputs: null },
    domain: { kind: "reading" as const, characters: alphabet.symbols.length },
  };
  const weights = initialWeights(config, 1);
  weights.b_y.values[alphabet.symbols.indexOf(" ")] = 50; // It reads nothing but a space, which the pen's way there is.
  const reader = { network: new Network(new Float64Engine(), config, weights), alphabet };
  const points = Float32Array.from({ length: 3 * 6 }, (_, i) => i % 3 < 2 ? Math.cos(i) : 0);
  const primes = ["ab", "c"].map((text, k) => ({ id: `line${k}`, text, points }));
  const options = { primes, texts: ["ab c", "de fg"], biases: [0, 1], seed: 3 };
  const [plain, biased] = await measurePriming(writer, reader, options);
  assertEquals([plain.bias, biased.bias], [0, 1]);
  assertEquals(biased.readings.map(({ id, text }) => [id, text]), [["line0", "ab c"], ["line1", "de fg"]]);
  assertEquals(biased.readings.map(({ read, errors }) => [read, errors]), [["", 4], ["", 5]]);
  // A prime's own points are no part of what was written.
  const unprimed = await synthesise(writer.network, {
    texts: plain.samples.map(({ characters, primeCharacters }) => characters.slice(primeCharacters)),
    seed: 3,
  });
  for (const [k, { points }] of plain.samples.entries()) {
    assertAlmostEquals(points.length / 3, unprimed[k].points.length / 3, 2);
  }
  await assertRejects(
    () => measurePriming(writer, reader, { ...options, primes: primes.slice(1) }),
    RangeError,
    "values for 1",
  );
});

Deno.test("the way to a line that goes on from another, and on from it, is not read as a space", () => {
  const reading = { id: "", text: "ab c", read: " ab  c ", errors: 3, characters: 4 };
  assertEquals(ofItsOwn(reading), { ...reading, read: "ab  c", errors: 1 });
});

Deno.test("a line is readable of which at most a quarter is misread", () => {
  const reading = (errors: number) => ({ id: "", text: "", read: "", errors, characters: 20 });
  assertEquals(readableLines([0, 5, 6, 20].map(reading)), 2);
});

Deno.test("how a trait follows that of the lines before: slope and correlation", () => {
  const lines = (slants: number[]) =>
    slants.map((slant): Traits => ({ slant, height: 100, strokesPerCharacter: 1 }));
  const own = lines([-10, 0, 10, NaN]);
  assertEquals(following(own, lines([-4, 1, 6, 50]), "slant"), { slope: 0.5, correlation: 1 });
  assertEquals(following(own, lines([5, 5, 5, 5]), "slant").slope, 0);
  assertEquals(following(own, lines([1, 2, 3, 4]), "height").slope, NaN, "lines that are all alike");
});

Deno.test("what was measured of priming is recorded, a set of lines at a time", async () => {
  const results = await Deno.makeTempDir();
  const same = { slope: 0.5, correlation: -0.25 };
  const row: PrimingRow = {
    ...{ primes: "validation", bias: 1, lines: 9, errorRate: 0.1234, readable: 7, lost: 1 },
    ...{ slant: same, height: same, strokesPerCharacter: { slope: NaN, correlation: NaN } },
    ...{ seed: 1, data: "made up", weights: "012", reader: "345" },
  };
  assertEquals(await readPriming("run", results), []);
  await writePriming("run", [row], results);
  const training: PrimingRow[] = [0, 1].map((bias) => ({ ...row, primes: "training", bias }));
  await writePriming("run", training, results);
  assertEquals(await readPriming("run", results), [...training, row]);
  await writePriming("run", [{ ...row, lost: 2 }], results);
  assertEquals(await readPriming("run", results), [...training, { ...row, lost: 2 }]);
  const path = `${results}/runs/run/priming.csv`;
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("validation", "other"));
  await assertRejects(
    () => readPriming("run", results),
    Error,
    'line 4: expected training or validation, found "other"',
  );
  await Deno.remove(results, { recursive: true });
});
