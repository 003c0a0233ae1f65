/** The cpu engine on the thread that opens it, for where there are no Workers on shared memory: in a web page. */
import type { Engine } from "../engine.ts";
import { CpuEngine } from "./main/engine.ts";
import { Allocator, maximumPages, pageBytes } from "./main/memory.ts";
import { OwnThread } from "./own_rank.ts";
import { Tensors } from "./main/tensors.ts";
import { instantiateKernels } from "./shared/kernels.ts";

/** Below this lie the kernels' own data. */
const firstPages = 1;

/**
 * Opens the engine with the content of kernels.wasm. It computes what `openCpuEngine({ threads: 1, blas: false })`
 * does, to the bit but for subnormal numbers. Throws a `WebAssembly.CompileError` where there is no relaxed SIMD.
 */
export async function openOwnThreadEngine(kernelsWasm: Uint8Array<ArrayBuffer>): Promise<Engine> {
  const memory = new WebAssembly.Memory({ initial: firstPages, maximum: maximumPages });
  const kernels = await instantiateKernels(await WebAssembly.compile(withOwnMemory(kernelsWasm)), memory);
  const allocator = new Allocator(memory, firstPages * pageBytes);
  const ranks = new OwnThread(memory, kernels, allocator.take(kernels.gemmWorkBytes()));
  return new CpuEngine(new Tensors(allocator, ranks), "cpu: 1 thread, this one, wasm");
}

const importSection = 2, memoryImport = 2, shared = 2;

/**
 * The module, with the memory that it imports no longer demanded as a shared one, which browsers refuse to pages that are
 * not isolated from others. (WebAssembly core specification, 5.5.5: an import is two names, a kind and, for a memory,
 * limits, whose flags come first.) Throws if a memory is not the module's only import.
 */
export function withOwnMemory(module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = module.slice();
  let at = 8;
  /** An unsigned number in LEB128. */
  const number = () => {
    let value = 0, shift = 0;
    for (;; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const section = bytes[at++], length = number(), next = at + length;
    if (section === importSection) {
      const count = number();
      for (let name = 0; name < 2; name++) {
        const length = number();
        at += length;
      }
      if (count === 1 && bytes[at] === memoryImport) {
        bytes[at + 1] &= ~shared;
        return bytes;
      }
    }
    at = next;
  }
  throw new Error("Expected a wasm module whose one import is a memory.");
}
