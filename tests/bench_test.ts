/** The bench measures what it says: the same network everywhere, in turns, and nobody waits for ever. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { describeTogether, measureTogether, paperSizes, peers, stepFlops } from "../lib/bench/mod.ts";
import type { Participant } from "../lib/bench/participants.ts";
import { MeasuredProcess, parseAnswer } from "../lib/bench/process.ts";
import { map, ratio, summarise } from "../lib/bench/results.ts";
import { Bench } from "../lib/bench/run.ts";
import { inColumns } from "../lib/columns.ts";
import { difference, makeWorkload } from "../lib/bench/workload.ts";
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
  assertEquals(summarise([3, 1, 2]), { median: 2, lowest: 1, highest: 3, values: [3, 1, 2] });
  assertEquals(summarise([4, 1, 2, 3]).median, 2.5);
  const slow = summarise([2, 20, 200]), fast = summarise([1, 10, 100]);
  assertEquals(ratio(slow, fast), { median: 2, lowest: 2, highest: 2, values: [2, 2, 2] });
  assertEquals(map(fast, (x) => 100 / x), { median: 10, lowest: 1, highest: 100, values: [100, 10, 1] });
});

Deno.test("a table's columns are as wide as their widest cell", () => {
  assertEquals(inColumns([["a", "bb"], ["one", "1"]], (k) => k === 0), ["a    bb", "one   1"]);
});

Deno.test("samples of the bench's network get the length that is asked for", () => {
  const { weights, batch } = makeWorkload({ ...paperSizes, steps: 2, batch: 1, cells: 4 });
  const kappa = weights.b_p.values.subarray(2 * weights.b_p.values.length / 3);
  // The window's speed, in characters a point, must not take it past 30 characters in 700 points.
  assert(Math.exp(kappa[0]) * 700 < batch.textLengths![0]);
});

/** The command of a script in an engine's or a peer's place. */
const script = (code: string) => [Deno.execPath(), "eval", code];
const ready = `console.log('{"ready":"it"}');`;

Deno.test("what is no answer is passed over", () => {
  assertEquals(parseAnswer("hello"), undefined);
  assertEquals(parseAnswer("{not json"), undefined);
  assertEquals(parseAnswer('{"seconds":1}'), { seconds: 1 });
});

Deno.test("a process answers; libraries may chatter in between", async () => {
  const participant = await MeasuredProcess.start(
    script(`${ready} for await (const _ of Deno.stdin.readable) console.log('hello\\n{"seconds":2}')`),
    60,
  );
  try {
    assertEquals(participant.description, "it");
    assertEquals(await participant.ask({ do: "step" }, 60), { seconds: 2 });
  } finally {
    await participant.close();
  }
});

Deno.test("a process that hangs, fails or dies is given up with a reason", async () => {
  await assertRejects(
    () => MeasuredProcess.start(script("console.error('no card'); Deno.exit(3)"), 60),
    Error,
    "its process ended with code 3: no card",
  );
  await assertRejects(
    () => MeasuredProcess.start(script(`console.log('{"error":"not installed"}')`), 60),
    Error,
    "not installed",
  );
  const hanging = await MeasuredProcess.start(script(`${ready} setInterval(() => {}, 1000)`), 60);
  await assertRejects(() => hanging.ask({ do: "step" }, 0.2), Error, "no answer within 0.2 s");
});

const withBench = async (work: (bench: Bench) => Promise<void>) => {
  const bench = await Bench.open(600, () => {});
  try {
    await work(bench);
  } finally {
    await bench.close();
  }
};

Deno.test("a participant that computes another network is left out", async () => {
  const expected = { loss: 3, gradientNorm: 1, nextLoss: 2.9 };
  assertEquals(difference({ ...expected, loss: 3.00001 }, expected), undefined);
  assertStringIncludes(difference({ ...expected, gradientNorm: 1.1 }, expected)!, "gradientNorm is 1.1");
  assertStringIncludes(difference({ ...expected, nextLoss: NaN }, expected)!, "nextLoss is NaN");
  const answer = JSON.stringify(expected);
  const impostor: Participant = {
    name: "impostor",
    label: "impostor",
    kind: "peer",
    command: () => script(`${ready} for await (const _ of Deno.stdin.readable) console.log('${answer}')`),
  };
  await withBench(async (bench) => {
    await bench.start(impostor);
    assertEquals(bench.running, []);
    assertStringIncludes(bench.skipped[0].reason, "does not compute the same network");
  });
});

for (const module of ["torch", "jax"]) {
  const installed = await pythonWith(module);
  Deno.test({
    name: `what is written with ${module} computes the library's network: loss, gradient and update`,
    ignore: !installed,
    fn: () =>
      withBench(async (bench) => {
        const here = peers(1).filter(({ name }) => name.startsWith(module) && !name.endsWith("-gpu"));
        for (const peer of here) await bench.start(peer);
        assertEquals(bench.skipped, []);
        assertEquals(bench.running.length, here.length);
      }),
  });
}

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
    const { steps, batches, sampling, cost, startup, skipped, sgemm } = JSON.parse(
      await Deno.readTextFile(json),
    );
    assertEquals(steps.map((row: { label: string }) => row.label), ["cpu engine, no BLAS"]);
    assert(steps[0].seconds.median > 0 && steps[0].loss > 0);
    assertEquals(sampling.map((row: { lines: number }) => row.lines), [1, 4]);
    assertEquals(batches.map((row: { batch: number }) => row.batch), [1, 2]);
    assertEquals(cost.length, 4);
    assertEquals(startup.map((row: { what: string }) => row.what), ["nothing", "library"]);
    // Without any BLAS there is no rate to compare with, and the run says so.
    assert(sgemm.length > 0 ? steps[0].share.median > 0 : skipped.length > 0);
  } finally {
    await Deno.remove(json);
  }
});

Deno.test("deno task bench --webgpu counts where there is no adapter, too, and leaves out what could not be timed", async () => {
  const { code, out, complaints } = await bench("--quick", "--webgpu", "--rounds", "1");
  assertEquals(code, 0, complaints);
  assertStringIncludes(out, "any card, counted");
  assert(/of them in time loops, a time step +8\b/.test(out), out);
  assert(/WebGPU on .+/.test(out) || complaints.includes("WebGPU found no adapter"), out + complaints);
  const refused = await bench("--webgpu", "--mpi");
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.complaints, "tables of their own");
});

Deno.test("an unknown engine is refused with the names that there are", async () => {
  const { code, complaints } = await bench("--engines", "abacus");
  assertEquals(code, 2);
  assertStringIncludes(complaints, "there is no 'abacus'. Choose among cpu, cpu-bfloat16, cpu-no-blas");
});

const hasMpi = await new Deno.Command("mpirun", { args: ["--version"] }).output().then(
  () => true,
  () => false,
);

Deno.test({
  name: hasMpi
    ? "the step by several processes: all compute, and the exchange has its share"
    : "the step by several processes: NOT tested, since there is no mpirun",
  ignore: !hasMpi,
  async fn() {
    const sizes = { steps: 20, batch: 4, layers: 3, cells: 24, characters: 6 };
    const varied = { base: sizes, steps: [], cells: [] };
    const plan = { sizes, batches: [], sgemm: 0, rounds: 2, points: 0, lanes: 0, cost: varied, limit: 300 };
    const rows = await measureTogether(plan, 2, () => {});
    const [one, two, four, eight] = rows;
    assertEquals(one.exchange.values, [0, 0]);
    assertEquals(one.waiting.values, [0, 0]);
    for (const { seconds, exchange, waiting } of [two, four, eight]) {
      assert(seconds.lowest > 0 && exchange.lowest > 0);
      exchange.values.forEach((share, k) => assert(share + waiting.values[k] < 1));
    }
    assert(two.waiting.lowest > 0 && four.waiting.lowest > 0);
    // A ring sends 7/4 of the gradients' bytes.
    const weights = Object.values(makeWorkload(sizes).weights).reduce(
      (sum, { values }) => sum + values.length,
      0,
    );
    const sending = eight.exchange.values.map((share, k) => share * eight.seconds.values[k]);
    for (const seconds of sending) assertAlmostEquals(seconds, 1.75 * 32 * weights / 10e9, 1e-9);
    assertStringIncludes(describeTogether(rows), "8 such nodes at 10 Gbit/s, by calculation");
  },
});
