/** The AssemblyScript compiler's call. */
import { main } from "assemblyscript/asc";

/** Compiles assembly/index.ts; throws what the compiler says if it does not compile. */
export async function compile(): Promise<Uint8Array<ArrayBuffer>> {
  const sources = new URL("assembly/", import.meta.url);
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await main([
    "index.ts",
    ...["--outFile", "kernels.wasm", "--runtime", "stub", "--noAssert"],
    // -O3 hoists the micro-kernel's loads until its registers spill: half the speed.
    ...["--optimizeLevel", "1", "--shrinkLevel", "0"],
    ...["--enable", "simd", "--enable", "relaxed-simd", "--enable", "threads"],
    ...["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
  ], {
    readFile: (name) => Deno.readTextFile(new URL(name, sources)).catch(() => null),
    writeFile: (_name, content) => {
      wasm = content as Uint8Array<ArrayBuffer>;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`assembly/*.ts did not compile:\n${stderr}${error ?? ""}`);
  return wasm;
}
