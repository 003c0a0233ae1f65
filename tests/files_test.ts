import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { dataDirectory, root, sha256, writeFile } from "../lib/files.ts";

Deno.test("a file is replaced whole, folders are made, and a failure leaves nothing behind", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a", "b.txt");
    await writeFile(path, "first");
    await writeFile(path, new TextEncoder().encode("second"));
    assertEquals(await Deno.readTextFile(path), "second");
    await assertRejects(() => writeFile(join(folder, "a"), "a folder stands here"));
    await assertRejects(() => writeFile(join(path, "c.txt"), "a file stands here"), Error, "Cannot write");
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["a"]);
    assertEquals([...Deno.readDirSync(join(folder, "a"))].map(({ name }) => name), ["b.txt"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the folder of data counts from the project's root, wherever the process runs", () => {
  const before = Deno.env.get("GRAVES_DATA");
  const named = (name: string) => {
    Deno.env.set("GRAVES_DATA", name);
    return dataDirectory();
  };
  try {
    assertEquals(named("elsewhere"), join(root, "elsewhere"));
    assertEquals(named("/elsewhere"), "/elsewhere");
    assertEquals(named(""), join(root, "data"));
  } finally {
    if (before === undefined) Deno.env.delete("GRAVES_DATA");
    else Deno.env.set("GRAVES_DATA", before);
  }
});

Deno.test("sha256 of nothing is the known value", async () => {
  assertEquals(
    await sha256(new Uint8Array()),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});
