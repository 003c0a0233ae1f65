/** Opens an engine by its name. Engines are imported only when asked for, so that importing the library is
 * fast. */
import { checkOptions } from "../check_options.ts";
import { type Engine, type Precision, precisions } from "./engine.ts";
import { mayUseCuda } from "./tensorflow/installed.ts";

export { precisions };
export type * from "./engine.ts";

export const engineNames = ["auto", "cpu", "webgpu", "tensorflow", "tfjs", "float64"] as const;
export type EngineName = typeof engineNames[number];

export interface EngineOptions {
  /** Threads of the cpu engine; default: all cores. */
  threads?: number;
  /** Whether the cpu engine may use the system's BLAS; default true. */
  blas?: boolean;
  /** In what the cpu engine multiplies matrices; default `float32`. */
  precision?: Precision;
  /** Receives one line on what `auto` picked and why. */
  report?: (message: string) => void;
}

/**
 * Opens an engine; the caller closes it. `auto` takes TensorFlow where it is set up and finds a CUDA device,
 * WebGPU where there is a graphics card, else the cpu engine. Throws, with what is missing, if the engine
 * cannot work here.
 */
export async function openEngine(name: EngineName = "auto", options: EngineOptions = {}): Promise<Engine> {
  checkOptions("openEngine", options, ["threads", "blas", "precision", "report"]);
  const { precision = "float32" } = options;
  if (!precisions.includes(precision)) {
    throw new Error(`There is no precision '${precision}'. Choose one of ${precisions.join(", ")}.`);
  }
  const lower = precision !== "float32", chosen = lower && name === "auto" ? "cpu" : name;
  const open = Object.hasOwn(openers, chosen) && openers[chosen];
  if (!open) throw new Error(`There is no engine '${name}'. Choose one of ${engineNames.join(", ")}.`);
  if (lower && chosen !== "cpu") {
    throw new Error(`Only the cpu engine multiplies in ${precision}; found the engine '${name}'.`);
  }
  return await open(options);
}

const openers: Record<EngineName, (options: EngineOptions) => Promise<Engine>> = {
  auto: openBest,
  cpu: async ({ threads, blas, precision }) =>
    await (await import("./cpu/mod.ts")).openCpuEngine({ threads, blas, precision }),
  webgpu: async () => await (await import("./webgpu/mod.ts")).openWebgpuEngine(),
  tensorflow: async () => await (await import("./tensorflow/mod.ts")).openTensorflowEngine(),
  tfjs: async () => await (await import("./tfjs/mod.ts")).openTfjsEngine(),
  float64: async () => new (await import("./float64.ts")).Float64Engine(),
};

async function openBest(options: EngineOptions): Promise<Engine> {
  const { report = () => {} } = options;
  if (await mayUseCuda()) {
    try {
      const { openTensorflowEngine } = await import("./tensorflow/mod.ts");
      const engine = await openTensorflowEngine({ device: "CUDA" });
      report("Engine: tensorflow, because it is set up here and finds a CUDA device.");
      return engine;
    } catch (error) {
      report(`Not tensorflow: ${(error as Error).message}`);
    }
  }
  try {
    const engine = await (await import("./webgpu/mod.ts")).openWebgpuEngine({ adapter: "hardware" });
    report("Engine: webgpu, because this machine has a graphics card.");
    return engine;
  } catch (error) {
    const engine = await openers.cpu(options);
    report(`Engine: ${engine.description}. ${(error as Error).message}`);
    if (options.blas !== false && !engine.description.includes("BLAS")) {
      report("With a BLAS it would be at least twice as fast: `deno task blas` installs one.");
    }
    return engine;
  }
}
