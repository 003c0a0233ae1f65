/** The bench measures what it says: the same network everywhere, in turns, and nobody waits for ever. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { formatTable, paperSizes, type Results, stepFlops, targets } from "../lib/bench/mod.ts";
import { Contestant } from "../lib/bench/contestant.ts";
import { parseAnswer } from "../lib/bench/protocol.ts";
import { type Entrant, peers } from "../lib/bench/field.ts";
import { Race } from "../lib/bench/race.ts";
import { map, median, ratio, summarise } from "../lib/bench/statistics.ts";
import { difference } from "../lib/bench/training_step.ts";
import { makeWorkload } from "../lib/bench/workload.ts";
import { root } from "../lib/files.ts";
import { pythonWith } from "../lib/python.ts";

Deno.test("a step of the paper's network counts its matrix products three times over", () => {
  const { steps: T, batch: B, cells: H } = paperSizes;
  const inputs = 3 * 3 + 3 * 75 + 2 * H; // x, w and the layer below, of three layers
  const weights = inputs * 4 * H + 3 * H * 4 * H + H * 30 + 3 * H * 121;
  assertEquals(stepFlops(paperSizes), 3 * 2 * weights * T * B);
  assertAlmostEquals(stepFlops(paperSizes) / 1e11, 5.0, 0.05);
});

Deno.test("medians of odd and even numbers of values, ratios round by round", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  const slow = summarise([2, 20, 200]), fast = summarise([1, 10, 100]);
  assertEquals(ratio(slow, fast), { median: 2, lowest: 2, highest: 2, values: [2, 2, 2] });
  assertEquals(map(fast, (x) => 100 / x), { median: 10, lowest: 1, highest: 100, values: [100, 10, 1] });
});

Deno.test("a table's columns are as wide as their widest cell", () => {
  assertEquals(formatTable("T", ["a", "bb"], [["one", "1"]]), "T\n  a    bb\n  one   1");
  assertEquals(formatTable("T", ["a"], []), "");
});

Deno.test("targets are told from medians of the same rounds, and only of what was measured", () => {
  const none: Results = {
    ...{ sgemm: [], steps: [], products: [], sampling: [], startup: [], cost: [], skipped: [] },
  };
  assertEquals(targets(none), []);
  const step = (name: string, seconds: number[], share: number) => ({
    ...{ name, label: name, description: "", measuredSteps: null, peakBytes: null, loss: null },
    ...{ seconds: summarise(seconds), gigaflops: summarise(seconds), share: summarise([share]) },
  });
  const found = targets({ ...none, steps: [step("cpu", [1, 2], 0.8), step("torch-lstm", [0.9, 1.8], 0.9)] });
  assertEquals(found.map(({ reached }) => reached), [true, false]);
  assertAlmostEquals(found[1].found, 0.9, 1e-12);
});

Deno.test("samples of the bench's network get the length that is asked for", () => {
  const { weights, batch } = makeWorkload({ ...paperSizes, steps: 2, batch: 1, cells: 4 });
  const kappa = weights.b_p.values.subarray(2 * weights.b_p.values.length / 3);
  // The window's speed, in characters a point, must not take it past 30 characters in 700 points.
  assert(Math.exp(kappa[0]) * 700 < batch.textLengths![0]);
});

/** A contestant that is a script in Python's or Deno's place. */
const script = (code: string) => ({ command: [Deno.execPath(), "eval", code] });
const ready = `console.log('{"ready":"it"}');`;

Deno.test("what is no answer is passed over", () => {
  assertEquals(parseAnswer("hello"), undefined);
  assertEquals(parseAnswer("{not json"), undefined);
  assertEquals(parseAnswer('{"seconds":1}'), { seconds: 1 });
});

Deno.test("a contestant answers; libraries may chatter in between", async () => {
  const contestant = await Contestant.start(
    script(`${ready} for await (const _ of Deno.stdin.readable) console.log('hello\\n{"seconds":2}')`),
    60,
  );
  try {
    assertEquals(contestant.description, "it");
    assertEquals(await contestant.ask({ do: "step" }, 60), { seconds: 2 });
  } finally {
    await contestant.close();
  }
});

Deno.test("a contestant that hangs, fails or dies is given up with a reason", async () => {
  await assertRejects(
    () => Contestant.start(script("console.error('no card'); Deno.exit(3)"), 60),
    Error,
    "its process ended with code 3: no card",
  );
  await assertRejects(
    () => Contestant.start(script(`console.log('{"error":"not installed"}')`), 60),
    Error,
    "not installed",
  );
  const hanging = await Contestant.start(script(`${ready} setInterval(() => {}, 1000)`), 60);
  await assertRejects(() => hanging.ask({ do: "step" }, 0.2), Error, "no answer within 0.2 s");
});

const race = async (work: (race: Race) => Promise<void>) => {
  const folder = await Deno.makeTempDir();
  const race = new Race(600, folder, () => {});
  try {
    await work(race);
  } finally {
    await race.close();
    await Deno.remove(folder, { recursive: true });
  }
};

Deno.test("who computes another network does not race", async () => {
  const expected = { loss: 3, gradientNorm: 1, nextLoss: 2.9 };
  assertEquals(difference({ ...expected, loss: 3.00001 }, expected), undefined);
  assertStringIncludes(difference({ ...expected, gradientNorm: 1.1 }, expected)!, "gradientNorm is 1.1");
  assertStringIncludes(difference({ ...expected, nextLoss: NaN }, expected)!, "nextLoss is NaN");
  const answer = JSON.stringify(expected);
  const impostor: Entrant = {
    ...{ name: "impostor", label: "impostor", kind: "peer", network: "whole" },
    program: () => script(`${ready} for await (const _ of Deno.stdin.readable) console.log('${answer}')`),
  };
  await race(async (race) => {
    await race.start(impostor);
    assertEquals(race.running, []);
    assertStringIncludes(race.skipped[0].reason, "does not compute the same network");
  });
});

const torch = await pythonWith("torch");
Deno.test({
  name: "PyTorch's networks are the library's: loss, gradient and update",
  ignore: !torch,
  fn: () =>
    race(async (race) => {
      for (const peer of peers(1).filter(({ name }) => name === "torch-eager" || name === "torch-lstm")) {
        await race.start(peer);
      }
      assertEquals(race.skipped, []);
      assertEquals(race.running.length, 2);
    }),
});

const bench = async (...args: string[]) => {
  const path = fileURLToPath(new URL("../lib/cli/bench.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", path, ...args],
    cwd: root,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), complaints: text(stderr) };
};

Deno.test("deno task bench --quick prints tables and writes JSON", async () => {
  const json = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const args = ["--engines", "cpu-no-blas", "--peers", "none", "--rounds", "1", "--threads", "1"];
    const { code, out, complaints } = await bench("--quick", ...args, "--json", json);
    assertEquals(code, 0, complaints);
    assertStringIncludes(out, "One training step");
    const { steps, sampling, cost, startup, skipped, sgemm } = JSON.parse(await Deno.readTextFile(json));
    assertEquals(steps.map((row: { label: string }) => row.label), ["cpu engine, no BLAS"]);
    assert(steps[0].seconds.median > 0 && steps[0].loss > 0);
    assertEquals(sampling.map((row: { lines: number }) => row.lines), [1, 4]);
    assertEquals(cost.length, 6);
    assertEquals(startup.map((row: { what: string }) => row.what), ["nothing", "library"]);
    // Without any BLAS there is no rate to compare with, and the run says so.
    assert(sgemm.length > 0 ? steps[0].share.median > 0 : skipped.length > 0);
  } finally {
    await Deno.remove(json);
  }
});

Deno.test("an unknown engine is refused with the names that there are", async () => {
  const { code, complaints } = await bench("--engines", "abacus");
  assertEquals(code, 2);
  assertStringIncludes(complaints, "there is no 'abacus'. Choose among cpu, cpu-no-blas");
});
