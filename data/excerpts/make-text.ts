/**
 * Makes the stand-in for the Penn Treebank from a book in plain text:
 * `deno run -A data/excerpts/make-text.ts northanger-abbey.txt`.
 * Like Mikolov's preparation: lower case, a sentence a line, punctuation dropped, n't and 's split off, numbers as N,
 * rare words as <unk>.
 */
import { join } from "node:path";
import { root, writeFile } from "../../lib/files.ts";

const characters = 200_000;
/** Words that occur less often in the training part become <unk>. */
const leastCount = 2;

const book = (await Deno.readTextFile(Deno.args[0])).replace(/^[\s\S]*?CHAPTER 1\b/, "").replace(/CHAPTER \d+/g, ".");
const sentences: string[][] = [];
let length = 0;
for (const sentence of book.replace(/\s+/g, " ").split(/(?<!\b(?:Mr|Mrs|Dr|St))[.!?]["')]*\s+(?=["'(]*[A-Z])/)) {
  const words = sentence.toLowerCase()
    .replace(/--|_/g, " ")
    .replace(/n't\b/g, " n't").replace(/'(s|ll|d|ve|re|m)\b/g, " '$1")
    .replace(/\b(mr|mrs|dr|st)\b\.?/g, "$1.")
    .split(/\s+/)
    .map((word) => word.replace(/^[^a-z0-9']+|[^a-z0-9.]+$/g, "").replace(/(?<!\b(mr|mrs|dr|st))\.$/, ""))
    .map((word) => /^(n't|'(s|ll|d|ve|re|m))$/.test(word) ? word : word.replace(/^'+/, ""))
    .map((word) => /^\d+(st|nd|rd|th)?$/.test(word) ? "N" : word.replace(/[^a-z0-9'.-]/g, ""))
    .filter(Boolean);
  if (words.length < 2) continue;
  length += words.join(" ").length + 1;
  if (length > characters) break;
  sentences.push(words);
}
const cuts = [Math.floor(0.8 * sentences.length), Math.floor(0.9 * sentences.length)];
const counts = new Map<string, number>();
for (const word of sentences.slice(0, cuts[0]).flat()) counts.set(word, (counts.get(word) ?? 0) + 1);
const parts = { train: sentences.slice(0, cuts[0]), valid: sentences.slice(...cuts), test: sentences.slice(cuts[1]) };
for (const [name, part] of Object.entries(parts)) {
  const rows = part.map((words) => words.map((word) => (counts.get(word) ?? 0) < leastCount ? "<unk>" : word));
  const text = rows.map((words) => ` ${words.join(" ")} \n`).join("");
  await writeFile(join(root, "data", "excerpts", "text", `${name}.txt`), text);
  console.log(name, rows.length, "sentences", text.length, "characters");
}
console.log([...counts.values()].filter((count) => count >= leastCount).length, "words in the vocabulary");
