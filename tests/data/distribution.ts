/** A made-up IAM-OnDB in the distribution's format, to be damaged by tests. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";

export interface Distribution {
  /** Line name → XML. */
  strokes: Record<string, string>;
  /** Form name → ascii file. */
  transcripts: Record<string, string>;
  /** Split → forms. */
  lists: Record<string, string[]>;
}

/** Three forms of two lines: a training, a validation and a test form. */
export function smallDistribution(): Distribution {
  const forms = ["a01-001", "b01-002z", "c01-003"];
  return {
    strokes: Object.fromEntries(
      forms.flatMap((form, k) =>
        [1, 2].map((n) => [`${form}-0${n}`, strokesXml([[0, 0], [10 * n, k], [20, 5]])])
      ),
    ),
    transcripts: Object.fromEntries(
      forms.map((form) => [form, `OCR:\n\nx\n\nCSR:\n\nfirst of ${form}\nsecond line\n`]),
    ),
    lists: { trainset: [forms[0]], testset_v: [forms[1]], testset_t: [forms[2]], testset_f: ["z09-999"] },
  };
}

/** A line of one stroke, with a reading each 15 ms. */
export function strokesXml(points: number[][]): string {
  const rows = points.map(([x, y], k) => `<Point x="${x}" y="${y}" time="${(k * 0.015).toFixed(2)}"/>`);
  return `<?xml version="1.0" encoding="ISO-8859-1"?>
<WhiteboardCaptureSession><StrokeSet><Stroke colour="black">${
    rows.join("\n")
  }</Stroke></StrokeSet></WhiteboardCaptureSession>`;
}

/** Writes the distribution into a folder. */
export async function writeDistribution(
  folder: string,
  { strokes, transcripts, lists }: Distribution,
): Promise<void> {
  const xml = Object.entries(strokes).map(([name, text]) => [`lineStrokes/${name}.xml`, text]);
  const ascii = Object.entries(transcripts).map(([name, text]) => [`ascii/${name}.txt`, text]);
  await Deno.writeFile(join(folder, "lineStrokes-all.tar.gz"), await archive(xml));
  await Deno.writeFile(join(folder, "ascii-all.tar.gz"), await archive(ascii));
  for (const [split, forms] of Object.entries(lists)) {
    await Deno.writeTextFile(join(folder, `${split}.txt`), forms.map((form) => ` ${form}\n`).join(""));
  }
}

/** Files as `.tar.gz`. */
export async function archive(files: (string | Uint8Array)[][]): Promise<Uint8Array> {
  const pack = tar.pack();
  for (const [name, text] of files) pack.entry({ name: name as string }, text as string);
  pack.finalize();
  const chunks: BlobPart[] = [];
  for await (const chunk of pack as AsyncIterable<Uint8Array<ArrayBuffer>>) chunks.push(chunk);
  return gzipSync(new Uint8Array(await new Blob(chunks).arrayBuffer()));
}

/** Runs a test in a folder of its own. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
