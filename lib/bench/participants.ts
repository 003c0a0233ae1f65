/** Who takes part in the bench: the engines, their peers, and the BLAS whose rate tells what this machine can
 * do at all. */
import { fileURLToPath } from "node:url";
import { pythonWith } from "../python.ts";
import type { EngineChoice } from "./engine_process.ts";

export interface Participant {
  name: string;
  /** In the tables. */
  label: string;
  /** What is timed: the rate of square products on `cores` cores; training steps; these and sampling. */
  kind: "sgemm" | "peer" | "engine";
  /** The command that starts its process. Throws, with what to install, if it is not here. */
  command(): string[] | Promise<string[]>;
  env?: Record<string, string>;
  cores?: number;
  /** Its LSTM has no peepholes, and the window's vectors are given to it. */
  plainLstm?: boolean;
  /** It is too slow for a whole step: it does one of so many points, and the time is scaled linearly. */
  steps?: number;
}

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const engineCommand = (choice: EngineChoice) => () => {
  return [Deno.execPath(), "run", "-A", path("engine_process.ts"), JSON.stringify(choice)];
};

/** Points of a line for those that take minutes for a whole step. */
export const shortened = 16;

export function engines(threads: number): Participant[] {
  const engine = (name: string, label: string, choice: EngineChoice, steps?: number): Participant => {
    return { name, label, kind: "engine", command: engineCommand(choice), steps };
  };
  return [
    engine("cpu", "cpu engine, BLAS", { engine: "cpu", blas: true, threads }),
    engine("cpu-bfloat16", "cpu engine, bfloat16", { engine: "cpu", precision: "bfloat16", threads }),
    engine("cpu-no-blas", "cpu engine, no BLAS", { engine: "cpu", blas: false, threads }),
    engine("webgpu", "webgpu engine", { engine: "webgpu" }),
    engine("tensorflow", "tensorflow engine", { engine: "tensorflow" }),
    engine("tfjs", "tfjs engine (plain tfjs ops)", { engine: "tfjs" }, shortened),
  ];
}

async function python(module: string): Promise<string> {
  const found = await pythonWith(module);
  if (found) return found;
  throw new Error(`Python's ${module} is not installed: \`pip install ${module}\`, or the same into .venv`);
}

export function peers(threads: number): Participant[] {
  const networks = {
    eager: "eager, the same network",
    compile: "with torch.compile, the same network",
    lstm: "nn.LSTM, no peepholes",
  };
  const torch = (model: keyof typeof networks, device: "cpu" | "gpu"): Participant => {
    const gpu = device === "gpu";
    return {
      name: `torch-${model}${gpu ? "-gpu" : ""}`,
      label: `PyTorch ${networks[model]}${gpu ? ", GPU" : ""}`,
      kind: "peer",
      command: async () => [await python("torch"), path("peers/pytorch.py"), model, device, String(threads)],
      plainLstm: model === "lstm",
    };
  };
  const jax: Participant = {
    name: "jax",
    label: "JAX lax.scan, the same network",
    kind: "peer",
    command: async () => [await python("jax"), path("peers/jax_scan.py"), String(threads)],
  };
  const models = ["eager", "compile", "lstm"] as const;
  return [...models.map((model) => torch(model, "cpu")), jax, ...models.map((model) => torch(model, "gpu"))];
}

/** The sgemm rate on one core and on all, through the cpu engine's binding to the BLAS that it finds. */
export function blasRates(threads: number): Participant[] {
  return rates(threads, (cores) => ({
    name: `blas-${cores}`,
    label: `system's BLAS, ${coresOf(cores)}`,
    command: engineCommand({ engine: "cpu", blas: true, threads: cores }),
  }));
}

/** The same through PyTorch's or NumPy's BLAS. */
export function pythonRates(threads: number): Participant[] {
  const names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];
  return rates(threads, (cores) => ({
    name: `python-${cores}`,
    label: `Python's BLAS, ${coresOf(cores)}`,
    command: async () => {
      const torch = await pythonWith("torch");
      return torch
        ? [torch, path("peers/pytorch.py"), "eager", "cpu", String(cores)]
        : [await python("numpy"), path("peers/numpy_sgemm.py")];
    },
    env: Object.fromEntries(names.map((name) => [name, String(cores)])),
  }));
}

function rates(threads: number, of: (cores: number) => Omit<Participant, "kind" | "cores">): Participant[] {
  return [...new Set([1, threads])].map((cores) => ({ ...of(cores), kind: "sgemm", cores }));
}
const coresOf = (count: number) => count === 1 ? "1 core" : `${count} cores`;
