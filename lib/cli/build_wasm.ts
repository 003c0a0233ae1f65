/** `deno task build:wasm` */
import { join } from "node:path";
import { compile } from "../engine/cpu/compile.ts";
import { root, writeFile } from "../files.ts";
import { runCommand } from "./options.ts";

const command = {
  name: "build:wasm",
  description:
    "Compiles the cpu engine's kernels, lib/engine/cpu/assembly/*.ts, to kernels.wasm beside that folder.\n" +
    "The same sources always give the same bytes.",
  options: {},
} as const;

await runCommand(command, async () => {
  const wasm = await compile();
  await writeFile(join(root, "lib", "engine", "cpu", "kernels.wasm"), wasm);
  console.log(`kernels.wasm: ${wasm.length} bytes`);
});
