import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import {
  decodeText,
  describeHandwriting,
  describeText,
  noCleaning,
  openHandwriting,
  openOwnHandwriting,
  openOwnText,
} from "../../lib/data/mod.ts";
import { excerptDirectory } from "../../lib/data/mod.ts";
import { inFolder, smallDistribution, strokesXml, writeDistribution } from "./distribution.ts";

/** Loops, one for each letter or so. */
const strokes = (letters = 5) => [
  Array.from({ length: 20 * letters }, (_, k) => [k - 20 * Math.sin(k / 3), 20 * Math.cos(k / 3)]),
];

async function write(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeFile(
      join(folder, name),
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
}

Deno.test("own handwriting: strokes of every kind with their texts, in any encoding, endings in capitals too", async () => {
  await inFolder(async (folder) => {
    const points = strokes()[0];
    await write(folder, {
      "a.json": JSON.stringify(strokes()),
      "a.txt": "\ufeff  first   line \r\n",
      "b.SVG": `<svg><polyline points="${points}"/></svg>`,
      "b.TXT": Uint8Array.from("Müller", (char) => char.charCodeAt(0)),
      "c.inkml": `<ink><annotation type="truth">third</annotation><trace>${
        points.map((p) => p.join(" "))
      }</trace></ink>`,
      "d.xml": strokesXml(points),
      "d.txt": "Ærø",
      "e.json": JSON.stringify([{ strokes: strokes() }, { strokes: strokes() }]),
      "e.txt": "one\n\ntwo\n",
      "notes.md": "not read",
      ".hidden.json": "not read",
    });
    const { source, training, validation, skipped, notes, statistics } = await openOwnHandwriting(folder);
    assertEquals([skipped, notes], [[], []]);
    assertEquals(source, "own");
    assertEquals([...training, ...validation].map(({ id, text }) => [id, text]), [
      ["a", "first line"],
      ["b", "Müller"],
      ["c", "third"],
      ["d", "Ærø"],
      ["e-1", "one"],
      ["e-2", "two"],
    ]);
    assertEquals(validation.map(({ id }) => id), ["e-2"]);
    // The same strokes without times are the same line, whatever they came in.
    assertEquals(training[0].points, training[1].points);
    assertEquals(training[0].points, training[2].points);
    // They are of IAM-OnDB's size, and so is what they are normalised with.
    const known = await openHandwriting({ directory: join(excerptDirectory, "iam-ondb") });
    assertEquals(statistics, known.statistics);
    const heights = training.map(({ points }) => {
      let y = 0;
      const places = Array.from(
        { length: points.length / 3 },
        (_, k) => y += points[3 * k + 1] * statistics.std[1] + statistics.mean[1],
      );
      return Math.max(...places) - Math.min(...places);
    });
    assert(heights.every((height) => height > 150 && height < 600), `${heights}`);
  });
});

Deno.test("own handwriting: what cannot be used is left out with its reason and file; what else matters is noted", async () => {
  await inFolder(async (folder) => {
    const good = JSON.stringify(strokes());
    const far = JSON.stringify([...strokes(), [[700, 0], [701, 2]]]);
    await write(folder, {
      "a.json": good,
      "a.txt": "good",
      "b.json": good,
      "b.txt": "also",
      "broken.json": "[[[1,",
      "broken.txt": "x",
      "dot.json": "[[[1, 2]]]",
      "dot.txt": "x",
      "empty.json": good,
      "empty.txt": " \n",
      "far.json": far,
      "far.txt": "far",
      "farther.json": JSON.stringify([...strokes(), [[99_000, 0], [99_001, 2]]]),
      "farther.txt": "farther",
      "lonely.txt": "no strokes",
      "rows.json": good,
      "rows.txt": "one\ntwo",
      "textless.json": good,
    });
    const handwriting = await openOwnHandwriting(folder);
    assertEquals(handwriting.training.length + handwriting.validation.length, 3);
    const rows = describeHandwriting(handwriting);
    assertEquals(rows.length, 4);
    assert(
      /^Data: handwriting of one's own, 2 lines \(\d+ points, 8 characters\) to train on and 1 lines/.test(
        rows[0],
      ),
    );
    for (
      const part of [
        `${join(folder, "broken.json")} holds no strokes: damaged JSON`,
        "2 strokes that are no handwriting (dot: the ink has no height, farther: a step of more than 32767 sensor units)",
        "1 text of other than one row a line (rows.txt: 2 for 1)",
        "1 line without a text (empty.txt was looked for) (empty)",
        "1 line without a text (textless.txt was looked for) (textless)",
      ]
    ) assert(rows[1].includes(part), `${part} in ${rows[1]}`);
    assertEquals(rows[2], "1 texts have no strokes beside them: lonely.txt.");
    assert(rows[3].startsWith("1 lines have steps over 1000 sensor units"), rows[3]);
    // Nothing is removed where nothing is to be.
    assertEquals((await openOwnHandwriting(folder, { cleaning: noCleaning })).notes.length, 1);
  });
});

Deno.test("own handwriting: one line in ten is validated on, or those in validation.txt", async () => {
  await inFolder(async (folder) => {
    const names = Array.from({ length: 21 }, (_, k) => `line${String(k).padStart(2, "0")}`);
    for (const name of names) {
      await write(folder, { [`${name}.json`]: JSON.stringify(strokes()), [`${name}.txt`]: "x" });
    }
    const validated = async () => (await openOwnHandwriting(folder)).validation.map(({ id }) => id);
    assertEquals(await validated(), ["line09", "line19"]);
    await write(folder, { "validation.txt": "line03\r\nline20\r\n" });
    assertEquals(await validated(), ["line03", "line20"]);
    await write(folder, { "validation.txt": "line3\n" });
    await assertRejects(() => openOwnHandwriting(folder), Error, "names 'line3', but there is no such line");
    await write(folder, { "validation.txt": names.join("\n") });
    await assertRejects(() => openOwnHandwriting(folder), Error, "no usable line of handwriting to train on");
  });
});

Deno.test("own handwriting: no folder, none in it, or too little are errors; IAM-OnDB's own form is read as such", async () => {
  await inFolder(async (folder) => {
    await assertRejects(
      () => openOwnHandwriting(join(folder, "none")),
      Error,
      "is not a folder that can be read",
    );
    await write(folder, { "letter.txt": "x", "photo.png": "x" });
    await assertRejects(
      () => openOwnHandwriting(folder),
      Error,
      `${folder} holds no handwriting: expected were files`,
    );
    await write(folder, { "letter.json": JSON.stringify(strokes()) });
    await assertRejects(() => openOwnHandwriting(folder), Error, "no usable line of handwriting to train on");
    await write(folder, { "letter.json": "?" });
    await assertRejects(
      () => openOwnHandwriting(folder),
      Error,
      "Left out were: 1 files that cannot be read",
    );
  });
  await inFolder(async (folder) => {
    await writeDistribution(folder, smallDistribution());
    assertEquals((await openOwnHandwriting(folder, { cache: folder })).source, "iam-ondb");
  });
});

/** 200 sentences in Greek. */
const greek = Array.from({ length: 200 }, (_, k) => `Ἄνδρα μοι ἔννεπε ${k % 7}`);

Deno.test("own text by character: any alphabet, three parts, ends of lines of every kind, a byte-order mark left out", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "ode.txt");
    await Deno.writeTextFile(path, greek.join("\n") + "\n");
    const text = await openOwnText(path, "character");
    assertEquals([text.source, text.level], ["ode.txt", "character"]);
    assertEquals(decodeText(text.training, text).split("\n")[0], greek[0]);
    const parts = [text.training, text.validation, text.test];
    const whole = parts.map((part) => decodeText(part, text)).join("");
    assertEquals(whole, greek.join("\n") + "\n");
    assertEquals(parts.map((part) => decodeText(part, text).at(-1)), ["\n", "\n", "\n"]);
    assert(Math.abs(text.training.length / whole.length - 0.9) < 0.01);
    assert(Math.abs(text.validation.length / whole.length - 0.05) < 0.01);
    assertEquals(text.symbols, [...text.symbols].sort());
    assert(
      describeText(text)[0].startsWith(
        "Data: ode.txt (a text of one's own, divided 90 : 5 : 5), 3,420 characters",
      ),
    );
    for (const other of [`\ufeff${greek.join("\r\n")}\r\n`, `${greek.join("\r")}\r`]) {
      await Deno.writeTextFile(path, other);
      assertEquals((await openOwnText(path, "character")).training, text.training);
    }
  });
});

Deno.test("own text by word and by byte", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "ode.txt");
    await Deno.writeTextFile(path, greek.slice(0, 199).join("\n") + "\nἌνδρα  Κύκλωψ");
    const words = await openOwnText(path, "word");
    assertEquals(words.symbols.length, 3 + 7 + 1 + 1);
    assertEquals(words.symbols.at(-1), "<unk>");
    assert(decodeText(words.test, words).endsWith("\nἌνδρα <unk> \n"));
    const bytes = await openOwnText(path, "byte");
    const parts = [bytes.training, bytes.validation, bytes.test];
    const whole = parts.flatMap((part) => [...part].map((id) => bytes.symbols[id].charCodeAt(0)));
    assertEquals(Uint8Array.from(whole), await Deno.readFile(path));
  });
});

Deno.test("own text: the symbols of weights are kept; what they lack, and too little text, is an error", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "ode.txt");
    await Deno.writeTextFile(path, greek.join("\n"));
    const symbols = ["x", ...(await openOwnText(path, "character")).symbols];
    assertEquals((await openOwnText(path, "character", symbols)).symbols, symbols);
    await assertRejects(
      () => openOwnText(path, "character", ["\n", "a"]),
      Error,
      `${path} contains "Ἄ", which is none`,
    );
    await Deno.writeTextFile(path, "too short");
    await assertRejects(() => openOwnText(path, "character"), Error, "has only 9 characters; at least 100");
    await Deno.writeTextFile(path, "\x7fELF\0".repeat(99));
    await assertRejects(() => openOwnText(path, "word"), Error, `${path} is no text: it has bytes of 0`);
    assertEquals((await openOwnText(path, "byte")).symbols.length, 5);
    await Deno.writeTextFile(path, "");
    await assertRejects(() => openOwnText(path, "word"), Error, "is empty");
    await assertRejects(
      () => openOwnText("/dev/zero", "byte"),
      Error,
      "/dev/zero has more than 30,000,000 bytes",
    );
    await assertRejects(() => openOwnText(folder, "byte"), Error, "Cannot read");
  });
});
