import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { noCleaning, openHandwriting } from "../../lib/data/mod.ts";
import { readIamOnDb, transcriptRows } from "../../lib/data/iam-ondb.ts";
import { parseWhiteboard } from "../../lib/data/ink.ts";
import {
  archive,
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
  assertEquals([...lines[3].offsets], [20, 1, 0, 0, 4, 1]);
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
    {
      reason: "damaged XML",
      count: 1,
      examples: ["a01-001-01: 3:60: unclosed tag: WhiteboardCaptureSession"],
    },
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
  assertEquals(parseWhiteboard(strokesXml([[1, -2]])), [[{ x: 1, y: -2, time: 0 }]]);
  assertThrows(() => parseWhiteboard("<a><Stroke></a>"));
  assertThrows(
    () => parseWhiteboard('<a><Stroke><Point x="1" y="?" time="0"/></Stroke></a>'),
    Error,
    "without x and y",
  );
  assertThrows(() => parseWhiteboard('<a><Point x="1" y="2" time="0"/></a>'), Error, "outside of any stroke");
  assertThrows(() => parseWhiteboard(""));
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

/** The error of reading the small distribution after `change`. */
async function failure(change: (distribution: Distribution) => void, ...parts: string[]): Promise<void> {
  const error = await assertRejects(() => read(change), Error);
  for (const part of parts) assertStringIncludes(error.message, part);
}

Deno.test("IAM-OnDB: a form that is trained and validated on is an error, one in two training lists is noted", async () => {
  await failure(
    ({ lists }) => lists.testset_f.push("b01-002z"),
    "b01-002z",
    "testset_v.txt",
    "testset_f.txt",
  );
  await failure(({ lists }) => lists.testset_v.push("a01-001"), "a01-001", "trainset.txt", "testset_v.txt");
  const { lines, notes } = await read(({ lists }) => lists.testset_f.push("a01-001"));
  assertEquals(lines.map(({ split }) => split).slice(0, 2), ["trainset", "trainset"]);
  assertEquals(notes[0], "1 forms are in two lists that are trained on: a01-001.");
});

Deno.test("IAM-OnDB: forms in a list that have no line are noted", async () => {
  const { notes } = await read(() => {});
  assertEquals(notes, ["testset_f.txt names 1 forms that have no line in lineStrokes-all.tar.gz: z09-999."]);
});

Deno.test("IAM-OnDB: what is in an archive twice is read once and noted; an error if it differs", async () => {
  const twice = async (name: string, again: [string, string]) => {
    let result: Awaited<ReturnType<typeof readIamOnDb>> | undefined;
    await inFolder(async (folder) => {
      const { strokes, transcripts } = smallDistribution();
      await writeDistribution(folder, smallDistribution());
      const files = name === "ascii-all.tar.gz"
        ? Object.entries(transcripts).map(([form, text]) => [`ascii/${form}.txt`, text])
        : Object.entries(strokes).map(([line, text]) => [`lineStrokes/${line}.xml`, text]);
      await Deno.writeFile(join(folder, name), await archive([...files, again]));
      result = await readIamOnDb(folder, noCleaning);
    });
    return result!;
  };
  const { strokes, transcripts } = smallDistribution();
  const same = await twice("lineStrokes-all.tar.gz", ["copy/c01-003-02.xml", strokes["c01-003-02"]]);
  assertEquals(same.lines.length, 6);
  assertEquals(same.notes[0], "lineStrokes-all.tar.gz has 1 lines twice: c01-003-02.");
  await assertRejects(
    () => twice("lineStrokes-all.tar.gz", ["copy/c01-003-02.xml", strokesXml([[0, 0], [9, 9]])]),
    Error,
    "line c01-003-02 twice, with different strokes",
  );
  const { notes } = await twice("ascii-all.tar.gz", ["copy/c01-003.txt", transcripts["c01-003"]]);
  assertEquals(notes[0], "ascii-all.tar.gz has the transcriptions of 1 forms twice: c01-003.");
  await assertRejects(
    () => twice("ascii-all.tar.gz", ["copy/c01-003.txt", "CSR:\n\nfirst\nother\n"]),
    Error,
    "two different transcriptions of the form c01-003",
  );
});

Deno.test("IAM-OnDB: endings in capitals, missing times, decimals, UTF-8, a byte-order mark and CR are read", async () => {
  await inFolder(async (folder) => {
    const { strokes, transcripts, lists } = smallDistribution();
    strokes["a01-001-01"] = strokesXml([[0, 0], [10.4, 0.2], [20, 5]]).replaceAll(/ time="[^"]*"/g, "");
    transcripts["a01-001"] = "\ufeffCSR:\r\rCafé “ok”\rsecond\r";
    await writeDistribution(folder, { strokes: {}, transcripts: {}, lists });
    await Deno.writeFile(
      join(folder, "lineStrokes-all.tar.gz"),
      await archive(
        Object.entries(strokes).flatMap((
          [id, xml],
        ) => [[`s/${id}.XML`, `\ufeff${xml}`], [`s/._${id}.XML`, ""]]),
      ),
    );
    await Deno.writeFile(
      join(folder, "ascii-all.tar.gz"),
      await archive(Object.entries(transcripts).map(([form, text]) => [`a/${form}.TXT`, text])),
    );
    const { lines, skipped, notes } = await readIamOnDb(folder, { interpolate: true, largestStep: null });
    assertEquals(skipped, []);
    assertEquals(lines.slice(0, 2).map(({ text }) => text), ["Café “ok”", "second"]);
    assertEquals([...lines[0].offsets], [10, 0, 0, 10, 5, 1]);
    assertEquals(notes.slice(0, 2), [
      "1 lines have points without a time, so that missing readings cannot be filled in: a01-001-01.",
      "1 lines have coordinates with decimals, which were rounded to whole sensor units: a01-001-01.",
    ]);
  });
});

Deno.test("IAM-OnDB: a transcription in Latin-1 is read as such", async () => {
  await inFolder(async (folder) => {
    await writeDistribution(folder, smallDistribution());
    const bytes = Uint8Array.from("CSR:\n\nMüller\nsecond\n", (char) => char.charCodeAt(0));
    await Deno.writeFile(join(folder, "ascii-all.tar.gz"), await archive([["a/a01-001.txt", bytes]]));
    const { lines } = await readIamOnDb(folder, noCleaning);
    assertEquals(lines.map(({ text }) => text), ["Müller", "second"]);
  });
});

Deno.test("IAM-OnDB: a line with more points than a line can have is left out, an archive of more than is plausible refused", async () => {
  const { skipped } = await read(({ strokes }) =>
    strokes["a01-001-01"] = strokesXml(Array.from({ length: 20_001 }, (_, k) => [k, 0]))
  );
  assertEquals(skipped, [{ reason: "more than 20,000 points", count: 1, examples: ["a01-001-01"] }]);
  await failure(
    ({ strokes }) => strokes["a01-001-01"] += " ".repeat(4e6),
    "a01-001-01.xml in it unpacks to more than the 4,000,000 bytes",
    "lineStrokes-all.tar.gz",
  );
  await failure(
    ({ transcripts }) => transcripts["a01-001"] += " ".repeat(1e6),
    "a01-001.txt in it",
    "ascii-all.tar.gz",
  );
});

Deno.test("IAM-OnDB: lines to train and to validate on are demanded, and what was left out is told", async () => {
  const opened = async (change: (distribution: Distribution) => void) => {
    const distribution = smallDistribution();
    change(distribution);
    await inFolder(async (folder) => {
      await writeDistribution(folder, distribution);
      await openHandwriting({ directory: folder, cache: folder });
    });
  };
  const error = await assertRejects(
    () => opened(({ strokes }) => Object.keys(strokes).forEach((id) => strokes[id] = "<ink/")),
    Error,
    "no usable line of handwriting to train on. Left out were: 6 damaged XML (a01-001-01: 1:5",
  );
  assertStringIncludes(error.message, "testset_f.txt names 1 forms");
  await assertRejects(
    () => opened(({ transcripts }) => delete transcripts["b01-002z"]),
    Error,
    "to validate on. Left out were: 2 no transcription (b01-002z-01, b01-002z-02)",
  );
  await assertRejects(
    () =>
      opened(({ strokes }) =>
        Object.keys(strokes).forEach((id) => strokes[id] = strokesXml([[1, 1], [3, 5]]))
      ),
    Error,
    "All x offsets of the training lines",
  );
});
