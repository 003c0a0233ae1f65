// One time step of the LSTM layer for `rows` sequences: everything but the recurrent product. Rows are [4H] (gates
// i | f | z | o) and [H]; units `from` to `to` are computed, four at a time; those left over in a call of their own, so that
// the others need not ask how many they are.
import { clip as clipped, load4, madd, sigmoid, splat, store4, tanh } from "./vector";

/** Eqs. 7–11. `gates` holds pre-activations and receives activations. */
export function lstmStep(
  rows: i32, H: i32, from: i32, to: i32, gates: usize, peepholes: usize, cellBefore: usize, cell: usize, hidden: usize,
): void {
  const block = usize(H) << 2;
  for (let r = 0; r < rows; r++) {
    let j = from;
    for (; j + 4 <= to; j += 4) units(4, usize(j) << 2, block, gates, peepholes, cellBefore, cell, hidden);
    if (j < to) units(to - j, usize(j) << 2, block, gates, peepholes, cellBefore, cell, hidden);
    gates += 4 * block; cellBefore += block; cell += block; hidden += block;
  }
}
@inline function units(
  n: i32, q: usize, block: usize, gates: usize, peepholes: usize, cellBefore: usize, cell: usize, hidden: usize,
): void {
  const gate = gates + q, peephole = peepholes + q;
  const before = load4(cellBefore + q, n);
  const i = sigmoid(madd(load4(peephole, n), before, load4(gate, n))); // Eq. 7
  const f = sigmoid(madd(load4(peephole + block, n), before, load4(gate + block, n))); // Eq. 8
  const z = tanh(load4(gate + 2 * block, n));
  const c = madd(f, before, f32x4.mul(i, z)); // Eq. 9
  const o = sigmoid(madd(load4(peephole + 2 * block, n), c, load4(gate + 3 * block, n))); // Eq. 10
  store4(gate, i, n);
  store4(gate + block, f, n);
  store4(gate + 2 * block, z, n);
  store4(gate + 3 * block, o, n);
  store4(cell + q, c, n);
  store4(hidden + q, f32x4.mul(o, tanh(c)), n); // Eq. 11
}

/**
 * The derivatives of Eqs. 7–11, clipped. `gates` holds activations and receives ∂L/∂(pre-activations); `dHidden` +
 * `dRecurrent` is ∂L/∂h_t; `dCell` brings what flows into c_t from step t+1 and takes away what flows into c_{t−1}; the
 * peepholes' gradient is added to `dPeepholes` [3 × H].
 */
export function lstmStepBackward(
  rows: i32, H: i32, from: i32, to: i32, gates: usize, peepholes: usize, cellBefore: usize, cell: usize,
  dHidden: usize, dRecurrent: usize, dCell: usize, dPeepholes: usize, limit: f32,
): void {
  const block = usize(H) << 2, bound = splat(limit);
  for (let r = 0; r < rows; r++) {
    let j = from;
    for (; j + 4 <= to; j += 4) {
      unitsBackward(4, usize(j) << 2, block, gates, peepholes, cellBefore, cell, dHidden, dRecurrent, dCell, dPeepholes, bound);
    }
    if (j < to) {
      unitsBackward(to - j, usize(j) << 2, block, gates, peepholes, cellBefore, cell, dHidden, dRecurrent, dCell, dPeepholes, bound);
    }
    gates += 4 * block; cellBefore += block; cell += block; dHidden += block; dRecurrent += block; dCell += block;
  }
}
@inline function unitsBackward(
  n: i32, q: usize, block: usize, gates: usize, peepholes: usize, cellBefore: usize, cell: usize,
  dHidden: usize, dRecurrent: usize, dCell: usize, dPeepholes: usize, bound: v128,
): void {
  const one = splat(1);
  const gate = gates + q, peephole = peepholes + q, dPeephole = dPeepholes + q;
  const i = load4(gate, n), f = load4(gate + block, n), z = load4(gate + 2 * block, n), o = load4(gate + 3 * block, n);
  const before = load4(cellBefore + q, n), c = load4(cell + q, n);
  const dh = f32x4.add(load4(dHidden + q, n), load4(dRecurrent + q, n));
  const tanhC = tanh(c);
  const dO = clipped(f32x4.mul(f32x4.mul(dh, tanhC), f32x4.mul(o, f32x4.sub(one, o))), bound);
  let dC = madd(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(tanhC, tanhC)), load4(dCell + q, n));
  dC = madd(dO, load4(peephole + 2 * block, n), dC);
  const dI = clipped(f32x4.mul(f32x4.mul(dC, z), f32x4.mul(i, f32x4.sub(one, i))), bound);
  const dF = clipped(f32x4.mul(f32x4.mul(dC, before), f32x4.mul(f, f32x4.sub(one, f))), bound);
  const dZ = clipped(f32x4.mul(f32x4.mul(dC, i), f32x4.sub(one, f32x4.mul(z, z))), bound);
  store4(dCell + q, madd(dF, load4(peephole + block, n), madd(dI, load4(peephole, n), f32x4.mul(dC, f))), n);
  store4(dPeephole, madd(dI, before, load4(dPeephole, n)), n);
  store4(dPeephole + block, madd(dF, before, load4(dPeephole + block, n)), n);
  store4(dPeephole + 2 * block, madd(dO, c, load4(dPeephole + 2 * block, n)), n);
  store4(gate, dI, n);
  store4(gate + block, dF, n);
  store4(gate + 2 * block, dZ, n);
  store4(gate + 3 * block, dO, n);
}
