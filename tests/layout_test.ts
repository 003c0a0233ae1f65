import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { root } from "../lib/files.ts";
import { faults, type Imports, readImports, readOrder } from "./layout.ts";

Deno.test("data flows one way through lib/, in the order of the README's layout", async () => {
  const imports = await readImports();
  assert(imports.size > 100 && imports.get("cli/train.ts")!.length > 0, "found the files and their imports");
  const found = faults(imports, readOrder(await Deno.readTextFile(join(root, "README.md"))));
  assertEquals(found, []);
});

Deno.test("the two sides of the cpu engine's Workers know of each other only what is shared", async () => {
  const imports = await readImports();
  const of = (room: string) => {
    const files = [...imports.keys()].filter((file) => file.startsWith(`engine/cpu/${room}/`));
    assert(files.length > 0, room);
    return files.flatMap((file) => imports.get(file)!).filter((other) => /^engine\/cpu\/\w+\//.test(other));
  };
  for (
    const [room, allowed] of [["shared", /shared/], ["rank", /shared|rank/], ["main", /shared|main/]] as const
  ) {
    assertEquals(of(room).filter((other) => !allowed.test(other.split("/")[2])), [], room);
  }
});

Deno.test("the order of the layout is read from the lines below lib/", () => {
  const readme =
    "```text\nnotebooks/  one\nlib/        rooms\n  files.ts  tools\n  data/     first\ndata/ others\n```\n";
  assertEquals(readOrder(readme), ["files.ts", "data/"]);
  assertThrows(() => readOrder("no layout"), Error, "has no layout of lib/");
});

Deno.test("what breaks the order is told: a step back, a circle, a place without a name, a name without a place", () => {
  const order = ["files.ts", "data/", "engine/", "engine/mod.ts", "cli/"];
  const imports = (changes: Record<string, string[]> = {}): Imports =>
    new Map(Object.entries({
      "files.ts": [],
      "data/text.ts": ["files.ts", "data/batch.ts"],
      "data/batch.ts": [],
      "engine/cpu/rank.ts": ["data/batch.ts"],
      "engine/mod.ts": ["engine/cpu/rank.ts"],
      "cli/train.ts": ["engine/mod.ts"],
      ...changes,
    }));
  assertEquals(faults(imports(), order), []);
  assertEquals(
    faults(imports({ "data/batch.ts": ["cli/train.ts"] }), order)[0],
    "data/batch.ts imports cli/train.ts, which comes after it",
  );
  assertEquals(faults(imports({ "engine/cpu/rank.ts": ["engine/mod.ts"] }), order), [
    "engine/cpu/rank.ts imports engine/mod.ts, which comes after it",
    "a circle: engine/cpu/rank.ts → engine/mod.ts → engine/cpu/rank.ts",
  ]);
  assertEquals(faults(imports({ "data/batch.ts": ["data/text.ts"] }), order), [
    "a circle: data/text.ts → data/batch.ts → data/text.ts",
  ]);
  assertEquals(faults(imports({ "extra/x.ts": [] }), order), [
    "extra/x.ts: the README's layout does not name its folder",
  ]);
  assertEquals(faults(imports(), [...order, "report/"]), [
    "report/: the README's layout names it, and it is not there",
  ]);
});
