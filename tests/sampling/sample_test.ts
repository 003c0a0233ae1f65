/** `deno task sample`, run as a user runs it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { readTyped, speller, type Text } from "../../lib/data/mod.ts";
import { root } from "../../lib/files.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { writeWeights } from "../../lib/weights/mod.ts";
import { textConfig } from "./networks.ts";

/** A folder with weights of three tiny networks: by character, word and byte. */
async function folder(): Promise<string> {
  const path = await Deno.makeTempDir();
  const symbols = {
    char: ["\n", " ", "a", "b", "é"],
    word: ["\n", "<unk>", "on", "and", "it", "is"],
    wikipedia: ["<", "a", ">", "\n", "\u00c3", "\u00a9"],
  };
  for (const [experiment, known] of Object.entries(symbols)) {
    await writeWeights(join(path, `${experiment}.safetensors`), {
      weights: initialWeights(textConfig, 1),
      provenance: {
        experiment,
        network: textConfig,
        data: { name: "made up", checksum: "made up", alphabet: "made up" },
        stages: [],
      },
      alphabet: { name: "made up", symbols: known },
    });
  }
  return path;
}

async function sample(cwd: string, name: string, ...args: string[]) {
  const own = ["--weights", `${name}.safetensors`, "--engine", "float64"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib/cli/sample.ts"), name, ...own, ...args],
    cwd: root,
    env: { INIT_CWD: cwd, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

Deno.test("sample: a text goes on from its prime, the same for the same seed, printed or in a file", async () => {
  const path = await folder();
  const printed = await sample(path, "char", "--prime", "ab é", "--length", "30", "--seed", "3");
  assertEquals(printed.code, 0, printed.error);
  assertMatch(printed.out, /^ab é[\n abé]{30}\n$/);
  assertMatch(printed.error, /30 characters in .* \(char, temperature 1, seed 3\)/);

  await Deno.writeTextFile(join(path, "prime.txt"), "\ufeffab é");
  const options = ["--prime-file", "prime.txt", "--length", "30", "--seed", "3"];
  const filed = await sample(path, "char", ...options, "--out", "a.txt");
  assertEquals(filed.code, 0, filed.error);
  assertEquals(`${await Deno.readTextFile(join(path, "a.txt"))}\n`, printed.out);
  assertStringIncludes(filed.out, `seed 3): ${join(path, "a.txt")}`);

  const { out } = await sample(path, "char", ...options, "--json");
  const { prime, text, ...told } = JSON.parse(out);
  assertEquals([`${prime}${text}\n`, prime, told.seed, told.unit], [printed.out, "ab é", 3, "character"]);
  await Deno.remove(path, { recursive: true });
});

Deno.test("sample: bytes and words, of which unknown ones are <unk>; temperature 0 has no chance", async () => {
  const path = await folder();
  const bytes = await sample(path, "wikipedia", "--prime", "<é>", "--length", "9", "--out", "a.bin");
  assertEquals(bytes.code, 0, bytes.error);
  const written = await Deno.readFile(join(path, "a.bin"));
  assertEquals([written.length, ...written.subarray(0, 4)], [4 + 9, 0x3c, 0xc3, 0xa9, 0x3e]);

  const likeliest = async (seed: string) =>
    (await sample(
      path,
      "word",
      "--prime",
      "it is\non zyzz",
      "--length",
      "5",
      "--temperature",
      "0",
      "--seed",
      seed,
    ))
      .out;
  const [one, two] = [await likeliest("1"), await likeliest("2")];
  assertEquals(one, two);
  assertMatch(one, /^it is\non <unk>/);
  await Deno.remove(path, { recursive: true });
});

Deno.test("sample: mistakes are told apart", async () => {
  const path = await folder();
  const failing: [string[], number, string][] = [
    [["char", "--prime", "abC"], 1, 'contains "C", which is none of the 5 symbols. They are "\\n abé"'],
    [["char", "--prime", "a", "--prime-file", "b"], 2, "Give --prime or --prime-file, not both"],
    [["char", "--prime-file", "none.txt"], 1, "none.txt: No such file"],
    [["char", "--length", "0"], 2, "at least 1"],
    [["char", "--weights", "word.safetensors"], 2, "These are weights of 'word', not of 'char'"],
    [["char", "--out", "char.safetensors/a.txt"], 1, "Cannot write"],
    [["synthesis"], 2, "'synthesis' is no <experiment>"],
  ];
  for (const [[name, ...args], code, message] of failing) {
    const found = await sample(path, name, ...args);
    assertEquals(found.code, code, args.join(" "));
    assertStringIncludes(found.error, message);
  }
  await Deno.remove(path, { recursive: true });
});

Deno.test("words are spelled with blanks between them, none at an end of sentence", () => {
  const words: Pick<Text, "level" | "symbols"> = { level: "word", symbols: ["\n", "on", "it"] };
  const spell = speller(words), text = "on it\nit\n";
  const ids = readTyped(text, words);
  assertEquals([...ids], [1, 2, 0, 2, 0]);
  assertEquals(Array.from(ids, (id) => new TextDecoder().decode(spell(id))).join(""), text);
});
