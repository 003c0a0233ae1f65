/** Weights as small numbers, for a page: one byte each, and a scale for each row of a matrix. */
import type { Alphabet } from "../data/alphabet.ts";
import type { NetworkConfig } from "../network/config.ts";
import { parameterShapes, type Weights } from "../network/parameters.ts";

/** What a page carries of a weights' file. */
export interface PackedNetwork {
  experiment: string;
  network: NetworkConfig;
  alphabet: Alphabet;
  /** Of handwriting: of the offsets in sensor units. */
  statistics?: { mean: [number, number]; std: [number, number] };
  /** In base64: the float32 numbers, then the bytes (`packWeights`). */
  weights: string;
}

/** The largest whole number that a weight becomes. */
const largest = 127;

/** Biases and peepholes are few and reach far: they stay float32, as a matrix's scales are. */
const isMatrix = (name: string) => name.startsWith("W_") && !name.startsWith("W_c");

/**
 * Each matrix row as whole numbers of −127 to 127 times a scale, in the order of `parameterShapes`: first all float32
 * numbers (a matrix's scales, else the weights themselves), then all bytes.
 */
export function packWeights(config: NetworkConfig, weights: Weights): Uint8Array<ArrayBuffer> {
  const floats: number[] = [], bytes: number[] = [];
  for (const [name, shape] of Object.entries(parameterShapes(config))) {
    const { values } = weights[name];
    if (!isMatrix(name)) {
      for (const value of values) floats.push(value);
      continue;
    }
    const columns = shape[1];
    for (let row = 0; row < values.length; row += columns) {
      const weightsOfRow = values.subarray(row, row + columns);
      const scale = weightsOfRow.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / largest || 1;
      floats.push(scale);
      for (const value of weightsOfRow) bytes.push(Math.round(value / scale));
    }
  }
  const packed = new Uint8Array(4 * floats.length + bytes.length);
  packed.set(new Uint8Array(Float32Array.from(floats).buffer));
  packed.set(Int8Array.from(bytes), 4 * floats.length);
  return packed;
}

/** The opposite of `packWeights`, up to the rounding. Throws if there are not as many bytes as the network has weights. */
export function unpackWeights(config: NetworkConfig, packed: Uint8Array<ArrayBuffer>): Weights {
  const shapes = Object.entries(parameterShapes(config));
  const sizeOf = (shape: number[]) => shape.reduce((a, b) => a * b);
  const floatCount = shapes.reduce(
    (sum, [name, shape]) => sum + (isMatrix(name) ? shape[0] : sizeOf(shape)),
    0,
  );
  const byteCount = shapes.reduce((sum, [name, shape]) => sum + (isMatrix(name) ? sizeOf(shape) : 0), 0);
  if (packed.length !== 4 * floatCount + byteCount) {
    throw new Error(`Expected ${4 * floatCount + byteCount} bytes of weights, found ${packed.length}.`);
  }
  const floats = new Float32Array(packed.slice(0, 4 * floatCount).buffer);
  const bytes = new Int8Array(packed.slice(4 * floatCount).buffer);
  let float = 0, byte = 0;
  const weights: Weights = {};
  for (const [name, shape] of shapes) {
    const size = sizeOf(shape);
    if (isMatrix(name)) {
      const values = new Float32Array(size);
      for (let row = 0; row < size; row += shape[1]) {
        const scale = floats[float++];
        for (let column = 0; column < shape[1]; column++) values[row + column] = scale * bytes[byte++];
      }
      weights[name] = { shape, values };
    } else {
      weights[name] = { shape, values: floats.slice(float, float += size) };
    }
  }
  return weights;
}
