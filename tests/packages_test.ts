/** What everyone who runs a notebook has to fetch: the packages of deno.lock. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { join } from "node:path";
import { exists, root } from "../lib/files.ts";

const { npm } = JSON.parse(await Deno.readTextFile(join(root, "deno.lock")));
const locked = Object.keys(npm);

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    if (isFile) bytes += (await Deno.lstat(join(folder, name))).size;
    if (isDirectory) bytes += await bytesIn(join(folder, name));
  }
  return bytes;
}

Deno.test("packages: what only one command needs is not fetched for all", () => {
  // The compiler of the cpu engine's kernels, and all of TensorFlow.js.
  const oneCommands = /^(assemblyscript|binaryen|@tensorflow\/tfjs|@tensorflow\/tfjs-node)@/;
  assertEquals(locked.filter((name) => oneCommands.test(name)), []);
});

Deno.test("packages: none is for a system on which Deno does not run", () => {
  const musl = locked.filter((name) => name.includes("-musl@"));
  assertEquals(
    musl,
    [],
    "Deno fetches these beside those for glibc, 115 MB of them: take them out of deno.lock",
  );
});

Deno.test("packages: all together have less than 350 MB", async () => {
  let total = 0;
  for (const name of locked) {
    const folder = join(root, "node_modules/.deno", name.replaceAll("/", "+"));
    if (await exists(folder)) total += await bytesIn(folder); // Another system's parts are not here.
  }
  assert(total > 50e6, `only ${total} bytes were found: is this still where Deno puts packages?`);
  assertLess(total, 350e6);
});
