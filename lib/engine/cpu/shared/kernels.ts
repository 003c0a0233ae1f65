/** The wasm kernels (`assembly/`): pointers are byte addresses, all else numbers. */
type Call = (...parameters: number[]) => void;
/** A kernel that returns the first index that is too large, or −1. */
type Check = (...parameters: number[]) => number;

export interface Kernels {
  gemmWorkBytes(): number;
  packB: Call;
  sgemm: Call;
  sgemmPacked: Call;
  gemv: Call;
  gemvTransposed: Call;
  lstmStep: Call;
  lstmStepBackward: Call;
  windowSteps: Call;
  windowStepsBackward: Call;
  softmaxLoss: Check;
  mixtureLoss: Call;
  fill: Call;
  copy: Call;
  toBfloat16: Call;
  axpy: Call;
  affineRows: Call;
  addColumnSums: Call;
  addLookup: Check;
  addLookupGradient: Check;
  sgd: Call;
  rmsprop: Call;
  adam: Call;
  addNoise: Call;
  dropout: Call;
  adaptiveNoiseGradient: Call;
  adaptiveNoiseSums: Call;
}

/** Compiles kernels.wasm; a rank instantiates it. */
export async function compileKernels(): Promise<WebAssembly.Module> {
  const bytes = await Deno.readFile(new URL("../kernels.wasm", import.meta.url));
  return await WebAssembly.compile(bytes);
}

export async function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<Kernels> {
  const abort = () => {
    throw new Error("A wasm kernel stopped.");
  };
  const instance = await WebAssembly.instantiate(module, { env: { memory, abort } });
  return instance.exports as unknown as Kernels;
}
