/**
 * The first layer of the synthesis network: the LSTM's steps alternate with the soft window's (Eqs. 46–52),
 * one workgroup a sequence. Sums over hidden units, gates and characters are shared among 16 neighbouring
 * threads.
 */
import type { WindowLstm, WindowLstmBackward } from "../../engine.ts";
import { kernel } from "../kernel.ts";
import type { OnDevice } from "../memory.ts";
import type { Runtime } from "../runtime.ts";
import { addPeepholeGradient, backwardSteps, forwardSteps, timeSpans } from "./lstm.ts";

const forwardKernel = kernel({
  name: "soft window forward",
  reads: {
    hidden: "f32",
    windowWeights: "f32",
    windowBias: "f32",
    characters: "i32",
    textLengths: "i32",
  },
  writes: { window: "f32", windowParameters: "f32" },
  numbers: { t: "u32", B: "u32", H: "u32", K: "u32", A: "u32", U: "u32" },
  declarations: `
    var<workgroup> shares: array<f32, 256>;
    var<workgroup> phi: array<f32, 256>;`,
  body: `
    let b = group.x;
    let slice = thread % 16u;
    let before = p.windowParameters + (p.t * p.B + b) * 3u * p.K;
    let now = before + p.B * 3u * p.K;
    let h = p.hidden + ((p.t + 1u) * p.B + b) * p.H;
    for (var first = 0u; first < 3u * p.K; first += 16u) {
      let q = first + thread / 16u;
      var sum = 0.0;
      if (q < 3u * p.K) {
        for (var k = slice; k < p.H; k += 16u) {
          sum += hidden[h + k] * windowWeights[p.windowWeights + k * 3u * p.K + q];
        }
      }
      shares[thread] = sum;
      workgroupBarrier();
      if (slice == 0u && q < 3u * p.K) {
        var hat = windowBias[p.windowBias + q]; // Eq. 48
        for (var s = 0u; s < 16u; s++) { hat += shares[thread + s]; }
        // Eqs. 49, 50; κ goes on from where it was: Eq. 51
        windowParameters[now + q] = exp(hat) + select(0.0, windowParameters[before + q], q >= 2u * p.K);
      }
      workgroupBarrier();
    }
    storageBarrier();

    let w = p.window + ((p.t + 1u) * p.B + b) * p.A;
    for (var a = thread; a < p.A; a += 256u) { window[w + a] = 0.0; }
    let length = u32(textLengths[p.textLengths + b]);
    for (var first = 0u; first < length; first += 256u) {
      let u = first + thread;
      if (u < length) {
        var sum = 0.0;
        for (var k = 0u; k < p.K; k++) { // Eq. 46, whose u counts from 1
          let distance = windowParameters[now + 2u * p.K + k] - f32(u + 1u);
          sum += windowParameters[now + k] * exp(-windowParameters[now + p.K + k] * distance * distance);
        }
        phi[thread] = sum;
      }
      workgroupBarrier();
      for (var a = thread; a < p.A; a += 256u) { // Eq. 47, for one-hot c_u
        var sum = 0.0;
        for (var i = 0u; i < min(256u, length - first); i++) {
          if (characters[p.characters + b * p.U + first + i] == i32(a)) { sum += phi[i]; }
        }
        window[w + a] += sum;
      }
      workgroupBarrier();
    }`,
});

const backwardKernel = kernel({
  name: "soft window backward",
  reads: {
    gates: "f32",
    windowInput: "f32",
    characters: "i32",
    textLengths: "i32",
    windowParameters: "f32",
  },
  writes: { dWindow: "f32", dWindowParameters: "f32", dKappa: "f32" },
  numbers: { t: "u32", last: "u32", B: "u32", H: "u32", K: "u32", A: "u32", U: "u32" },
  declarations: "var<workgroup> shares: array<vec3f, 256>;",
  body: `
    let b = group.x;
    let slice = thread % 16u;
    let dw = p.dWindow + (p.t * p.B + b) * p.A;
    if (p.last == 0u) { // w_t is an input of the gates at t + 1
      let later = p.gates + ((p.t + 1u) * p.B + b) * 4u * p.H;
      for (var first = 0u; first < p.A; first += 16u) {
        let a = first + thread / 16u;
        var sum = 0.0;
        if (a < p.A) {
          for (var m = slice; m < 4u * p.H; m += 16u) {
            sum += gates[later + m] * windowInput[p.windowInput + a * 4u * p.H + m];
          }
        }
        shares[thread] = vec3f(sum);
        workgroupBarrier();
        if (slice == 0u && a < p.A) {
          sum = 0.0;
          for (var s = 0u; s < 16u; s++) { sum += shares[thread + s].x; }
          dWindow[dw + a] += sum;
        }
        workgroupBarrier();
      }
    }
    storageBarrier();

    let before = p.windowParameters + (p.t * p.B + b) * 3u * p.K;
    let now = before + p.B * 3u * p.K;
    let derivative = p.dWindowParameters + (p.t * p.B + b) * 3u * p.K;
    let length = u32(textLengths[p.textLengths + b]);
    for (var first = 0u; first < p.K; first += 16u) {
      let k = first + thread / 16u;
      let alpha = windowParameters[now + min(k, p.K - 1u)];
      let beta = windowParameters[now + p.K + min(k, p.K - 1u)];
      let kappa = windowParameters[now + 2u * p.K + min(k, p.K - 1u)];
      // Σ_u of ε, ε (κ − u)² and ε (u − κ)
      var sums = vec3f();
      if (k < p.K) {
        for (var u = slice; u < length; u += 16u) {
          let character = characters[p.characters + b * p.U + u];
          if (character < 0 || character >= i32(p.A)) { continue; }
          let distance = f32(u + 1u) - kappa;
          let epsilon = alpha * exp(-beta * distance * distance) * dWindow[dw + u32(character)]; // Eq. 56
          sums += epsilon * vec3f(1.0, distance * distance, distance);
        }
      }
      shares[thread] = sums;
      workgroupBarrier();
      if (slice == 0u && k < p.K) {
        sums = vec3f();
        for (var s = 0u; s < 16u; s++) { sums += shares[thread + s]; }
        let flow = p.dKappa + b * p.K + k;
        let dk = select(dKappa[flow], 0.0, p.last == 1u) + 2.0 * beta * sums.z; // Eq. 59
        dKappa[flow] = dk;
        dWindowParameters[derivative + k] = sums.x; // Eq. 57
        dWindowParameters[derivative + p.K + k] = -beta * sums.y; // Eq. 58
        // Eq. 60, exp(κ̂_t) being the step from κ_{t−1} to κ_t
        dWindowParameters[derivative + 2u * p.K + k] = (kappa - windowParameters[before + 2u * p.K + k]) * dk;
      }
      workgroupBarrier();
    }`,
});

function sizes({ hidden, window, windowBias, characters }: OnDevice<WindowLstm>) {
  const [, B, H] = hidden.shape;
  return { B, H, K: windowBias.size / 3, A: window.columns, U: characters.columns };
}

export function windowLstmForward(runtime: Runtime, layer: OnDevice<WindowLstm>): void {
  const numbers = sizes(layer);
  const { windowWeights, windowBias, characters, textLengths } = layer;
  for (const [from, to] of timeSpans(runtime, layer.gates)) {
    const cells = forwardSteps(runtime, layer, from, to);
    const window = runtime.prepare(forwardKernel, {
      windowWeights,
      windowBias,
      characters,
      textLengths,
      hidden: layer.hidden.rows(from, to + 1),
      window: layer.window.rows(from, to + 1),
      windowParameters: layer.windowParameters.rows(from, to + 1),
    });
    for (let t = from; t < to; t++) {
      cells(t);
      window({ ...numbers, t: t - from }, [numbers.B]);
    }
  }
}

export function windowLstmBackward(
  runtime: Runtime,
  layer: OnDevice<WindowLstm>,
  backward: OnDevice<WindowLstmBackward>,
): void {
  const numbers = sizes(layer);
  const { B, H, K } = numbers;
  const [T] = layer.gates.shape;
  const { windowInput, characters, textLengths } = layer;
  runtime.withScratch(B * H, (dCell) =>
    runtime.withScratch(B * K, (dKappa) => {
      for (const [from, to] of timeSpans(runtime, layer.gates).reverse()) {
        const cells = backwardSteps(runtime, layer, backward, dCell, from, to);
        const window = runtime.prepare(backwardKernel, {
          windowInput,
          characters,
          textLengths,
          dKappa,
          gates: layer.gates.rows(from, Math.min(to + 1, T)),
          windowParameters: layer.windowParameters.rows(from, to + 1),
          dWindow: backward.dWindow.rows(from, to),
          dWindowParameters: backward.dWindowParameters.rows(from, to),
        });
        for (let t = to - 1; t >= from; t--) {
          window({ ...numbers, t: t - from, last: Number(t === T - 1) }, [B]);
          cells(t);
        }
      }
    }));
  addPeepholeGradient(runtime, layer, backward.dPeepholes);
}
