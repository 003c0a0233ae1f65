import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import {
  decodeText,
  endOfSentence,
  excerptDirectory,
  openPennTreebank,
  openWikipedia,
  splitSentences,
} from "../../lib/data/mod.ts";
import { dataDirectory, exists } from "../../lib/files.ts";
import { inFolder } from "./distribution.ts";

const treebank = await exists(join(dataDirectory(), "ptb", "ptb.train.txt"));
const wikipedia =
  (await openWikipedia()).training.length > (await openWikipedia(excerptDirectory)).training.length;

/** A Penn Treebank of three tiny parts. */
async function smallTreebank(folder: string, parts: Record<string, string>): Promise<void> {
  await Deno.mkdir(join(folder, "ptb"), { recursive: true });
  for (const [part, text] of Object.entries(parts)) {
    await Deno.writeTextFile(join(folder, "ptb", `ptb.${part}.txt`), text);
  }
}
const small = { train: " a <unk> b \n N c \n", valid: " c \n", test: " it 's N \n b \n" };

Deno.test("Penn Treebank by character: 49 symbols, N as n, sentences closed, blanks at their ends left out", async () => {
  await inFolder(async (folder) => {
    await smallTreebank(folder, small);
    const text = await openPennTreebank("character", folder);
    assertEquals([text.source, text.symbols.length], ["penn-treebank", 49]);
    assertEquals(decodeText(text.training, text), "a <unk> b\nn c\n");
    assertEquals(text.characters, { training: 14, validation: 2, test: 10 });
    assertEquals(text.charactersPerWord, 10 / 4);
  });
});

Deno.test("Penn Treebank: what is not Mikolov's preparation is refused", async () => {
  await inFolder(async (folder) => {
    await smallTreebank(folder, small);
    await assertRejects(() => openPennTreebank("word", folder), Error, "10,000 types");
    await smallTreebank(folder, { ...small, test: " an Öre \n" });
    await assertRejects(() => openPennTreebank("character", folder), Error, '"Ö"');
    await smallTreebank(folder, { ...small, valid: "\n \n" });
    await assertRejects(() => openPennTreebank("character", folder), Error, "ptb.valid.txt is empty");
    await Deno.remove(join(folder, "ptb", "ptb.test.txt"));
    await assertRejects(() => openPennTreebank("character", folder), Error, "ptb.test.txt is missing");
  });
});

Deno.test("the stand-in has the Penn Treebank's format, at both levels", async () => {
  const byCharacter = await openPennTreebank("character", excerptDirectory);
  const byWord = await openPennTreebank("word", excerptDirectory);
  assertEquals([byCharacter.source, byCharacter.symbols.length], ["public-domain stand-in", 49]);
  assert(byWord.symbols.includes("<unk>") && byWord.symbols.includes(endOfSentence));
  for (const part of ["training", "validation", "test"] as const) {
    assertEquals(byCharacter[part].length, byCharacter.characters[part]);
    const ends = [byCharacter, byWord].map((text) =>
      splitSentences(text[part], text.symbols.indexOf(endOfSentence)).length
    );
    assertEquals(ends[0], ends[1]);
  }
  const words = byWord.test.length -
    splitSentences(byWord.test, byWord.symbols.indexOf(endOfSentence)).length;
  assertEquals(byWord.charactersPerWord, byCharacter.test.length / words);
  const spelled = decodeText(byWord.test, byWord).replace(/ ?\n ?/g, "\n");
  assertEquals(spelled, decodeText(byCharacter.test, byCharacter));
});

Deno.test("Wikipedia: the carried million bytes, split 96:4, are real bytes again", async () => {
  const text = await openWikipedia(excerptDirectory);
  assertEquals(text.source, "enwik8, first 1,000,000 bytes");
  assertEquals([text.training.length, text.validation.length, text.test.length], [960_000, 40_000, 0]);
  assert(decodeText(text.training.subarray(0, 60), text).startsWith("<mediawiki xmlns="));
  assertEquals(Math.max(...text.validation.subarray(0, 1000)) < text.symbols.length, true);
});

Deno.test("Wikipedia: a prefix numbers its symbols like the whole; one that was cut short is refused", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "enwik8", "enwik8-prefix-50");
    await Deno.mkdir(join(folder, "enwik8"));
    await Deno.writeTextFile(path, "<mediawiki>".repeat(5).slice(0, 50));
    const text = await openWikipedia(folder);
    assertEquals([text.source, text.training.length], ["enwik8, first 50 bytes", 48]);
    assertEquals([...text.training.subarray(0, 11)], [0, 1, 2, 3, 4, 5, 6, 4, 7, 4, 8]);
    await Deno.truncate(path, 20);
    await assertRejects(() => openWikipedia(folder), Error, "has 20 bytes, but 50");
  });
});

Deno.test("Penn Treebank in full: the paper's counts", { ignore: !treebank }, async () => {
  const byWord = await openPennTreebank("word");
  assertEquals(byWord.symbols.length, 10_000);
  const counts = [byWord.training, byWord.validation, byWord.test].map((ids) => ids.length);
  assertEquals(counts, [929_589, 73_760, 82_430]);
  const byCharacter = await openPennTreebank("character");
  assertEquals(new Set(byCharacter.training).size, 49);
  assertAlmostEquals(byCharacter.charactersPerWord, 5.6, 0.05);
});

Deno.test("enwik8: the carried excerpt begins what is there", { ignore: !wikipedia }, async () => {
  const [whole, excerpt] = [await openWikipedia(), await openWikipedia(excerptDirectory)];
  assertEquals(whole.training.subarray(0, excerpt.training.length), excerpt.training);
  assertEquals(whole.symbols.slice(0, excerpt.symbols.length), excerpt.symbols);
});
