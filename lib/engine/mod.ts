/** Opens an engine by its name. Engines are imported only when asked for, so that importing the library is fast. */
import type { Engine } from "./engine.ts";

export type * from "./engine.ts";

export const engineNames = ["auto", "cpu", "webgpu", "tensorflow", "tfjs", "float64"] as const;
export type EngineName = typeof engineNames[number];

export interface EngineOptions {
  /** Threads of the cpu engine; default: all cores. */
  threads?: number;
  /** Whether the cpu engine may use the system's BLAS; default true. */
  blas?: boolean;
  /** Receives one line on what `auto` picked and why. */
  report?: (message: string) => void;
}

/**
 * Opens an engine; the caller closes it. `auto` takes WebGPU where there is a hardware adapter, else the cpu engine.
 * Throws, with what is missing, if the engine cannot work here.
 */
export async function openEngine(name: EngineName = "auto", options: EngineOptions = {}): Promise<Engine> {
  const { report, ...rest } = options;
  if (name === "auto") {
    const adapter = await hardwareAdapter();
    report?.(
      adapter
        ? `Engine: webgpu, because this machine has the adapter ${adapter}.`
        : "Engine: cpu, because WebGPU finds no hardware adapter here.",
    );
    return await openEngine(adapter ? "webgpu" : "cpu", rest);
  }
  const open = openers[name];
  if (!open) throw new Error(`There is no engine '${name}'. Choose one of ${engineNames.join(", ")}.`);
  return await open(rest);
}

const openers: Record<Exclude<EngineName, "auto">, (options: EngineOptions) => Promise<Engine>> = {
  cpu: async (options) => (await module("./cpu/mod.ts")).openCpuEngine(options),
  webgpu: async () => (await module("./webgpu/mod.ts")).openWebgpuEngine(),
  tensorflow: async () => (await module("./tensorflow.ts")).openTensorflowEngine(),
  tfjs: async () => (await module("./tfjs.ts")).openTfjsEngine(),
  float64: async () => new (await import("./float64.ts")).Float64Engine(),
};

// deno-lint-ignore no-explicit-any
const module = (path: string): Promise<any> => import(new URL(path, import.meta.url).href);

/** The name of a WebGPU adapter that is not software, if there is one. */
async function hardwareAdapter(): Promise<string | undefined> {
  // Without it the search for adapters complains on Linux, though none of them needs it.
  if (Deno.build.os === "linux" && !Deno.env.has("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() =>
    null
  );
  if (!adapter) return undefined;
  const { vendor = "", device = "", description = "" } = adapter.info ?? {};
  const software = adapter.info?.isFallbackAdapter || /llvmpipe|swiftshader|softpipe|warp|basic render/i.test(
    `${vendor} ${device} ${description}`,
  );
  return software ? undefined : description || device || vendor || "unnamed";
}
