import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { noCleaning, openHandwriting } from "../../lib/data/mod.ts";
import { parseStrokes, readIamOnDb, transcriptRows } from "../../lib/data/iam-ondb.ts";
import {
  type Distribution,
  inFolder,
  smallDistribution,
  strokesXml,
  writeDistribution,
} from "./distribution.ts";

/** Reads the small distribution after `change`. */
async function read(change: (distribution: Distribution) => void) {
  const distribution = smallDistribution();
  change(distribution);
  let result: Awaited<ReturnType<typeof readIamOnDb>> | undefined;
  await inFolder(async (folder) => {
    await writeDistribution(folder, distribution);
    result = await readIamOnDb(folder, noCleaning);
  });
  return result!;
}

Deno.test("IAM-OnDB: each line has its split, its text and its offsets", async () => {
  const { lines, skipped } = await read(() => {});
  assertEquals(lines.map(({ id, split, text }) => [id, split, text]), [
    ["a01-001-01", "trainset", "first of a01-001"],
    ["a01-001-02", "trainset", "second line"],
    ["b01-002z-01", "testset_v", "first of b01-002z"],
    ["b01-002z-02", "testset_v", "second line"],
    ["c01-003-01", "testset_t", "first of c01-003"],
    ["c01-003-02", "testset_t", "second line"],
  ]);
  assertEquals(lines[3].offsets, [20, 1, 0, 0, 4, 1]);
  assertEquals(skipped, []);
});

Deno.test("IAM-OnDB: lines in no split are not read, not even damaged ones", async () => {
  const { lines, skipped } = await read(({ strokes }) => strokes["z01-000-01"] = "<damaged");
  assertEquals(lines.length, 6);
  assertEquals(skipped, []);
});

Deno.test("IAM-OnDB: damaged lines are skipped and counted by reason", async () => {
  const { lines, skipped } = await read(({ strokes, transcripts }) => {
    strokes["a01-001-01"] = strokesXml([[1, 2], [3, 4]]).slice(0, -20);
    strokes["a01-001-02"] = strokesXml([[1, 2]]);
    transcripts["b01-002z"] = "OCR:\n\nCSR:\n\nonly one row\n";
    transcripts["c01-003"] = "CSR:\n\nfirst\n   \nthird\n";
    strokes["c01-003-03"] = strokesXml([[1, 2], [3, 4]]);
  });
  assertEquals(lines.map((line) => line.text), ["first", "third"]);
  assertEquals(skipped, [
    { reason: "damaged XML", count: 1, examples: ["a01-001-01"] },
    { reason: "fewer than two points", count: 1, examples: ["a01-001-02"] },
    {
      reason: "transcription with a different number of lines than the form",
      count: 2,
      examples: ["b01-002z-01", "b01-002z-02"],
    },
    { reason: "empty text", count: 1, examples: ["c01-003-02"] },
  ]);
});

Deno.test("IAM-OnDB: a form without a transcription is skipped and counted", async () => {
  const { skipped } = await read(({ transcripts }) => delete transcripts["c01-003"]);
  assertEquals(skipped, [{ reason: "no transcription", count: 2, examples: ["c01-003-01", "c01-003-02"] }]);
});

Deno.test("IAM-OnDB: strokes must be well-formed, with numbers, inside a stroke", () => {
  assertEquals(parseStrokes(strokesXml([[1, -2]])), [[{ x: 1, y: -2, time: 0 }]]);
  assertThrows(() => parseStrokes("<a><Stroke></a>"));
  assertThrows(
    () => parseStrokes('<a><Stroke><Point x="1" y="?" time="0"/></Stroke></a>'),
    Error,
    "x, y and time",
  );
  assertThrows(() => parseStrokes('<a><Point x="1" y="2" time="0"/></a>'), Error, "outside of any stroke");
  assertThrows(() => parseStrokes(""));
});

Deno.test("IAM-OnDB: a run of % in a transcription separates two lines", () => {
  assertEquals(transcriptRows("OCR:\nx\n\nCSR:\n\n one  two \nbroken ankle %%%%%%%%%%% pinned.\n"), [
    "one two",
    "broken ankle",
    "pinned.",
  ]);
  assertEquals(transcriptRows("no such part"), []);
});

Deno.test("IAM-OnDB: a truncated archive is an error that says what to do", async () => {
  await inFolder(async (folder) => {
    await writeDistribution(folder, smallDistribution());
    const path = join(folder, "lineStrokes-all.tar.gz");
    const whole = await Deno.readFile(path);
    for (const length of [0, 5, whole.length >> 1, whole.length - 4]) {
      await Deno.writeFile(path, whole.slice(0, length));
      await assertRejects(() => readIamOnDb(folder, noCleaning), Error, "lineStrokes-all.tar.gz is damaged");
    }
    await Deno.writeTextFile(path, "<html>Please log in</html>");
    await assertRejects(() => readIamOnDb(folder, noCleaning), Error, "lineStrokes-all.tar.gz is damaged");
  });
});

Deno.test("IAM-OnDB: a missing or empty split list is an error that names it", async () => {
  await inFolder(async (folder) => {
    await writeDistribution(folder, smallDistribution());
    await Deno.writeTextFile(join(folder, "testset_t.txt"), "\n");
    await assertRejects(() => readIamOnDb(folder, noCleaning), Error, "testset_t.txt");
    await Deno.remove(join(folder, "testset_t.txt"));
    await assertRejects(() => readIamOnDb(folder, noCleaning), Error, "testset_t.txt is missing");
    await assertRejects(
      () => openHandwriting({ directory: folder, cache: folder }),
      Error,
      "deno task data iam-ondb",
    );
  });
});
