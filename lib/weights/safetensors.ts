/**
 * Named tensors in a file, in the safetensors format: 8 bytes little-endian length of the header, the header as JSON
 * (`{name: {dtype, shape, data_offsets: [from, to]}, __metadata__: {key: text}}`), then the tensors' bytes without
 * gaps. NumPy reads it with `safetensors.numpy.load_file(path)`, PyTorch with `safetensors.torch.load_file(path)`;
 * the metadata with `safetensors.safe_open(path, "numpy").metadata()`.
 */
import { readBytes, sha256, writeFile } from "../files.ts";

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

/** Writes the file so that a reader sees the old one or the new one; gives its SHA-256. Throws for a value that is not
 * finite. */
export async function writeTensors(path: string, file: TensorFile, dtype?: Dtype): Promise<string> {
  const bytes = encodeTensors(file, dtype);
  await writeFile(path, bytes);
  return sha256(bytes);
}

/**
 * Reads a file, with its SHA-256; F16 and F32 become float32. Throws, naming the file, if it cannot be read, is not as
 * the format demands or holds a value that is not finite. Of a file in another format it reads no more than 8 bytes and
 * what these say is the header.
 */
export async function readTensors(path: string): Promise<TensorFile & { checksum: string }> {
  const named = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
    }
  };
  const start = await readBytes(path, { length: 8 });
  const { size } = await Deno.stat(path);
  const length = named(() => headerLength(start, size));
  const header = await readBytes(path, { from: 8, length });
  named(() => layoutOf(header, size - 8 - length));
  const bytes = await readBytes(path);
  return { ...named(() => decodeTensors(bytes)), checksum: sha256(bytes) };
}

/** The opposite of `encodeTensors`; F16 and F32 become float32. */
export function decodeTensors(bytes: Uint8Array<ArrayBuffer>): TensorFile {
  if (bytes.length < 8) {
    throw new Error(`not a safetensors file: ${bytes.length} bytes, expected 8 at the least.`);
  }
  const length = headerLength(bytes, bytes.length);
  const data = bytes.subarray(8 + length);
  const { metadata, entries } = layoutOf(bytes.subarray(8, 8 + length), data.length);
  const tensors: Record<string, NamedTensor> = {};
  for (const { name, dtype, shape, from, to } of entries) {
    const values = fromBytes(data.slice(from, to).buffer, dtype);
    refuseNonFinite(name, values, "F64");
    tensors[name] = { shape, values };
  }
  return { tensors, metadata };
}

/** From the first 8 of a file's `size` bytes. */
function headerLength(bytes: Uint8Array<ArrayBuffer>, size: number): number {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length <= longestHeader && 8 + length <= size) return length;
  const beginning = new TextDecoder().decode(bytes.subarray(0, 8));
  if (/^[ -~\s]+$/.test(beginning)) {
    throw new Error(
      `a safetensors file was expected, found text that begins ${
        JSON.stringify(beginning)
      }: a web page or a pointer of Git ` +
        "LFS in place of the weights?",
    );
  }
  throw new Error(`the header is said to have ${length} bytes, but the file has only ${size}.`);
}

/** What the header says of the file. Throws if it does not describe `dataLength` bytes of tensors without gaps. */
function layoutOf(header: Uint8Array<ArrayBuffer>, dataLength: number) {
  const { __metadata__: metadata = {}, ...others } = parseHeader(header);
  const isText = (value: unknown) => typeof value === "string";
  if (typeof metadata !== "object" || metadata === null || !Object.values(metadata).every(isText)) {
    throw new Error("the header's __metadata__ must map names to texts.");
  }
  const entries = Object.entries(others).map(([name, entry]) => checkEntry(name, entry));
  let end = 0;
  for (const { name, from, to } of entries.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from < end) {
      throw new Error(`tensor ${name} overlaps the one before it, at byte ${from} of the data.`);
    }
    if (from > end) throw new Error(`there is a hole of ${from - end} bytes before tensor ${name}.`);
    end = to;
  }
  if (end !== dataLength) {
    throw new Error(`the tensors take ${end} bytes, but the file holds ${dataLength}.`);
  }
  return { metadata: metadata as Record<string, string>, entries };
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
