import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { dataDirectory, readBytes, readText, root, runName, sha256, writeFile } from "../lib/files.ts";

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

Deno.test("sha256 of nothing is the known value", () => {
  assertEquals(
    sha256(new Uint8Array()),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
});

Deno.test("only regular files of a sensible length are read; what is wrong is said with the file's name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "file");
    await Deno.writeTextFile(path, "0123456789");
    assertEquals(await readText(path), "0123456789");
    assertEquals(await readBytes(path, { from: 8 }), new TextEncoder().encode("89"));
    assertEquals(await readBytes(path, { from: 2, length: 3 }), new TextEncoder().encode("234"));
    const refuse = (path: string, message: string, options = {}) =>
      assertRejects(() => readBytes(path, options), Error, `${path}${message}`);
    await refuse(path, ": expected at most 9 bytes, found 10.", { most: 9 });
    await refuse(path, ": expected 12 bytes, found 10.", { from: 8, length: 4 });
    await refuse(folder, ": expected a file, found a folder.");
    await assertRejects(() => readBytes(join(folder, "none")), Error, "There is no file");
    await Deno.writeFile(path, Uint8Array.of(0xff));
    await assertRejects(() => readText(path), Error, `${path}: expected text in UTF-8`);
    if (Deno.build.os === "windows") return;
    await refuse("/dev/zero", ": expected a file, found a device or a pipe.");
    const pipe = join(folder, "pipe");
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    await refuse(pipe, ": expected a file, found a device or a pipe.");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a run's name leads to no other folder, nor to the files of another run", () => {
  for (const name of ["char", "char-modern", "a.b_C-1", "...", "-"]) assertEquals(runName(name), name);
  for (const name of ["", ".", "..", "a/b", "../a", "a\\b", "a b", "é", "a\n", "/", "word.part2", "~"]) {
    assertThrows(() => runName(name), Error, "cannot be a run's name");
  }
});

Deno.test("the folder of checkpoints: what GRAVES_CHECKPOINTS says from the project's root on, never the working folder", async () => {
  const named = async (value: string) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { checkpointDirectory } from ${JSON.stringify(join(root, "lib/files.ts"))};
        console.log(checkpointDirectory);`,
      ],
      cwd: join(root, "tests"),
      env: { GRAVES_CHECKPOINTS: value },
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  assertEquals(await named(""), join(root, ".checkpoints"));
  assertEquals(await named("elsewhere"), join(root, "elsewhere"));
  assertEquals(await named("/elsewhere"), "/elsewhere");
});
