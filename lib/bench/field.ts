/** Who takes part: engines, peers, and the yardsticks that tell what this machine can do at all. */
import { fileURLToPath } from "node:url";
import { pythonWith } from "../python.ts";
import type { Program } from "./contestant.ts";
import type { EngineChoice } from "./engine_process.ts";

export interface Entrant {
  name: string;
  kind: "yardstick" | "engine" | "peer";
  /** In the tables. */
  label: string;
  /** Throws, with what to install, if it is not here. */
  program(): Program | Promise<Program>;
  /** The network that it computes: all of it, or (nn.LSTM) without peepholes, checked without a window. */
  network?: "whole" | "plain LSTM";
  /** Too slow for a whole step: it does one of so many points, and the time is scaled linearly. */
  steps?: number;
  /** Cores that a yardstick uses. */
  cores?: number;
  /** Multiplies matrices only. */
  productsOnly?: boolean;
}

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const deno = (script: string, ...args: string[]): Program => ({
  command: [Deno.execPath(), "run", "-A", path(script), ...args],
});
const engineProgram = (choice: EngineChoice) => () => deno("engine_process.ts", JSON.stringify(choice));

/** Points of a line for entrants that take minutes for a whole step. */
export const shortened = 16;

export const engineEntrants = ["cpu", "cpu-no-blas", "webgpu", "tensorflow", "tfjs"] as const;

export function engines(threads: number, explicit: boolean): Entrant[] {
  const entrant = (
    name: string,
    label: string,
    choice: EngineChoice,
    rest: Partial<Entrant> = {},
  ): Entrant => ({
    ...{ name, label, kind: "engine", network: "whole", program: engineProgram(choice) },
    ...rest,
  });
  return [
    entrant("cpu", "cpu engine, BLAS", { engine: "cpu", blas: true, threads }),
    entrant("cpu-no-blas", "cpu engine, no BLAS", { engine: "cpu", blas: false, threads }),
    // An adapter in software is for tests: it is measured only where it is asked for by name.
    entrant("webgpu", "webgpu engine", { engine: "webgpu", software: explicit }),
    entrant("tensorflow", "tensorflow engine", { engine: "tensorflow" as EngineChoice["engine"] }),
    entrant("tfjs", "tfjs engine (plain tfjs ops)", { engine: "tfjs" }, { steps: shortened }),
  ];
}

const install = {
  torch: "PyTorch is not installed: `pip install torch`, or the same into .venv",
  numpy: "NumPy is not installed: `pip install numpy`",
};

async function python(module: keyof typeof install): Promise<string> {
  const found = await pythonWith(module);
  if (!found) throw new Error(install[module]);
  return found;
}

export const peerEntrants = [
  "torch-eager",
  "torch-lstm",
  "torch-eager-gpu",
  "torch-lstm-gpu",
  "jax-js",
] as const;

export function peers(threads: number): Entrant[] {
  const torch = (model: "eager" | "lstm", device: "cpu" | "gpu"): Entrant => ({
    name: `torch-${model}${device === "gpu" ? "-gpu" : ""}`,
    kind: "peer",
    label: `PyTorch ${model === "eager" ? "eager, the same network" : "nn.LSTM, no peepholes"}${
      device === "gpu" ? ", GPU" : ""
    }`,
    network: model === "eager" ? "whole" : "plain LSTM",
    program: async () => ({
      command: [await python("torch"), path("peers/pytorch.py"), model, device, String(threads)],
    }),
  });
  return [
    torch("eager", "cpu"),
    torch("lstm", "cpu"),
    torch("eager", "gpu"),
    torch("lstm", "gpu"),
    {
      name: "jax-js",
      kind: "peer",
      label: "jax-js",
      program: () => ({
        command: [
          Deno.execPath(),
          "run",
          "-A",
          "--quiet",
          "--no-config",
          "--no-lock",
          path("peers/jax_js.ts"),
        ],
      }),
      productsOnly: true,
    },
  ];
}

/** The sgemm rate on one core and on all, through the cpu engine's binding to the system's BLAS. */
export function blasYardsticks(threads: number): Entrant[] {
  return counts(threads).map((cores) => ({
    name: `blas-${cores}`,
    kind: "yardstick",
    label: `system's BLAS, ${coresOf(cores)}`,
    program: engineProgram({ engine: "cpu", blas: true, threads: cores }),
    cores,
  }));
}

/** The same through PyTorch's or NumPy's BLAS. */
export function pythonYardsticks(threads: number): Entrant[] {
  return counts(threads).map((cores) => ({
    name: `python-${cores}`,
    kind: "yardstick",
    label: `Python's BLAS, ${coresOf(cores)}`,
    program: async () => {
      const torch = await pythonWith("torch");
      if (torch) return { command: [torch, path("peers/pytorch.py"), "eager", "cpu", String(cores)] };
      const env = Object.fromEntries(
        ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"].map((name) => [name, String(cores)]),
      );
      return { command: [await python("numpy"), path("peers/numpy_sgemm.py")], env };
    },
    cores,
  }));
}

const counts = (threads: number) => [...new Set([1, threads])];
const coresOf = (count: number) => count === 1 ? "1 core" : `${count} cores`;
