/** The process of one engine that is measured: `engine_process.ts <choice as JSON>`. */
import { type Engine, type EngineName, openEngine, type Precision } from "../engine/mod.ts";
import { Random } from "../random.ts";
import { synthesise } from "../sampling/mod.ts";
import { serve } from "./process.ts";
import { check, makeWorkload, type Sizes, TrainingStep } from "./workload.ts";

export interface EngineChoice {
  engine: EngineName;
  blas?: boolean;
  precision?: Precision;
  threads?: number;
}

async function open({ engine, blas, precision, threads }: EngineChoice): Promise<Engine> {
  if (engine !== "tfjs") return await openEngine(engine, { blas, precision, threads });
  // This backend is the faster one of its two.
  return await (await import("../engine/tfjs/mod.ts")).openTfjsEngine({ backend: "wasm" });
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

await serve(async () => {
  const engine = await open(JSON.parse(Deno.args[0]));
  let step: TrainingStep | undefined;
  return {
    ready: engine.description,
    handlers: {
      check: ({ sizes }: { sizes: Sizes }) => check(engine, makeWorkload(sizes)),
      prepare: ({ sizes }: { sizes: Sizes }) => {
        step?.free();
        step = new TrainingStep(engine, makeWorkload(sizes));
      },
      step: async () => {
        let loss = NaN;
        return { seconds: await secondsOf(async () => loss = await step!.run()), loss };
      },
      memory: () => ({ bytes: peakMemory() }),
      sgemm: async ({ size }: { size: number }) => ({ seconds: await sgemm(engine, size) }),
      sample: async (size: { lines: number; points: number }) => ({ seconds: await sample(step!, size) }),
    },
  };
});

/** The seconds for one product of two square matrices. */
async function sgemm(engine: Engine, n: number): Promise<number> {
  const random = new Random(1, "sgemm");
  const values = Float32Array.from({ length: n * n }, () => random.uniform() - 0.5);
  const [a, b] = [engine.tensor([n, n], values), engine.tensor([n, n], values)];
  const out = engine.empty([n, n]);
  try {
    const product = async () => {
      engine.matmul(a, b, out);
      await engine.read(engine.rows(out, 0, 1));
    };
    await product();
    return await secondsOf(product);
  } finally {
    engine.free(a, b, out);
  }
}

/** The seconds for lines of so many points, all together. Throws if they have another length. */
async function sample(
  { network, workload: { batch: { characters, size } } }: TrainingStep,
  { lines, points }: { lines: number; points: number },
): Promise<number> {
  const length = characters!.length / size;
  const texts = Array.from({ length: lines }, (_, k) => {
    const from = (k % size) * length;
    return characters!.subarray(from, from + length);
  });
  let steps = 0;
  const seconds = await secondsOf(async () => {
    const samples = await synthesise(network, { texts, seed: 1, maximumSteps: points, lanes: lines });
    for (const sample of samples) steps += sample.steps;
  });
  if (steps === lines * points) return seconds;
  throw new Error(`Asked for ${lines} lines of ${points} points, got ${steps} points in all.`);
}

/** Most bytes of memory that this process has had (resident), where the system says so; else what it has
 * now. */
function peakMemory(): number {
  if (Deno.build.os === "linux") {
    const peak = Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\s+(\d+) kB/);
    if (peak) return 1024 * Number(peak[1]);
  }
  return Deno.memoryUsage().rss;
}
