/** Calls the AssemblyScript compiler. */
import { fileURLToPath } from "node:url";

/** Only this command fetches the compiler (100 MB), into Deno's own cache. */
const compiler = "npm:assemblyscript@0.28.20/asc";

/** Compiles assembly/index.ts; throws what the compiler says if it does not compile. */
export async function compile(): Promise<Uint8Array<ArrayBuffer>> {
  const outFile = await Deno.makeTempFile({ suffix: ".wasm" });
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      // -O3 hoists the micro-kernel's loads until its registers spill: half the speed.
      // deno-fmt-ignore
      args: [
        "run", "-A", "--quiet", "--no-config", "--lock=asc.lock", "--frozen", compiler,
        "index.ts", "--outFile", outFile, "--runtime", "stub", "--noAssert",
        "--optimizeLevel", "1", "--shrinkLevel", "0",
        "--enable", "simd", "--enable", "relaxed-simd", "--enable", "threads",
        "--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536",
      ],
      cwd: fileURLToPath(new URL("assembly", import.meta.url)),
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) throw new Error(`assembly/*.ts did not compile:\n${new TextDecoder().decode(stderr)}`);
    return await Deno.readFile(outFile);
  } finally {
    await Deno.remove(outFile);
  }
}
