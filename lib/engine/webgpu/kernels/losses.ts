/** The losses and their derivatives with respect to the network's outputs: a workgroup takes a row. */
import type { MixtureLoss, SoftmaxLoss } from "../../engine.ts";
import { correlationLimit } from "../../../equations/mixture_density.ts";
import { kernel } from "../kernel.ts";
import type { Runtime } from "../runtime.ts";
import { largestFloat, reductions } from "./functions.ts";
import type { OnDevice } from "../memory.ts";

const threads = 64;
const groupsFor = (rows: number) => [Math.min(rows, 32768)] as const;

const softmaxKernel = kernel({
  name: "softmax loss",
  reads: { targets: "i32" },
  writes: { outputs: "f32", losses: "f32", errors: "f32" },
  numbers: { N: "u32", C: "u32" },
  threads,
  declarations: `
    ${reductions(threads)}
    var<workgroup> places: array<u32, ${threads}>;`,
  body: `
    for (var n = group.x; n < p.N; n += groups.x) {
      let row = p.outputs + n * p.C;
      let target_ = targets[p.targets + n];
      var most = -${largestFloat};
      var best = p.C;
      for (var k = thread; k < p.C; k += ${threads}u) {
        if (best == p.C || outputs[row + k] > most) {
          most = outputs[row + k];
          best = k;
        }
      }
      let largest = largestOfThreads(most, thread);
      places[thread] = select(p.C, best, most == largest);
      var sum = 0.0;
      for (var k = thread; k < p.C; k += ${threads}u) { sum += exp(outputs[row + k] - largest); }
      sum = sumOverThreads(sum, thread);
      if (thread == 0u) {
        best = p.C;
        for (var i = 0u; i < ${threads}u; i++) { best = min(best, places[i]); }
        let loss = log(sum) + largest - outputs[row + u32(max(target_, 0))]; // Eq. 13
        losses[p.losses + n] = select(loss, 0.0, target_ < 0);
        errors[p.errors + n] = select(0.0, 1.0, target_ >= 0 && best != u32(target_));
      }
      storageBarrier();
      for (var k = thread; k < p.C; k += ${threads}u) {
        let y = exp(outputs[row + k] - largest) / sum; // Eq. 12
        let derivative = y - select(0.0, 1.0, i32(k) == target_); // Eq. 14
        outputs[row + k] = select(derivative, 0.0, target_ < 0);
      }
      workgroupBarrier();
    }`,
});

/** Distances in standard deviations and 1/σ count as no larger than this: no product of Eqs. 24–36 overflows
 * then. */
const farthest = 1e15;

const mixtureKernel = kernel({
  name: "mixture loss",
  reads: { targets: "f32", mask: "i32" },
  writes: { outputs: "f32", losses: "f32", squaredErrors: "f32" },
  numbers: { N: "u32", M: "u32", clip: "f32" },
  threads,
  declarations: `
    ${reductions(threads)}
    struct Component {
      inverse1: f32, // 1/σ₁
      inverse2: f32,
      d1: f32, // (x₁ − μ₁)/σ₁
      d2: f32,
      rho: f32,
      oneMinusRhoSquare: f32,
      Z: f32,
      logNormal: f32,
    }
    fn component(row: u32, j: u32, x: vec3f) -> Component {
      var c: Component;
      let sigma1 = outputs[row + 1u + 3u * p.M + j];
      let sigma2 = outputs[row + 1u + 4u * p.M + j];
      c.inverse1 = min(exp(min(-sigma1, 80.0)), ${farthest}); // Eq. 21
      c.inverse2 = min(exp(min(-sigma2, 80.0)), ${farthest});
      c.d1 = clamp((x[0] - outputs[row + 1u + p.M + j]) * c.inverse1, -${farthest}, ${farthest});
      c.d2 = clamp((x[1] - outputs[row + 1u + 2u * p.M + j]) * c.inverse2, -${farthest}, ${farthest});
      // Eq. 22; 1 − ρ² without the cancellation near |ρ| = 1
      let limited = clamp(outputs[row + 1u + 5u * p.M + j], -${correlationLimit}.0, ${correlationLimit}.0);
      let decay = exp(-2.0 * abs(limited));
      c.rho = sign(limited) * (1.0 - decay) / (1.0 + decay);
      c.oneMinusRhoSquare = 4.0 * decay / ((1.0 + decay) * (1.0 + decay));
      // Eq. 25 is d₁² + d₂² − 2ρd₁d₂; in this form nothing cancels.
      let across = c.d1 - c.rho * c.d2;
      c.Z = across * across + c.oneMinusRhoSquare * c.d2 * c.d2;
      c.logNormal = -c.Z / (2.0 * c.oneMinusRhoSquare) - ${Math.log(2 * Math.PI)} - sigma1 - sigma2
        - 0.5 * log(c.oneMinusRhoSquare); // Eq. 24
      return c;
    }
    fn softplus(x: f32) -> f32 { return max(x, 0.0) + log(1.0 + exp(-abs(x))); }
    fn clipped(x: f32) -> f32 { return clamp(x, -p.clip, p.clip); }`,
  body: `
    let M = p.M;
    for (var n = group.x; n < p.N; n += groups.x) {
      let row = p.outputs + n * (6u * M + 1u);
      let x = vec3f(targets[p.targets + 3u * n], targets[p.targets + 3u * n + 1u], targets[p.targets + 3u * n + 2u]);
      if (mask[p.mask + n] == 0) {
        for (var k = thread; k < 6u * M + 1u; k += ${threads}u) { outputs[row + k] = 0.0; }
        if (thread == 0u) {
          losses[p.losses + n] = 0.0;
          squaredErrors[p.squaredErrors + n] = 0.0;
        }
        continue;
      }
      // Eq. 19: log π^j = π̂^j − log Σ exp π̂
      var largest = -${largestFloat};
      for (var j = thread; j < M; j += ${threads}u) { largest = max(largest, outputs[row + 1u + j]); }
      largest = largestOfThreads(largest, thread);
      var sum = 0.0;
      for (var j = thread; j < M; j += ${threads}u) { sum += exp(outputs[row + 1u + j] - largest); }
      let normaliser = largest + log(sumOverThreads(sum, thread));

      // log γ̂^j = log π^j + log N^j: Eq. 28
      var mean = vec2f();
      largest = -${largestFloat};
      for (var j = thread; j < M; j += ${threads}u) {
        let logPi = outputs[row + 1u + j] - normaliser;
        mean += exp(logPi) * vec2f(outputs[row + 1u + M + j], outputs[row + 1u + 2u * M + j]);
        largest = max(largest, logPi + component(row, j, x).logNormal);
      }
      let mean1 = sumOverThreads(mean.x, thread);
      let mean2 = sumOverThreads(mean.y, thread);
      largest = largestOfThreads(largest, thread);
      sum = 0.0;
      for (var j = thread; j < M; j += ${threads}u) {
        sum += exp(outputs[row + 1u + j] - normaliser + component(row, j, x).logNormal - largest);
      }
      let logDensity = largest + log(sumOverThreads(sum, thread));
      if (thread == 0u) {
        let eHat = outputs[row];
        losses[p.losses + n] = -logDensity + softplus(select(-eHat, eHat, x[2] == 1.0)); // Eqs. 18, 26
        squaredErrors[p.squaredErrors + n] = (x[0] - mean1) * (x[0] - mean1) + (x[1] - mean2) * (x[1] - mean2);
        outputs[row] = clipped(x[2] - 1.0 / (1.0 + exp(min(eHat, 80.0)))); // Eq. 27
      }
      for (var j = thread; j < M; j += ${threads}u) {
        let c = component(row, j, x);
        let logPi = outputs[row + 1u + j] - normaliser;
        let gamma = exp(logPi + c.logNormal - logDensity); // Eq. 29
        let C = 1.0 / c.oneMinusRhoSquare; // Eq. 37
        let across1 = c.d1 - c.rho * c.d2;
        let across2 = c.d2 - c.rho * c.d1;
        outputs[row + 1u + j] = clipped(exp(logPi) - gamma); // Eq. 30
        // Eq. 31 with Eqs. 32–36
        outputs[row + 1u + M + j] = clipped(-gamma * (C * c.inverse1 * across1));
        outputs[row + 1u + 2u * M + j] = clipped(-gamma * (C * c.inverse2 * across2));
        outputs[row + 1u + 3u * M + j] = clipped(-gamma * (C * c.d1 * across1 - 1.0));
        outputs[row + 1u + 4u * M + j] = clipped(-gamma * (C * c.d2 * across2 - 1.0));
        outputs[row + 1u + 5u * M + j] = clipped(-gamma * (c.d1 * c.d2 + c.rho * (1.0 - C * c.Z)));
      }
    }`,
});

export function softmaxLoss(runtime: Runtime, loss: OnDevice<SoftmaxLoss>): void {
  const { outputs, targets, losses, errors } = loss;
  const C = outputs.columns;
  for (const [from, to] of runtime.spans(targets.size, 4 * C)) {
    const N = to - from;
    const tensors = {
      outputs: outputs.part(from * C, N * C),
      targets: targets.part(from, N),
      losses: losses.part(from, N),
      errors: errors.part(from, N),
    };
    runtime.run(softmaxKernel, tensors, { N, C }, groupsFor(N));
  }
}

export function mixtureLoss(runtime: Runtime, loss: OnDevice<MixtureLoss>): void {
  const { outputs, targets, mask, losses, squaredErrors, clip } = loss;
  const columns = outputs.columns;
  const M = (columns - 1) / 6;
  for (const [from, to] of runtime.spans(mask.size, 4 * columns)) {
    const N = to - from;
    const tensors = {
      outputs: outputs.part(from * columns, N * columns),
      targets: targets.part(3 * from, 3 * N),
      mask: mask.part(from, N),
      losses: losses.part(from, N),
      squaredErrors: squaredErrors.part(from, N),
    };
    runtime.run(mixtureKernel, tensors, { N, M, clip: Math.min(clip, largestFloat) }, groupsFor(N));
  }
}
