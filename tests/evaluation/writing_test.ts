import { assert, assertEquals, assertRejects } from "@std/assert";
import { alphabets } from "../../lib/data/alphabet.ts";
import { letterSizes, measureWriting } from "../../lib/evaluation/writing.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { type LegibilityRow, readLegibility, writeLegibility } from "../../lib/runs/mod.ts";
import type { Sample } from "../../lib/sampling/mod.ts";
import { steadyWindow } from "../sampling/networks.ts";

const alphabet = alphabets.paper;
const penReader = { layers: 1, cells: 4, clip: { lstm: 1, outputs: null } };

/** Points with the character that the window looked at for each: [Δx, Δy, end of stroke, character]. */
function sample(text: string, points: number[][]): Sample {
  const characters = Int32Array.from(text, (character) => alphabet.symbols.indexOf(character));
  const flat = Float32Array.from(points.flatMap((point) => point.slice(0, 3)));
  return {
    points: flat,
    whole: flat,
    characters,
    primeCharacters: 0,
    window: points.map(([, , , u]) => Float32Array.from(characters, (_, k) => +(k + 1 === u))),
    stoppedBy: "text end",
    steps: points.length,
  };
}

Deno.test("a letter is as large as the larger side of its ink; where the pen was lifted there is none", () => {
  const written = sample("a. b", [
    [1, 1, 0, 1],
    [3, -2, 0, 1],
    [0, 0.5, 1, 1],
    // The way to the dot is in the air, and what is no letter does not count.
    [9, 9, 1, 2],
    [7, 0, 0, 4],
    [0.5, 0.25, 1, 4],
  ]);
  assertEquals(letterSizes(written, alphabet), [3, 0.5]);
  assertEquals(letterSizes(sample("ab", [[5, 5, 1, 1]]), alphabet), [0, 0], "a point, and nothing at all");
});

Deno.test("writing is measured beside real lines, at every bias, and twice the same", async () => {
  const writer = { network: steadyWindow(0.5), alphabet };
  const config = { ...penReader, domain: { kind: "reading" as const, characters: alphabet.symbols.length } };
  const reader = { network: new Network(new Float64Engine(), config, initialWeights(config, 1)), alphabet };
  const lines = ["ab", "c d"].map((text, k) => ({
    id: `${k}`,
    text,
    points: Float32Array.from({ length: 3 * 12 }, (_, i) => i % 3 < 2 ? Math.sin(i) : +(i % 9 === 8)),
  }));
  const measure = () =>
    measureWriting(writer, reader, { lines, texts: ["ab c", "de", "fgh"], biases: [0, 5], seed: 3 });
  const rows = await measure();
  assertEquals(rows.map(({ what, bias, lines }) => [what, bias, lines]), [
    ["real lines", null, 2],
    ["random texts", 0, 3],
    ["random texts", 5, 3],
  ]);
  assert(
    rows.every(({ errorRate, lost, lines }) => errorRate > 0.5 && lost === lines),
    "an untrained reader",
  );
  assert(rows.every(({ hardLimit, stoppedEarly }) => hardLimit === 0 && stoppedEarly === 0));
  assertEquals(await measure(), rows);
  const still = { network: steadyWindow(1e-6), alphabet };
  const [, stuck] = await measureWriting(still, reader, { lines, texts: ["ab"], biases: [0], seed: 3 });
  assertEquals([stuck.hardLimit, stuck.pointsPerCharacter > 100], [1, true]);
});

Deno.test("legibility is recorded and read again", async () => {
  const results = await Deno.makeTempDir();
  const common = { lines: 9, errorRate: 0.1234, lost: 1, hardLimit: 2, stoppedEarly: 3, dots: 0.0625 };
  const origin = { pointsPerCharacter: 20.25, seed: 1, data: "made up", weights: "012", reader: "345" };
  const rows: LegibilityRow[] = [
    { what: "real lines", bias: null, ...common, ...origin },
    { what: "random texts", bias: 0.5, ...common, ...origin },
  ];
  assertEquals(await readLegibility("run", results), []);
  await writeLegibility("run", rows, results);
  assertEquals(await readLegibility("run", results), rows);
  await Deno.writeTextFile(`${results}/runs/run/legibility.csv`, "what,else\n");
  await assertRejects(() => readLegibility("run", results), Error, "found what,else");
  await Deno.remove(results, { recursive: true });
});
