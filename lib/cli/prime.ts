/** Whose hand `deno task write` takes on: a line of IAM-OnDB, or one from a file. */
import {
  type Alphabet,
  type Cleaning,
  type Line,
  openHandwriting,
  openInk,
  textBeside,
} from "../data/mod.ts";
import {
  demandLetters,
  findLine,
  fitToAlphabet,
  type Prime,
  primeFrom,
  primingLines,
} from "../sampling/mod.ts";
import type { WeightsFile } from "../weights/mod.ts";
import { UsageError, userPath } from "./options.ts";
import { print } from "./output.ts";

/** The line as a prime, cleaned as the network's training data were; none if none is asked for. */
export async function openPrime(
  { id, path }: { id?: string; path?: string },
  { provenance: { data: { cleaning } } }: WeightsFile,
  alphabet: Alphabet,
): Promise<Prime | undefined> {
  if (id !== undefined && path !== undefined) throw new UsageError("Give --prime or --prime-file, not both.");
  if (path !== undefined) {
    const line = await openFile(userPath(path), cleaning), { text } = fitToAlphabet(line.text, alphabet);
    demandLetters(text, alphabet);
    return primeFrom({ ...line, text }, alphabet);
  }
  if (id === undefined) return undefined;
  const { training, validation } = await openHandwriting({ ...(cleaning && { cleaning }), report: print });
  return primeFrom(findLine([...training, ...validation], id), alphabet);
}

/** The first line in the file, with its text from there or from the text file beside it. */
async function openFile(path: string, cleaning?: Cleaning): Promise<Line> {
  const [line, ...others] = await openInk(path, cleaning);
  const { text } = line;
  if (!text) {
    throw new Error(
      `What is written in ${path} is not known: put the text into ${
        textBeside(path)
      }, or into the file itself.`,
    );
  }
  print(
    `In the hand of ${JSON.stringify(text)}, ${line.points.length / 3} points` +
      (others.length > 0 ? ` (the first of ${1 + others.length} lines in the file).` : "."),
  );
  return line;
}

export async function listPrimes(): Promise<void> {
  const { training, validation, source } = await openHandwriting({ report: print });
  const all = [...training, ...validation], known = new Set(all.map(({ id }) => id));
  const papers = primingLines.filter((id) => known.has(id));
  if (papers.length > 0) print("The paper's priming lines (Figures 18–21):");
  for (const id of papers) print(`  ${id}  ${findLine(all, id).text}`);
  print(
    source === "iam-ondb"
      ? `Any other of the ${all.length} lines of IAM-OnDB can be used too${
        all.length > 0 ? `, as ${all[all.length - 1].id}` : ""
      }.`
      : `The excerpt's other lines: ${validation.map((line) => line.id).join(", ")}`,
  );
}
