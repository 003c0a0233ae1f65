/** What the main thread and a Worker tell each other besides commands: how a rank starts, and what becomes of
 * it. */

/** A BLAS that a rank can open. */
export interface BlasLibrary {
  /** Its file, or a name that the system's loader finds. */
  path: string;
  /** What its symbols begin with: `scipy_` in PyPI's wheel, else nothing. */
  prefix: string;
  name: string;
  /** The processor that OpenBLAS takes this one for, which decides its kernels; undefined for other
   * libraries. */
  core?: string;
  /** Whether its products in bfloat16 are to be used. */
  bfloat16?: boolean;
}

export interface WorkerStart {
  index: number;
  ranks: number;
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
  blas?: BlasLibrary;
  /** The address of the rank's own memory, `Kernels.gemmWorkBytes` long. */
  work: number;
  /** The address of `roomBytes` more, where products are in bfloat16. */
  room?: number;
}

/** A rank says first that it is ready; later perhaps why it has failed. */
export type WorkerReport = "ready" | { error: string };
