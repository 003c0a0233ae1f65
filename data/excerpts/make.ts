/**
 * Makes the excerpt of IAM-OnDB from the full data base: `deno run -A data/excerpts/make.ts`.
 * It keeps the distribution's own format, so that one parser reads both. Files are copied unchanged, except that a
 * transcription ends with the last line that the excerpt holds of its form.
 */
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { readTar } from "../../lib/data/archive.ts";
import { characterCounts, countCharacters } from "../../lib/data/character_counts.ts";
import { defaultCleaning, noCleaning } from "../../lib/data/cleaning.ts";
import { handwritingExcerpt, openHandwriting } from "../../lib/data/handwriting.ts";
import { splits } from "../../lib/data/iam-ondb.ts";
import { dataDirectory, writeFile } from "../../lib/files.ts";

/** The first four priming lines of Figures 18–21. */
const primes = ["a06-405z-01", "h09-351z-02", "k10-058z-01", "p08-012z-05"];
/** The real lines of Figures 10 and 14 (a word in it), 13, 15 and 17. */
const figures = ["d04-125-11", "a02-050-04", "a02-050-03", "f07-069-02"];
const validationLines = 60;

const source = join(dataDirectory(), "iam-ondb");
const { training, validation } = await openHandwriting();
const formOf = (line: string) => line.slice(0, line.lastIndexOf("-"));
const numberOf = (line: string) => Number(line.slice(line.lastIndexOf("-") + 1));

// One line of every third form or so: many writers rather than many lines of a few.
const byForm = Object.values(Object.groupBy(validation.map((line) => line.id), formOf)) as string[][];
const chosen = Array.from({ length: validationLines }, (_, k) => {
  const lines = byForm[Math.floor(k * byForm.length / validationLines)];
  return lines[k % lines.length];
});
const lines = new Set([...primes, ...figures, ...chosen]);
const forms = new Map<string, number>();
for (const line of lines) forms.set(formOf(line), Math.max(numberOf(line), forms.get(formOf(line)) ?? 0));
for (const prime of primes) console.log(prime, training.find((line) => line.id === prime)?.text);

await copy("lineStrokes-all.tar.gz", ".xml", (name, bytes) => lines.has(basename(name, ".xml")) ? bytes : null);
await copy("ascii-all.tar.gz", ".txt", (name, bytes) => {
  const rows = forms.get(basename(name, ".txt"));
  if (rows === undefined) return null;
  const file = new TextDecoder("latin1").decode(bytes);
  const csr = file.slice(file.search(/^CSR:/m) + 4).trim().split(/\r?\n/).slice(0, rows);
  return new TextEncoder().encode(`CSR:\n\n${csr.join("\n")}\n`);
});
for (const split of splits) {
  await writeFile(join(handwritingExcerpt, `${split}.txt`), await Deno.readFile(join(source, `${split}.txt`)));
}
const known = [];
for (const interpolate of [true, false]) {
  for (const largestStep of [defaultCleaning.largestStep, noCleaning.largestStep]) {
    const cleaning = { interpolate, largestStep };
    known.push({ cleaning, statistics: (await openHandwriting({ cleaning })).statistics });
  }
}
await writeFile(join(handwritingExcerpt, "statistics.json"), JSON.stringify(known, null, 2) + "\n");
const counts = countCharacters((await openHandwriting()).training);
await writeFile(characterCounts, JSON.stringify(counts, null, 2) + "\n");

/** Writes the archive `name` of the excerpt with what `choose` keeps of the full one. */
async function copy(name: string, ending: string, choose: (name: string, bytes: Uint8Array) => Uint8Array | null) {
  const pack = tar.pack();
  let files = 0;
  const wanted = { isWanted: (name: string) => name.endsWith(ending), largestFile: 4e6, largestTotal: 2e9 };
  for await (const file of readTar(join(source, name), wanted)) {
    const bytes = choose(file.name, file.bytes);
    if (!bytes) continue;
    pack.entry({ name: file.name, mtime: new Date(0) }, bytes as never);
    files++;
  }
  pack.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of pack as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const archive = gzipSync(new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()), { level: 9 });
  await writeFile(join(handwritingExcerpt, name), archive);
  console.log(`${name}: ${files} files, ${archive.length} bytes`);
}
