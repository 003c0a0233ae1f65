/** The recurrent layers of the float64 engine: one function for one step of one sequence. */
import type { Lstm, Tensor, WindowLstm } from "./engine.ts";

export class Block implements Tensor {
  readonly size: number;
  constructor(
    readonly shape: readonly number[],
    readonly type: "float32" | "int32",
    readonly data: Float64Array | Int32Array,
  ) {
    this.size = data.length;
  }
  get columns(): number {
    return this.shape[this.shape.length - 1];
  }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
export const clipped = (x: number, clip: number) => Math.min(clip, Math.max(-clip, x));
export const data = (tensor: Tensor) => (tensor as Block).data as Float64Array;
export const integers = (tensor: Tensor) => (tensor as Block).data as Int32Array;

/** y `[M]` += x `[K]` W `[K, M]` */
export function addRowProduct(x: Float64Array, W: Float64Array, y: Float64Array): void {
  const M = y.length;
  for (let k = 0; k < x.length; k++) {
    if (x[k] !== 0) { for (let m = 0; m < M; m++) y[m] += x[k] * W[k * M + m]; }
  }
}
/** y `[K]` += x `[M]` Wᵀ, W `[K, M]` */
export function addTransposedRowProduct(x: Float64Array, W: Float64Array, y: Float64Array): void {
  const M = x.length;
  for (let k = 0; k < y.length; k++) {
    for (let m = 0; m < M; m++) y[k] += x[m] * W[k * M + m];
  }
}
/** Row (t, b) of a sequence tensor `[T, B, n]`. */
export function rowOf(tensor: Tensor, t: number, b: number): Float64Array {
  const [, B, n] = tensor.shape;
  return data(tensor).subarray((t * B + b) * n, (t * B + b + 1) * n);
}

/** Eqs. 7–11 for one step of one sequence. */
export function cellForward(layer: Lstm, t: number, b: number): void {
  const a = rowOf(layer.gates, t, b);
  addRowProduct(rowOf(layer.hidden, t, b), data(layer.recurrent), a);
  const before = rowOf(layer.cell, t, b),
    cell = rowOf(layer.cell, t + 1, b),
    hidden = rowOf(layer.hidden, t + 1, b);
  const peephole = data(layer.peepholes);
  const H = cell.length;
  for (let j = 0; j < H; j++) {
    const i = sigmoid(a[j] + peephole[j] * before[j]); // Eq. 7
    const f = sigmoid(a[H + j] + peephole[H + j] * before[j]); // Eq. 8
    const z = Math.tanh(a[2 * H + j]);
    const c = f * before[j] + i * z; // Eq. 9
    const o = sigmoid(a[3 * H + j] + peephole[2 * H + j] * c); // Eq. 10
    cell[j] = c;
    hidden[j] = o * Math.tanh(c); // Eq. 11
    a[j] = i;
    a[H + j] = f;
    a[2 * H + j] = z;
    a[3 * H + j] = o;
  }
}

/** The derivatives of Eqs. 7–11. `dh` is ∂L/∂h_t; `dCell` brings what flows into c_t from step t+1 and takes away what
 * flows into c_{t−1}. */
export function cellBackward(
  layer: Lstm,
  t: number,
  b: number,
  dh: Float64Array,
  dCell: Float64Array,
  dPeepholes: Float64Array,
  clip: number,
): void {
  const a = rowOf(layer.gates, t, b);
  const before = rowOf(layer.cell, t, b), cell = rowOf(layer.cell, t + 1, b);
  const peephole = data(layer.peepholes);
  const H = cell.length;
  for (let j = 0; j < H; j++) {
    const i = a[j], f = a[H + j], z = a[2 * H + j], o = a[3 * H + j];
    const tanh = Math.tanh(cell[j]);
    const dO = clipped(dh[j] * tanh * o * (1 - o), clip);
    const dC = dCell[j] + dh[j] * o * (1 - tanh ** 2) + dO * peephole[2 * H + j];
    const dI = clipped(dC * z * i * (1 - i), clip);
    const dF = clipped(dC * before[j] * f * (1 - f), clip);
    const dZ = clipped(dC * i * (1 - z ** 2), clip);
    dCell[j] = dC * f + dI * peephole[j] + dF * peephole[H + j];
    dPeepholes[j] += dI * before[j];
    dPeepholes[H + j] += dF * before[j];
    dPeepholes[2 * H + j] += dO * cell[j];
    a[j] = dI;
    a[H + j] = dF;
    a[2 * H + j] = dZ;
    a[3 * H + j] = dO;
  }
}

/** The indices of text b, without padding. */
export function textOf(layer: WindowLstm, b: number): Int32Array {
  const U = (layer.characters as Block).columns;
  return integers(layer.characters).subarray(b * U, b * U + integers(layer.textLengths)[b]);
}

/** Eqs. 46–51 for one step of one sequence. */
export function windowForward(layer: WindowLstm, t: number, b: number): void {
  const K = layer.windowBias.size / 3;
  const p = Float64Array.from(data(layer.windowBias));
  addRowProduct(rowOf(layer.hidden, t + 1, b), data(layer.windowWeights), p); // Eq. 48
  const before = rowOf(layer.windowParameters, t, b), now = rowOf(layer.windowParameters, t + 1, b);
  for (let k = 0; k < K; k++) {
    now[k] = Math.exp(p[k]); // Eq. 49
    now[K + k] = Math.exp(p[K + k]); // Eq. 50
    now[2 * K + k] = before[2 * K + k] + Math.exp(p[2 * K + k]); // Eq. 51
  }
  const w = rowOf(layer.window, t + 1, b).fill(0);
  textOf(layer, b).forEach((character, index) => {
    if (character < 0 || character >= w.length) return;
    for (let k = 0; k < K; k++) { // Eqs. 46, 47, with u = index + 1
      w[character] += now[k] * Math.exp(-now[K + k] * (now[2 * K + k] - index - 1) ** 2);
    }
  });
}
