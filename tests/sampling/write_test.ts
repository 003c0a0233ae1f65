import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { alphabets } from "../../lib/data/alphabet.ts";
import { root } from "../../lib/files.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { type Provenance, writeWeights } from "../../lib/weights/mod.ts";
import { penConfig } from "./networks.ts";

const symbols = alphabets.extended.symbols;
const config = { ...penConfig, window: { alphabet: symbols.length, components: 2 } };
const provenance: Provenance = {
  experiment: "synthesis",
  network: config,
  data: {
    name: "made up",
    checksum: "made up",
    alphabet: "extended",
    statistics: { mean: [8, 0], std: [40, 36] },
  },
  stages: [],
};

/**
 * A folder with the weights of two tiny networks: the window of `tiny.safetensors` moves along the text a quarter of a
 * character at a time, that of `hasty.safetensors` three characters.
 */
async function folder(): Promise<string> {
  const path = await Deno.makeTempDir();
  for (const [name, speed] of [["tiny", 1 / 4], ["hasty", 3]] as const) {
    const weights = initialWeights(config, 1);
    weights.W_h1p.values.fill(0);
    weights.b_p.values.set([0, 0, 0, 0, Math.log(speed), Math.log(speed)]);
    const named = { weights, provenance, alphabet: alphabets.extended };
    await writeWeights(join(path, `${name}.safetensors`), named);
  }
  return path;
}

/** `deno task write` in a folder of the user's; what the tiny networks write is no reader's, and is read only where that is
 * asked for. */
async function write(cwd: string, ...args: string[]): Promise<Ended> {
  return await writeFrom("", cwd, ...args);
}

interface Ended {
  code: number;
  out: string;
  error: string;
}

/** The same with something on standard input. */
async function writeFrom(input: string, cwd: string, ...args: string[]): Promise<Ended> {
  const unread = args.includes("--legible") || Deno.env.has("GRAVES_RESULTS") ? [] : ["--legible", "0"];
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      join(root, "lib/cli/write.ts"),
      "--engine",
      "float64",
      ...unread,
      ...args,
    ],
    cwd: root,
    env: { INIT_CWD: cwd, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  // A command that fails before it reads has closed its end.
  await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

Deno.test("write: strokes, a picture and what was done with the text", async () => {
  const path = await folder();
  const weights = ["--weights", "tiny.safetensors"];
  const text = "\ufeffthe window moves ☂ on\nand on";
  const json = await write(path, text, ...weights, "--out", "a.json", "--width", "12", "--count", "2");
  assertEquals(json.code, 0, json.error);
  assertStringIncludes(json.out, '"☂" (1×) is not in the alphabet: left out');
  assertStringIncludes(json.out, "U+FEFF (1×) is not in the alphabet: left out");
  assertMatch(json.out, /"the window": \d+ points, ended with its text/);
  assertMatch(json.out, /6 lines, \d+ points in .*bias 1, seed 1/);
  const samples = JSON.parse(await Deno.readTextFile(join(path, "a.json")));
  const lines = ["the window", "moves on", "and on"];
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
  const png = await write(path, text, ...weights, "--out", "c.png", "--bias", "0");
  assertEquals(png.code, 0, png.error);
  assertEquals([...(await Deno.readFile(join(path, "c.png"))).subarray(1, 4)], [
    ...new TextEncoder().encode("PNG"),
  ]);
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: digits and signs, which the network hardly knows, are drawn between its words", async () => {
  const path = await folder();
  const weights = ["--weights", "tiny.safetensors", "--out"];
  const { code, out, error } = await write(path, "on & on@on\n10:45", ...weights, "signs.json");
  assertEquals(code, 0, error);
  assertStringIncludes(out, "Drawn, since the network has seldom or never seen them: 0 1 4 5 & @");
  assertMatch(out, /^"on on on": /m);
  const [written, alone] = JSON.parse(await Deno.readTextFile(join(path, "signs.json")));
  assertEquals([written.text, alone.text], ["on & on@on", "10:45"]);
  // A four, a five and the colon have two strokes each.
  assertEquals(alone.strokes.length, 8);
  await write(path, "on on on", ...weights, "plain.json");
  const [plain] = JSON.parse(await Deno.readTextFile(join(path, "plain.json")));
  assertEquals(written.strokes.length, plain.strokes.length + 2);
  const number = await write(path, "0", ...weights, "number.json");
  assertEquals([number.code, number.out.includes("1 line, 0 points")], [0, true], number.error);
  const [zero] = JSON.parse(await Deno.readTextFile(join(path, "number.json")));
  assertEquals([zero.text, zero.strokes.length], ["0", 1]);
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: a line that cannot be read is tried again, and told", async () => {
  const path = await folder();
  const { code, out, error } = await write(path, "so", "--weights", "tiny.safetensors", "--legible", "1");
  assertEquals(code, 1);
  assertMatch(
    out,
    /^"so": \d+ points, ended with its text; 2 of 2 characters are misread; the best of 12 tries$/m,
  );
  assertStringIncludes(error, "1 line of 1 did not come out as the text is");
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: without a reader's weights nothing is read, unless that was asked for", async () => {
  const path = await folder(), args = ["so", "--weights", "tiny.safetensors"];
  Deno.env.set("GRAVES_RESULTS", path);
  try {
    const unread = await write(path, ...args);
    assertEquals(unread.code, 0, unread.error);
    assertStringIncludes(unread.out, "There are no weights of 'reader' here: what is written is not read.");
    assertMatch(unread.out, /^"so": \d+ points, ended with its text$/m);
    const asked = await write(path, ...args, "--legible", "2");
    assertEquals(asked.code, 1);
    assertStringIncludes(asked.error, "There are no weights of 'reader'");
  } finally {
    Deno.env.delete("GRAVES_RESULTS");
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("write: the help says what the network has seldom seen", async () => {
  const { out } = await write(root, "--help");
  assertMatch(out.replace(/\s+/g, " "), /e 31765 times, but A 663, .* Q 16, Z 6, X 3\. .* & @ \+ /);
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
  // The tiny window runs past so long a prime: a line that is not read in order is written nevertheless.
  assertEquals([plain.code, primed.code], [0, 1], primed.error);
  assertStringIncludes(primed.error, "1 line of 1 did not come out as the text is");
  const primedStrokes = await Deno.readTextFile(join(path, "a.json"));
  assertEquals(primedStrokes === strokes, false);
  assertEquals(JSON.parse(primedStrokes)[0].text, "so it is", "only what was drawn is written");
  const unknown = await write(path, ...args, "--prime", "z99");
  assertEquals(unknown.code, 1);
  assertStringIncludes(unknown.error, "no line 'z99'");
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: a letter from a file or standard input, on sheets of paper, as a picture and as G-code", async () => {
  const path = await folder();
  const letter = "Dear Ann,\r\n\r\n   the window moves on and on and on\r\n" + "and on\r\n".repeat(20);
  await Deno.writeTextFile(join(path, "letter.txt"), letter);
  const options = ["--weights", "tiny.safetensors", "--width", "24", "--bias", "1"];
  const paper = [...options, "--size", "a5", "--spacing", "9"];
  const svg = await write(path, "--file", "letter.txt", ...paper, "--out", "a.svg");
  assertEquals(svg.code, 0, svg.error);
  assertMatch(svg.out, /23 lines, \d+ points in .*: 2 sheets, .*a-1\.svg to .*a-2\.svg/);
  const first = await Deno.readTextFile(join(path, "a-1.svg"));
  assertMatch(first, /^<svg [^>]*width="148mm" height="210mm"/);
  assertEquals(
    [first.match(/<path /g)?.length, first.includes("<rect")],
    [17, false],
    "18 rows, one of them blank",
  );

  const piped = await writeFrom(letter, path, "-", ...paper, "--out", "b.svg");
  assertEquals(piped.code, 0, piped.error);
  assertEquals(await Deno.readTextFile(join(path, "b-1.svg")), first);

  const gcode = await write(
    path,
    "on",
    ...options,
    "--out",
    "c.gcode",
    "--pen-up",
    "M5, G4 P0.1",
    "--feed",
    "700",
  );
  assertEquals(gcode.code, 0, gcode.error);
  assertMatch(
    await Deno.readTextFile(join(path, "c.gcode")),
    /\nM5\nG4 P0\.1\nG0 X\S+ Y\S+\nG1 Z0 F600\nG1 X\S+ Y\S+ F700\n/,
  );
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: in one's own hand, from a file of strokes and its text", async () => {
  const path = await folder();
  const args = ["so it is", "--weights", "tiny.safetensors", "--out"];
  await write(path, ...args, "plain.json");
  const strokes = (step: number) =>
    Array.from(
      { length: 4 },
      (_, s) => Array.from({ length: 20 }, (_, k) => [step * (20 * s + k), step * (k % 5) * 3]),
    );
  await Deno.writeTextFile(join(path, "mine.json"), JSON.stringify({ text: "mine", strokes: strokes(1) }));
  await Deno.writeTextFile(join(path, "large.json"), JSON.stringify(strokes(100)));
  const silent = await write(path, ...args, "a.json", "--prime-file", "large.json");
  assertEquals(silent.code, 1);
  assertStringIncludes(silent.error, `put the text into ${join(path, "large.txt")}`);
  await Deno.writeTextFile(join(path, "large.txt"), "mine\r\n");
  const written = [];
  for (const name of ["mine", "large"]) {
    const primed = await write(path, ...args, `${name}-written.json`, "--prime-file", `${name}.json`);
    assertStringIncludes(primed.error, "1 line of 1 did not come out as the text is");
    assertMatch(primed.out, /In the hand of "mine", \d+ points/);
    written.push(await Deno.readTextFile(join(path, `${name}-written.json`)));
  }
  assertEquals(written[0], written[1], "the unit does not matter");
  assert(written[0] !== await Deno.readTextFile(join(path, "plain.json")));
  await Deno.remove(path, { recursive: true });
});

Deno.test("write: mistakes are told apart", async () => {
  const path = await folder();
  const greek = { text: "λόγος", strokes: [Array.from({ length: 40 }, (_, k) => [k, 9 * Math.sin(k)])] };
  await Deno.writeTextFile(join(path, "greek.json"), JSON.stringify(greek));
  const failing: [string[], number, string][] = [
    [[], 2, "Missing: <text>"],
    [["a", "--out", "a.gif"], 2, ".svg, .png, .gcode, .json; found 'a.gif'"],
    [["a", "--out", "a.json", "--size", "a4"], 2, "--size means nothing for a file that ends in .json"],
    [["a", "--size", "a5", "--margin", "80"], 1, "Margins of 80 mm leave no room for a line"],
    [
      ["a", "--prime-file", "greek.json", "--weights", "tiny.safetensors"],
      1,
      "Of 5 characters 5 are not in the",
    ],
    [["a", "--feed", "900"], 2, "--feed means nothing for a file that ends in .svg"],
    [["a", "--file", "letter.txt"], 2, "Give <text> or --file, not both"],
    [["--file", "none.txt"], 1, "none.txt: No such file"],
    [["--file", "tiny.safetensors"], 1, "tiny.safetensors is no text: it has bytes of 0"],
    [["-5 degrees"], 2, "What begins with a dash and is no option goes after --"],
    [
      ["a", "--prime", "a06-405z-01", "--prime-file", "a.svg", "--weights", "tiny.safetensors"],
      2,
      "Give --prime or --prime-file, not both",
    ],
    [["a", "--prime-file", "none.svg", "--weights", "tiny.safetensors"], 1, "none.svg: No such file"],
    [
      ["a", "--out", "tiny.safetensors/a.svg", "--weights", "tiny.safetensors"],
      1,
      `Cannot write ${join(path, "tiny.safetensors", "a.svg")}`,
    ],
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
    [["日本", "--weights", "tiny.safetensors"], 1, "Of 2 characters 2 are not in the network's alphabet"],
    [["the window", "--weights", "hasty.safetensors"], 1, "1 line of 1 did not come out as the text is"],
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
  const options = ["--weights", "tiny.safetensors", "--width", "1", "--spacing", "20"];
  const png = await write(path, "a\n".repeat(200), ...options, "--out", "tall.png");
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
