import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { sha256, writeFile } from "../lib/files.ts";

Deno.test("a file is replaced whole, folders are made, and a failure leaves nothing behind", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a", "b.txt");
    await writeFile(path, "first");
    await writeFile(path, new TextEncoder().encode("second"));
    assertEquals(await Deno.readTextFile(path), "second");
    await assertRejects(() => writeFile(join(folder, "a"), "a folder stands here"));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["a"]);
    assertEquals([...Deno.readDirSync(join(folder, "a"))].map(({ name }) => name), ["b.txt"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("sha256 of nothing is the known value", async () => {
  assertEquals(
    await sha256(new Uint8Array()),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});
