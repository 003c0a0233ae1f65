/** `deno task build:wasm`: compiles assembly/*.ts to kernels.wasm. The same sources always give the same bytes. */
import { compile } from "./compile.ts";
import { writeFile } from "../../files.ts";

const wasm = await compile();
await writeFile(new URL("kernels.wasm", import.meta.url).pathname, wasm);
console.log(`kernels.wasm: ${wasm.length} bytes`);
