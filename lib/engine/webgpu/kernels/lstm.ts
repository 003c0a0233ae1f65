/**
 * The LSTM layer (Eqs. 7–11) and its derivatives: one dispatch per time step, which computes the recurrent
 * product and the cells' equations together. A workgroup owns 8 units of a few sequences; its threads share
 * the sum over the recurrent inputs among themselves ("slices") and add up their shares in workgroup memory.
 */
import type { Lstm, LstmBackward, WindowLstm } from "../../engine.ts";
import { kernel, remembered, repeat } from "../kernel.ts";
import type { DeviceTensor, OnDevice, View } from "../memory.ts";
import type { Runtime } from "../runtime.ts";
import { largestFloat, squashing } from "./functions.ts";
import { addStretches, columnSumsKernel } from "./rows.ts";

const units = 8;

/** How a batch is dealt out: sequences of one thread, and threads side by side for further sequences. */
export interface Deal {
  rows: number;
  rowGroups: number;
}
function dealFor(batch: number): Deal {
  const rows = batch > 2 ? 4 : batch;
  return { rows, rowGroups: batch > 8 ? 4 : batch > 4 ? 2 : 1 };
}
const groupsFor = (cells: number, batch: number, { rows, rowGroups }: Deal) =>
  [Math.ceil(cells / units), Math.ceil(batch / (rows * rowGroups))] as const;

const forwardKernel = remembered((rows: number, rowGroups: number, windowed: boolean) => {
  const slices = 256 / units / rowGroups;
  /** Adds the product of rows of `input` `[·, n]` and `weights` `[n, 4H]` to the threads' sums. */
  const addProduct = (input: string, n: string, weights: string) => `
    for (var k = slice; k < ${n}; k += ${slices}u) {
      let at = p.${weights} + k * 4u * H + j;
      let column = vec4f(
        ${weights}[at], ${weights}[at + H], ${weights}[at + 2u * H], ${weights}[at + 3u * H],
      );
      ${repeat(rows, (r) => `sum${r} += ${input}[p.${input} + before${r} * ${n} + k] * column;`)}
    }`;
  return kernel({
    name: `lstm forward ${rows}×${rowGroups}${windowed ? " with window" : ""}`,
    reads: {
      recurrent: "f32",
      peepholes: "f32",
      ...(windowed && { windowInput: "f32", window: "f32" }),
    } as Record<string, "f32">,
    writes: { gates: "f32", hidden: "f32", cell: "f32" },
    numbers: { t: "u32", B: "u32", H: "u32", A: "u32" },
    declarations: `
      ${squashing}
      var<workgroup> shares: array<vec4f, ${256 * rows}>;`,
    body: `
      let H = p.H;
      let A = p.A;
      let unit = thread % ${units}u;
      let slice = thread / ${units}u % ${slices}u;
      let rowGroup = thread / ${units * slices}u;
      let j = min(${units}u * group.x + unit, H - 1u);
      let firstRow = ${rows * rowGroups}u * group.y;
      ${
      repeat(rows, (r) => `
        // The row of h_{t-1} and w_{t-1}
        let before${r} = p.t * p.B + min(firstRow + ${rows}u * rowGroup + ${r}u, p.B - 1u);
        var sum${r} = vec4f();`)
    }
      ${addProduct("hidden", "H", "recurrent")}
      ${windowed ? addProduct("window", "A", "windowInput") : ""}
      ${
      repeat(rows, (r) =>
        `shares[((${rows}u * rowGroup + ${r}u) * ${units}u + unit) * ${slices}u + slice] = sum${r};`)
    }
      workgroupBarrier();
      let b = firstRow + thread / ${units}u;
      if (thread >= ${units * rows * rowGroups}u || b >= p.B || ${units}u * group.x + unit >= H) { return; }
      let row = p.t * p.B + b;
      let gate = p.gates + row * 4u * H + j;
      var a = vec4f(gates[gate], gates[gate + H], gates[gate + 2u * H], gates[gate + 3u * H]);
      for (var s = 0u; s < ${slices}u; s++) { a += shares[thread * ${slices}u + s]; }

      let peephole = p.peepholes + j;
      let cellBefore = cell[p.cell + row * H + j];
      let i = sigmoid(a[0] + peepholes[peephole] * cellBefore); // Eq. 7
      let f = sigmoid(a[1] + peepholes[peephole + H] * cellBefore); // Eq. 8
      let z = hyperbolicTangent(a[2]);
      let c = f * cellBefore + i * z; // Eq. 9
      let o = sigmoid(a[3] + peepholes[peephole + 2u * H] * c); // Eq. 10
      cell[p.cell + (row + p.B) * H + j] = c;
      hidden[p.hidden + (row + p.B) * H + j] = o * hyperbolicTangent(c); // Eq. 11
      gates[gate] = i;
      gates[gate + H] = f;
      gates[gate + 2u * H] = z;
      gates[gate + 3u * H] = o;`,
  });
});

const backwardKernel = remembered((rows: number, rowGroups: number, windowed: boolean) => {
  // A thread has two units here: h_{t}'s derivative is one number a unit, where a gate's product is four.
  const pairs = units / 2;
  const slices = 256 / pairs / rowGroups;
  const addProduct = (derivative: string, row: string, n: string, weights: string) => `
    for (var m = slice; m < ${n}; m += ${slices}u) {
      let column = vec2f(
        ${weights}[p.${weights} + j * ${n} + m],
        ${weights}[p.${weights} + next * ${n} + m],
      );
      ${
    repeat(rows, (r) => `sum${r} += ${derivative}[p.${derivative} + (${row} + b${r}) * ${n} + m] * column;`)
  }
    }`;
  return kernel({
    name: `lstm backward ${rows}×${rowGroups}${windowed ? " with window" : ""}`,
    reads: {
      recurrent: "f32",
      peepholes: "f32",
      cell: "f32",
      dHidden: "f32",
      ...(windowed && { windowWeights: "f32", dWindowParameters: "f32" }),
    } as Record<string, "f32">,
    writes: { gates: "f32", dCell: "f32" },
    numbers: { t: "u32", last: "u32", B: "u32", H: "u32", parameters: "u32", clip: "f32" },
    declarations: `
      ${squashing}
      var<workgroup> shares: array<vec2f, ${256 * rows}>;`,
    body: `
      let H = p.H;
      let gateCount = 4u * H;
      let parameters = p.parameters;
      let slice = thread % ${slices}u;
      let pair = thread / ${slices}u % ${pairs}u;
      let rowGroup = thread / ${slices * pairs}u;
      let j = min(${units}u * group.x + 2u * pair, H - 1u);
      let next = min(j + 1u, H - 1u);
      let firstRow = ${rows * rowGroups}u * group.y;
      ${
      repeat(rows, (r) => `
        let b${r} = min(firstRow + ${rows}u * rowGroup + ${r}u, p.B - 1u);
        var sum${r} = vec2f();`)
    }
      if (p.last == 0u) {
        let later = (p.t + 1u) * p.B;
        ${addProduct("gates", "later", "gateCount", "recurrent")}
      }
      ${
      windowed
        ? `let now = p.t * p.B; ${addProduct("dWindowParameters", "now", "parameters", "windowWeights")}`
        : ""
    }
      ${
      repeat(rows, (r) =>
        `shares[((${rows}u * rowGroup + ${r}u) * ${pairs}u + pair) * ${slices}u + slice] = sum${r};`)
    }
      workgroupBarrier();
      let unit = ${units}u * group.x + thread % ${units}u;
      let b = firstRow + thread / ${units}u;
      if (thread >= ${units * rows * rowGroups}u || b >= p.B || unit >= H) { return; }
      let row = p.t * p.B + b;
      var dh = dHidden[p.dHidden + row * H + unit];
      for (var s = 0u; s < ${slices}u; s++) { dh += shares[thread / 2u * ${slices}u + s][thread & 1u]; }

      let gate = p.gates + row * gateCount + unit;
      let i = gates[gate];
      let f = gates[gate + H];
      let z = gates[gate + 2u * H];
      let o = gates[gate + 3u * H];
      let cellBefore = cell[p.cell + row * H + unit];
      // tanh(c_t) from c_t, because h_t / o_t would fail where o_t is 0
      let tanhCell = hyperbolicTangent(cell[p.cell + (row + p.B) * H + unit]);
      let peephole = p.peepholes + unit;
      let flow = p.dCell + b * H + unit;
      let dO = clamp(dh * tanhCell * o * (1.0 - o), -p.clip, p.clip);
      let dC = select(dCell[flow], 0.0, p.last == 1u) + dh * o * (1.0 - tanhCell * tanhCell)
        + dO * peepholes[peephole + 2u * H];
      let dI = clamp(dC * z * i * (1.0 - i), -p.clip, p.clip);
      let dF = clamp(dC * cellBefore * f * (1.0 - f), -p.clip, p.clip);
      let dZ = clamp(dC * i * (1.0 - z * z), -p.clip, p.clip);
      dCell[flow] = dC * f + dI * peepholes[peephole] + dF * peepholes[peephole + H];
      gates[gate] = dI;
      gates[gate + H] = dF;
      gates[gate + 2u * H] = dZ;
      gates[gate + 3u * H] = dO;`,
  });
});

/** Column g·H + j: the derivative of gate i, f or o times the cell that its peephole sees (c_t for o, else
 * c_{t−1}). */
const peepholeKernel = remembered(() =>
  columnSumsKernel(
    "peepholes' gradient",
    { gates: "f32", cell: "f32" },
    { B: "u32", H: "u32" },
    "gates[p.gates + n * 4u * p.H + m + select(0u, p.H, m >= 2u * p.H)] * " +
      "cell[p.cell + (n + select(0u, p.B, m >= 2u * p.H)) * p.H + m % p.H]",
  )
);

/** Carries out a step of the time loop. */
export type Step = (t: number) => void;

/** The steps of Eqs. 7–11 for the time steps `from` to `to`, whose tensors fit bindings. */
export function forwardSteps(
  runtime: Runtime,
  layer: OnDevice<Lstm & Partial<WindowLstm>>,
  from: number,
  to: number,
): Step {
  const [, B, H] = layer.hidden.shape;
  const deal = dealFor(B);
  const windowed = layer.window !== undefined;
  const A = windowed ? layer.window!.columns : 0;
  const step = runtime.prepare(
    forwardKernel(deal.rows, deal.rowGroups, windowed),
    {
      recurrent: layer.recurrent,
      peepholes: layer.peepholes,
      gates: layer.gates.rows(from, to),
      hidden: layer.hidden.rows(from, to + 1),
      cell: layer.cell.rows(from, to + 1),
      ...(windowed && { windowInput: layer.windowInput!, window: layer.window!.rows(from, to + 1) }),
    } as Parameters<typeof runtime.prepare>[1],
  );
  const groups = groupsFor(H, B, deal);
  return (t) => step({ t: t - from, B, H, A }, groups);
}

/** The derivatives for the time steps `from` to `to`. `dCell` `[B, H]` carries ∂L/∂c from step to step. */
export function backwardSteps(
  runtime: Runtime,
  layer: OnDevice<Lstm & Partial<WindowLstm>>,
  { dHidden, clip, dWindowParameters }: OnDevice<LstmBackward> & { dWindowParameters?: DeviceTensor },
  dCell: View,
  from: number,
  to: number,
): Step {
  const [T, B, H] = dHidden.shape;
  const deal = dealFor(B);
  const windowed = dWindowParameters !== undefined;
  const step = runtime.prepare(
    backwardKernel(deal.rows, deal.rowGroups, windowed),
    {
      recurrent: layer.recurrent,
      peepholes: layer.peepholes,
      gates: layer.gates.rows(from, Math.min(to + 1, T)),
      cell: layer.cell.rows(from, to + 1),
      dHidden: dHidden.rows(from, to),
      dCell,
      ...(windowed && {
        windowWeights: layer.windowWeights!,
        dWindowParameters: dWindowParameters!.rows(from, to),
      }),
    } as Parameters<typeof runtime.prepare>[1],
  );
  const groups = groupsFor(H, B, deal);
  const parameters = windowed ? dWindowParameters!.columns : 0;
  const limit = Math.min(clip, largestFloat);
  return (t) => step({ t: t - from, last: Number(t === T - 1), B, H, parameters, clip: limit }, groups);
}

/** Time in spans whose rows of gates, and the row before or after them, fit a binding. */
export function timeSpans(runtime: Runtime, gates: DeviceTensor): [number, number][] {
  const [T, B, n] = gates.shape;
  const spans = runtime.spans(T, 4 * B * n);
  return 4 * gates.size <= runtime.bindingLimit ? spans : runtime.spans(T, 2 * 4 * B * n);
}

export function lstmForward(runtime: Runtime, layer: OnDevice<Lstm>): void {
  for (const [from, to] of timeSpans(runtime, layer.gates)) {
    const step = forwardSteps(runtime, layer, from, to);
    for (let t = from; t < to; t++) step(t);
  }
}

export function lstmBackward(
  runtime: Runtime,
  layer: OnDevice<Lstm>,
  backward: OnDevice<LstmBackward>,
): void {
  const [, B, H] = backward.dHidden.shape;
  runtime.withScratch(B * H, (dCell) => {
    for (const [from, to] of timeSpans(runtime, layer.gates).reverse()) {
      const step = backwardSteps(runtime, layer, backward, dCell, from, to);
      for (let t = to - 1; t >= from; t--) step(t);
    }
  });
  addPeepholeGradient(runtime, layer, backward.dPeepholes);
}

/** From the derivatives that `lstmBackward` left in `gates`. */
export function addPeepholeGradient(
  runtime: Runtime,
  layer: OnDevice<Lstm>,
  dPeepholes: DeviceTensor,
): void {
  const [, B, H] = layer.hidden.shape;
  for (const [from, to] of timeSpans(runtime, layer.gates)) {
    const gates = layer.gates.rows(from, to), cell = layer.cell.rows(from, to + 1);
    const N = (to - from) * B;
    addStretches(runtime, N, dPeepholes, (out, groups, accumulate) => {
      runtime.run(peepholeKernel(), { gates, cell, out }, { N, M: 3 * H, B, H, accumulate }, groups);
    });
  }
}
