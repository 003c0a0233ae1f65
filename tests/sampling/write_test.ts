import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { alphabets } from "../../lib/data/alphabet.ts";
import { root } from "../../lib/files.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { writeWeights } from "../../lib/training/weights.ts";
import { penConfig } from "./networks.ts";

const symbols = alphabets.extended.symbols;
const config = { ...penConfig, window: { alphabet: symbols.length, components: 2 } };
const metadata = {
  experiment: "synthesis",
  network: JSON.stringify(config),
  alphabet: JSON.stringify(symbols),
  alphabetName: "extended",
  offsetMean: "[8, 0]",
  offsetStd: "[40, 36]",
};

/** A folder with a tiny network's weights in `tiny.safetensors`. */
async function folder(): Promise<string> {
  const path = await Deno.makeTempDir();
  const weights = initialWeights(config, 1, { kappaBias: Math.log(1 / 4) });
  await writeWeights(join(path, "tiny.safetensors"), weights, metadata);
  return path;
}

/** `deno task write` in a folder of the user's. */
async function write(cwd: string, ...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib/cli/write.ts"), "--engine", "float64", ...args],
    cwd: root,
    env: { INIT_CWD: cwd, NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

Deno.test("write: strokes, a picture and what was done with the text", async () => {
  const path = await folder();
  const weights = ["--weights", "tiny.safetensors"];
  const text = "the window moves €2 on\nand on";
  const json = await write(path, text, ...weights, "--out", "a.json", "--width", "12", "--count", "2");
  assertEquals(json.code, 0, json.error);
  assertStringIncludes(json.out, '"€" (1×) is not in the alphabet');
  assertMatch(json.out, /"the window": \d+ points, ended with its text/);
  assertMatch(json.out, /6 lines, \d+ points in .*bias 0.5, seed 1/);
  const samples = JSON.parse(await Deno.readTextFile(join(path, "a.json")));
  const lines = ["the window", "moves □2 on", "and on"];
  assertEquals(samples.map((sample: { text: string }) => sample.text), [...lines, ...lines]);
  assertEquals(samples[0].strokes[0][0].length, 2);

  await write(path, text, ...weights, "--out", "b.json", "--width", "12", "--count", "1");
  assertEquals(
    JSON.parse(await Deno.readTextFile(join(path, "b.json"))),
    samples.slice(0, 3),
    "the same seed",
  );

  const svg = await write(path, text, ...weights);
  assertEquals(svg.code, 0, svg.error);
  assertMatch(await Deno.readTextFile(join(path, "handwriting.svg")), /^<svg .*<path d="M/s);
  const png = await write(path, text, ...weights, "--out", "c.png", "--bias", "2");
  assertEquals(png.code, 0, png.error);
  assertEquals([...(await Deno.readFile(join(path, "c.png"))).subarray(1, 4)], [
    ...new TextEncoder().encode("PNG"),
  ]);
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: primed with a line, and the list of lines to prime with", async () => {
  const path = await folder();
  const list = await write(path, "--prime", "list");
  assertEquals(list.code, 0, list.error);
  assertStringIncludes(list.out, "a06-405z-01  He dismissed the idea");
  const args = ["so it is", "--weights", "tiny.safetensors", "--out", "a.json"];
  const plain = await write(path, ...args);
  const strokes = await Deno.readTextFile(join(path, "a.json"));
  const primed = await write(path, ...args, "--prime", "a06-405z-01");
  assertEquals([plain.code, primed.code], [0, 0], primed.error);
  const primedStrokes = await Deno.readTextFile(join(path, "a.json"));
  assertEquals(primedStrokes === strokes, false);
  assertEquals(JSON.parse(primedStrokes)[0].text, "so it is", "only what was drawn is written");
  const unknown = await write(path, ...args, "--prime", "z99");
  assertEquals(unknown.code, 1);
  assertStringIncludes(unknown.error, "no line 'z99'");
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: mistakes are told apart", async () => {
  const path = await folder();
  const failing: [string[], number, string][] = [
    [[], 2, "Missing: <text>"],
    [["a", "--out", "a.gif"], 2, ".svg, .png, .json; found 'a.gif'"],
    [["a", "--bias", "-1"], 2, "at least 0"],
    [["a", "--bias", " "], 2, "--bias needs a value"],
    [["a", "--count", "1.5"], 2, "whole number of at least 1 and at most 1000, found '1.5'"],
    [["a", "--width", "201"], 2, "at most 200"],
    [["a", "--constructor=x"], 2, "Unknown option --constructor"],
    [["a word", "--biass", "1"], 2, "Unknown option --biass (did you mean '--bias'?)"],
    [
      ["the window moves on ".repeat(3), "--count", "1000", "--weights", "tiny.safetensors"],
      2,
      "58000 characters in 2000 lines: at most 50000 are written at once",
    ],
    [["a", "--experiment", "nothing"], 1, "There are no weights of 'nothing'"],
    [["  ", "--weights", "tiny.safetensors"], 1, "nothing to write"],
  ];
  for (const [args, code, message] of failing) {
    const found = await write(path, ...args);
    assertEquals(found.code, code, args.join(" "));
    assertStringIncludes(found.error, message);
  }
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: a picture too tall for memory has fewer pixels, and says so", async () => {
  const path = await folder();
  const png = await write(path, "a\n".repeat(200), "--weights", "tiny.safetensors", "--out", "tall.png");
  assertEquals(png.code, 0, png.error);
  assertMatch(
    png.out,
    /So tall a picture has [01]\.\d\d pixels a unit in place of 2; an \.svg keeps every detail/,
  );
  const view = new DataView((await Deno.readFile(join(path, "tall.png"))).buffer);
  const width = view.getUint32(16), height = view.getUint32(20);
  assert(width * height <= 32.2e6 && width * height > 30e6, `${width} × ${height}`);
  await Deno.remove(path, { recursive: true });
});
