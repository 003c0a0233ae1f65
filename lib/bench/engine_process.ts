/** The process of one engine: `engine_process.ts <entrant as JSON>`. */
import { type Engine, type EngineName, openEngine } from "../engine/mod.ts";
import { Random } from "../random.ts";
import { synthesise } from "../sampling/mod.ts";
import { peakMemory, serve } from "./protocol.ts";
import { check, TrainingStep } from "./training_step.ts";
import { makeWorkload, type Sizes } from "./workload.ts";

export interface EngineChoice {
  engine: EngineName;
  blas?: boolean;
  threads?: number;
  /** Of webgpu: whether an adapter in software will do. */
  software?: boolean;
}

async function open({ engine, blas, threads, software }: EngineChoice): Promise<Engine> {
  if (engine === "webgpu") {
    const { openWebgpuEngine } = await import("../engine/webgpu/mod.ts");
    return await openWebgpuEngine({ adapter: software ? "any" : "hardware" });
  }
  if (engine === "tfjs") {
    const { openTfjsEngine } = await import("../engine/tfjs.ts");
    return await openTfjsEngine({ backend: "wasm" });
  }
  return await openEngine(engine, { blas, threads });
}

const seconds = async (work: () => Promise<unknown>) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

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
        return { seconds: await seconds(async () => loss = await step!.run()), loss };
      },
      memory: () => ({ bytes: peakMemory() }),
      sgemm: async ({ size }: { size: number }) => ({ seconds: await sgemm(engine, size) }),
      sample: async ({ lines, points }: { lines: number; points: number }) => {
        const { batch: { characters, size } } = step!.workload;
        const length = characters!.length / size;
        const texts = Array.from({ length: lines }, (_, k) => {
          const from = (k % size) * length;
          return characters!.subarray(from, from + length);
        });
        let steps = 0;
        const time = await seconds(async () => {
          const samples = await synthesise(step!.network, {
            texts,
            seed: 1,
            maximumSteps: points,
            lanes: lines,
          });
          for (const sample of samples) steps += sample.steps;
        });
        if (steps !== lines * points) {
          throw new Error(`Asked for ${lines} lines of ${points} points, got ${steps} points in all.`);
        }
        return { seconds: time };
      },
    },
  };
});

/** The seconds of one product of two square matrices. */
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
    return await seconds(product);
  } finally {
    engine.free(a, b, out);
  }
}
