import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { sha256 } from "../../lib/files.ts";
import { decodeTensors, encodeTensors, readTensors, writeTensors } from "../../lib/weights/safetensors.ts";
import { withFolder } from "../training/tiny.ts";

const example = {
  tensors: {
    W: { shape: [2, 2], values: Float32Array.of(1, -2, 3.5, 0) },
    b: { shape: [3], values: Float32Array.of(0.1, 0.2, 0.3) },
  },
  metadata: { experiment: "example", words: "äöü" },
};

/** A file with this header before `data` bytes. */
function file(header: unknown, data: number): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const entry = (from: number, to: number, shape = [(to - from) / 4], dtype = "F32") => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

Deno.test("tensors and metadata survive a file", async () => {
  await withFolder(async (folder) => {
    const checksum = await writeTensors(`${folder}/a.safetensors`, example);
    assertEquals(await readTensors(`${folder}/a.safetensors`), { ...example, checksum });
    assertEquals(checksum, sha256(await Deno.readFile(`${folder}/a.safetensors`)));
  });
});

Deno.test("the header is as the format describes it", () => {
  const bytes = encodeTensors(example);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assertEquals(length % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  assertEquals(header.W, { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] });
  assertEquals(header.b, { dtype: "F32", shape: [3], data_offsets: [16, 28] });
  assertEquals(bytes.length, 8 + length + 28);
});

Deno.test("half precision halves the data and rounds; double precision keeps every bit", () => {
  const { tensors } = decodeTensors(encodeTensors(example, "F16"));
  assertEquals(tensors.W.values, example.tensors.W.values);
  assert(Math.abs(tensors.b.values[0] - 0.1) < 1e-4 && tensors.b.values[0] !== Math.fround(0.1));
  const double = { tensors: { x: { shape: [1], values: Float64Array.of(Math.PI) } }, metadata: {} };
  assertEquals(decodeTensors(encodeTensors(double)), double);
});

Deno.test("values that are not finite are refused by name", () => {
  for (const value of [NaN, Infinity]) {
    const bad = { tensors: { W_h1y: { shape: [1], values: Float32Array.of(value) } }, metadata: {} };
    assertThrows(() => encodeTensors(bad), Error, "W_h1y");
  }
  const large = { tensors: { W: { shape: [1], values: Float32Array.of(1e6) } }, metadata: {} };
  assertThrows(() => encodeTensors(large, "F16"), Error, "F16");
  const bytes = encodeTensors(example);
  new DataView(bytes.buffer).setFloat32(bytes.length - 4, NaN, true);
  assertThrows(() => decodeTensors(bytes), Error, "tensor b holds NaN");
});

Deno.test("files that break the format are refused, with the reason", () => {
  const refuse = (bytes: Uint8Array<ArrayBuffer>, message: string) =>
    assertThrows(() => decodeTensors(bytes), Error, message);
  refuse(new Uint8Array(3), "3 bytes");
  refuse(file("{}", 0).subarray(0, 9) as Uint8Array<ArrayBuffer>, "header is said to have");
  const huge = file("{}", 0);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 60n, true);
  refuse(huge, "header is said to have");
  refuse(
    new TextEncoder().encode("<html>Sign in, please</html>"),
    'found text that begins "<html>Si": a web page',
  );
  refuse(file("{oops", 0), "not JSON");
  refuse(file("[]", 0), "not a JSON object");
  refuse(file({ __metadata__: { n: 1 } }, 0), "__metadata__");
  refuse(file({ a: entry(0, 8), b: entry(4, 12) }, 12), "overlaps");
  refuse(file({ a: entry(0, 8), b: entry(12, 16) }, 16), "hole of 4 bytes before tensor b");
  refuse(file({ a: entry(4, 8) }, 8), "hole of 4 bytes before tensor a");
  refuse(file({ a: entry(0, 8) }, 12), "the tensors take 8 bytes");
  refuse(file({ a: entry(0, 8) }, 4), "the tensors take 8 bytes");
  refuse(file({ a: entry(0, 8, [3]) }, 8), "needs 12 bytes");
  refuse(file({ a: entry(8, 0, [2]) }, 8), "needs 8 bytes");
  refuse(file({ a: entry(0, 8, [-2]) }, 8), "no proper shape");
  refuse(file({ a: entry(0, 8, [2], "I7") }, 8), "dtype I7");
  refuse(file({ a: { dtype: "F32", shape: [2] } }, 8), "data_offsets");
  refuse(file({ a: null }, 0), "dtype");
});

Deno.test("an error names the file", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/bad.safetensors`, new Uint8Array(4));
    await assertRejects(() => readTensors(`${folder}/bad.safetensors`), Error, "bad.safetensors");
    await assertRejects(() => readTensors(`${folder}/none.safetensors`), Error, "There is no file");
  });
});
