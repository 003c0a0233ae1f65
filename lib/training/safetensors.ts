/**
 * Named tensors in a file, in the safetensors format: 8 bytes little-endian length of the header, the header as JSON
 * (`{name: {dtype, shape, data_offsets: [from, to]}, __metadata__: {key: text}}`), then the tensors' bytes without
 * gaps. NumPy reads it with `safetensors.numpy.load_file(path)`, PyTorch with `safetensors.torch.load_file(path)`;
 * the metadata with `safetensors.safe_open(path, "numpy").metadata()`.
 */
import { writeFile } from "../files.ts";

/** Dtypes that this project writes. F16 holds weights of large networks, F64 checkpoints of the float64 engine. */
export type Dtype = "F64" | "F32" | "F16";

export interface NamedTensor {
  shape: number[];
  values: Float32Array | Float64Array;
}
export interface TensorFile {
  tensors: Record<string, NamedTensor>;
  metadata: Record<string, string>;
}

export const bytesPer: Record<Dtype, number> = { F64: 8, F32: 4, F16: 2 };
/** The format's own limit. */
const longestHeader = 100_000_000;

/** The file's bytes. Without `dtype` a tensor keeps its precision. Throws for a value that is not finite. */
export function encodeTensors({ tensors, metadata }: TensorFile, dtype?: Dtype): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  const parts = Object.entries(tensors).map(([name, { shape, values }]) => {
    const type = dtype ?? (values instanceof Float64Array ? "F64" : "F32");
    if (count(shape) !== values.length) {
      throw new Error(`Tensor ${name} has the shape [${shape}] but ${values.length} values.`);
    }
    refuseNonFinite(name, values, type);
    const from = end;
    end += values.length * bytesPer[type];
    header[name] = { dtype: type, shape, data_offsets: [from, end] };
    return { type, values, from };
  });
  let text = JSON.stringify(header);
  let headerBytes = new TextEncoder().encode(text);
  // Tensors begin at a multiple of 8 bytes, as the reference implementation aligns them.
  text += " ".repeat((8 - headerBytes.length % 8) % 8);
  headerBytes = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + headerBytes.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  bytes.set(headerBytes, 8);
  for (const { type, values, from } of parts) {
    bytes.set(toBytes(values, type), 8 + headerBytes.length + from);
  }
  return bytes;
}

/** Writes the file so that a reader sees the old one or the new one. Throws for a value that is not finite. */
export async function writeTensors(path: string, file: TensorFile, dtype?: Dtype): Promise<void> {
  await writeFile(path, encodeTensors(file, dtype));
}

/**
 * Reads a file; throws, naming the file, if it cannot be read, is not as the format demands or holds a value that is
 * not finite.
 */
export async function readTensors(path: string): Promise<TensorFile> {
  try {
    return decodeTensors(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`There is no file ${path}.`);
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

/** The opposite of `encodeTensors`; F16 and F32 become float32. */
export function decodeTensors(bytes: Uint8Array<ArrayBuffer>): TensorFile {
  if (bytes.length < 8) {
    throw new Error(`not a safetensors file: ${bytes.length} bytes, expected 8 at the least.`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > longestHeader || 8 + length > bytes.length) {
    throw new Error(`the header is said to have ${length} bytes, but the file has only ${bytes.length}.`);
  }
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, 8 + length));
  const data = bytes.subarray(8 + length);
  const isText = (value: unknown) => typeof value === "string";
  if (typeof metadata !== "object" || metadata === null || !Object.values(metadata).every(isText)) {
    throw new Error("the header's __metadata__ must map names to texts.");
  }
  const listed = Object.entries(entries).map(([name, entry]) => checkEntry(name, entry));
  let end = 0;
  for (const { name, from, to } of listed.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < end) {
      throw new Error(`tensor ${name} overlaps the one before it, at byte ${from} of the data.`);
    }
    if (from > end) throw new Error(`there is a hole of ${from - end} bytes before tensor ${name}.`);
    end = to;
  }
  if (end !== data.length) {
    throw new Error(`the tensors take ${end} bytes, but the file holds ${data.length}.`);
  }
  const tensors: Record<string, NamedTensor> = {};
  for (const { name, dtype, shape, from, to } of listed) {
    const values = fromBytes(data.slice(from, to).buffer, dtype);
    refuseNonFinite(name, values, "F64");
    tensors[name] = { shape, values };
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error("the header is not JSON.");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new Error("the header is not a JSON object.");
  }
  return header as Record<string, unknown>;
}

function checkEntry(name: string, entry: unknown) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const isSize = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  if (typeof dtype !== "string" || !(dtype in bytesPer)) {
    throw new Error(
      `tensor ${name} has the dtype ${dtype}; expected one of ${Object.keys(bytesPer).join(", ")}.`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) throw new Error(`tensor ${name} has no proper shape.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw new Error(`tensor ${name} has no proper data_offsets.`);
  }
  const [from, to] = offsets as number[];
  const expected = count(shape) * bytesPer[dtype as Dtype];
  if (to - from !== expected) {
    throw new Error(
      `tensor ${name} ([${shape}], ${dtype}) needs ${expected} bytes, its offsets give ${to - from}.`,
    );
  }
  return { name, dtype: dtype as Dtype, shape: shape as number[], from, to };
}

function refuseNonFinite(name: string, values: ArrayLike<number>, type: Dtype): void {
  const largest = type === "F16" ? 65504 : Number.MAX_VALUE;
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i]) <= largest)) {
      throw new Error(
        `tensor ${name} holds ${values[i]} at position ${i}, which is not a finite ${type} number.`,
      );
    }
  }
}

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function toBytes(values: Float32Array | Float64Array, type: Dtype): Uint8Array {
  const typed = type === "F64"
    ? Float64Array.from(values)
    : type === "F32"
    ? Float32Array.from(values)
    : Float16Array.from(values);
  return new Uint8Array(typed.buffer);
}
function fromBytes(buffer: ArrayBuffer, type: Dtype): Float32Array | Float64Array {
  if (type === "F64") return new Float64Array(buffer);
  return type === "F32" ? new Float32Array(buffer) : Float32Array.from(new Float16Array(buffer));
}
