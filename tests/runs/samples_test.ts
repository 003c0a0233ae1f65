/** What `deno task record` keeps: texts that their networks draw again, of the weights that are shipped. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { openEngine } from "../../lib/engine/mod.ts";
import {
  drawSample,
  type MemoryRecord,
  openTrained,
  readMemory,
  readRecord,
  readSamples,
  recordedSamples,
  type SampleRecord,
  writeMemory,
  writeSamples,
} from "../../lib/runs/mod.ts";
import { withFolder } from "../training/tiny.ts";

const origin = {
  weights: "0".repeat(64),
  engine: "made up",
  revision: null,
  date: "2026-11-26T00:00:00.000Z",
};

for (const [name, plans] of Object.entries(recordedSamples)) {
  Deno.test(`the recorded texts of '${name}' are of the shipped weights, which draw their beginning again`, async () => {
    const shipped = (await readRecord(name))?.weights?.checksum, record = await readSamples(name);
    assertEquals(record?.weights, shipped, `run \`deno task record ${name}\``);
    const drawn = record!.samples.map(({ texts: _, ...options }) => options);
    assertEquals(drawn, plans, `the options have changed: run \`deno task record ${name}\``);
    assertEquals(record!.samples.map(({ texts }) => texts.length), plans.map(({ count }) => count));
    const engine = await openEngine("cpu");
    try {
      const trained = await openTrained(engine, name);
      const [again] = await drawSample(trained, { ...plans.at(-1)!, length: 40, count: 1 });
      // A character of several bytes may have been cut.
      const whole = again.replace(/\ufffd+$/, "");
      assert(whole.length > 20);
      assertEquals(record!.samples.at(-1)!.texts[0].slice(0, whole.length), whole);
    } finally {
      await engine.close();
    }
  });
}

Deno.test("what was measured of Wikipedia's memory is of the shipped weights, and its rows follow each other", async () => {
  const memory = await readMemory("wikipedia");
  const shipped = (await readRecord("wikipedia"))?.weights?.checksum;
  assertEquals(memory?.weights, shipped, "run `deno task record wikipedia --only memory`");
  memory!.contexts.forEach(({ from, to, bits, gain }, k, rows) => {
    assertEquals([from, to], [4 ** k, 4 ** (k + 1) - 1]);
    if (k > 0) assert(Math.abs(rows[k - 1].bits - bits - gain!) < 1e-9);
  });
});

Deno.test("records are read as they were written; others are refused, with the place", () =>
  withFolder(async (results) => {
    const samples: SampleRecord = {
      ...origin,
      samples: [{ prime: "a", temperature: 1, seed: 2, length: 3, count: 1, texts: ["\u00e9\ufffd\n"] }],
    };
    const memory: MemoryRecord = {
      ...origin,
      data: "some text",
      symbols: 9,
      contexts: [{ from: 1, to: 3, bits: 2, gain: null, error: null }],
      closings: [{ kind: "(…)", from: 4, to: 7, spans: 10, probability: 0.5, unopened: 0 }],
    };
    assertEquals([await readSamples("x", results), await readMemory("x", results)], [undefined, undefined]);
    await writeSamples("x", samples, results);
    await writeMemory("x", memory, results);
    assertEquals(await readSamples("x", results), samples);
    assertEquals(await readMemory("x", results), memory);
    await writeMemory("x", { ...memory, contexts: [{ ...memory.contexts[0], bits: -1 }] }, results);
    await assertRejects(
      () => readMemory("x", results),
      Error,
      "contexts.0.bits: expected a number of 0 or more",
    );
    await Deno.writeTextFile(`${results}/samples/x.json`, JSON.stringify({ ...samples, weights: "abc" }));
    await assertRejects(() => readSamples("x", results), Error, "weights: expected a SHA-256");
    await assertRejects(() => readSamples("../x", results), Error);
  }));

Deno.test("deno task record: what it cannot record is refused before any work", async () => {
  const script = fileURLToPath(new URL("../../lib/cli/record.ts", import.meta.url));
  const run = async (...args: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", script, ...args] })
      .output();
    return { code, said: new TextDecoder().decode(stderr) };
  };
  for (
    const [args, said] of [
      [["synthesis"], "Choose one of char, word, wikipedia"],
      [["char", "--only", "memory"], "no memory is recorded, only of 'wikipedia'"],
      [["wikipedia", "--symbols", "10"], "at least 10000"],
    ] as const
  ) {
    const result = await run(...args);
    assertEquals(result.code, 2, result.said);
    assertStringIncludes(result.said, said);
  }
});
