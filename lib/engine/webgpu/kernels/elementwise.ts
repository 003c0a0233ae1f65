/** One number in, one number out: filling, adding, and the optimisers' updates. */
import type { AdamOptions, AdaptiveNoiseOptions, RmspropOptions, SgdOptions } from "../../engine.ts";
import { elementwise, type Kernel } from "../kernel.ts";
import type { DeviceTensor } from "../memory.ts";
import type { Runtime } from "../runtime.ts";

/** Each thread takes several elements where there are more than this many workgroups' worth. */
const mostGroups = 16384;

/** Carries out an elementwise kernel, in parts where the tensors exceed a binding. `numbers` may depend on
 * where the part begins. Throws a RangeError unless all tensors have the same size. */
export function forEachElement<T extends string, N extends string>(
  runtime: Runtime,
  kernel: Kernel<T, N | "size">,
  tensors: Record<T, DeviceTensor>,
  numbers: (first: number) => Record<N, number>,
): void {
  const all = Object.entries(tensors) as [T, DeviceTensor][];
  const size = all[0][1].size;
  const other = all.find(([, tensor]) => tensor.size !== size);
  if (other) {
    throw new RangeError(
      `${kernel.name}: ${all[0][0]} has ${size} elements, but ${other[0]} has ${other[1].size}.`,
    );
  }
  for (const [from, to] of runtime.spans(size, 4)) {
    const parts = Object.fromEntries(all.map(([name, tensor]) => [name, tensor.part(from, to - from)]));
    runtime.run(
      kernel,
      parts as Record<T, ReturnType<DeviceTensor["part"]>>,
      { ...numbers(from), size: to - from } as Record<N | "size", number>,
      [Math.min(mostGroups, Math.ceil((to - from) / 256))],
    );
  }
}

const fillKernel = elementwise({
  name: "fill",
  reads: {},
  writes: { x: "f32" },
  numbers: { value: "f32" },
  each: "x[p.x + i] = p.value;",
});
export function fill(runtime: Runtime, x: DeviceTensor, value: number): void {
  forEachElement(runtime, fillKernel, { x }, () => ({ value }));
}

const axpyKernel = elementwise({
  name: "axpy",
  reads: { x: "f32" },
  writes: { y: "f32" },
  numbers: { alpha: "f32" },
  each: "y[p.y + i] += p.alpha * x[p.x + i];",
});
export function axpy(runtime: Runtime, alpha: number, x: DeviceTensor, y: DeviceTensor): void {
  forEachElement(runtime, axpyKernel, { x, y }, () => ({ alpha }));
}

const sgdKernel = elementwise({
  name: "sgd",
  reads: { gradient: "f32" },
  writes: { weights: "f32", velocity: "f32" },
  numbers: { rate: "f32", momentum: "f32" },
  each: `
    let v = p.momentum * velocity[p.velocity + i] - p.rate * gradient[p.gradient + i];
    velocity[p.velocity + i] = v;
    weights[p.weights + i] += v;`,
});
export function sgd(
  runtime: Runtime,
  tensors: Record<"weights" | "gradient" | "velocity", DeviceTensor>,
  { rate, momentum, scale }: SgdOptions,
): void {
  forEachElement(runtime, sgdKernel, tensors, () => ({ rate: rate * scale, momentum }));
}

const rmspropKernel = elementwise({
  name: "rmsprop",
  reads: { gradient: "f32" },
  writes: { weights: "f32", n: "f32", g: "f32", delta: "f32" },
  numbers: {
    aleph: "f32",
    oneMinusAleph: "f32",
    beth: "f32",
    gimel: "f32",
    daleth: "f32",
    scale: "f32",
  },
  each: `
    let epsilon = p.scale * gradient[p.gradient + i];
    let square = p.aleph * n[p.n + i] + p.oneMinusAleph * epsilon * epsilon; // Eq. 38
    let mean = p.aleph * g[p.g + i] + p.oneMinusAleph * epsilon; // Eq. 39
    // The square's mean is no less than the mean's square, but for rounding.
    let spread = sqrt(max(square - mean * mean, 0.0) + p.daleth);
    let step = p.beth * delta[p.delta + i] - p.gimel * epsilon / spread; // Eq. 40
    n[p.n + i] = square;
    g[p.g + i] = mean;
    delta[p.delta + i] = step;
    weights[p.weights + i] += step; // Eq. 41`,
});
export function rmsprop(
  runtime: Runtime,
  tensors: Record<"weights" | "gradient" | "n" | "g" | "delta", DeviceTensor>,
  options: RmspropOptions,
): void {
  const numbers = { ...options, oneMinusAleph: 1 - options.aleph };
  forEachElement(runtime, rmspropKernel, tensors, () => numbers);
}

const adamKernel = elementwise({
  name: "adam",
  reads: { gradient: "f32" },
  writes: { weights: "f32", m: "f32", v: "f32" },
  numbers: {
    beta1: "f32",
    oneMinusBeta1: "f32",
    beta2: "f32",
    oneMinusBeta2: "f32",
    rate: "f32",
    rootCorrection: "f32",
    epsilon: "f32",
    scale: "f32",
  },
  each: `
    let slope = p.scale * gradient[p.gradient + i];
    let mean = p.beta1 * m[p.m + i] + p.oneMinusBeta1 * slope;
    let square = p.beta2 * v[p.v + i] + p.oneMinusBeta2 * slope * slope;
    m[p.m + i] = mean;
    v[p.v + i] = square;
    weights[p.weights + i] -= p.rate * mean / (sqrt(square) * p.rootCorrection + p.epsilon);`,
});
export function adam(
  runtime: Runtime,
  tensors: Record<"weights" | "gradient" | "m" | "v", DeviceTensor>,
  { rate, beta1, beta2, epsilon, update, scale }: AdamOptions,
): void {
  const numbers = {
    beta1,
    oneMinusBeta1: 1 - beta1,
    beta2,
    oneMinusBeta2: 1 - beta2,
    rate: rate / (1 - beta1 ** update),
    rootCorrection: 1 / Math.sqrt(1 - beta2 ** update),
    epsilon,
    scale,
  };
  forEachElement(runtime, adamKernel, tensors, () => numbers);
}

const adaptiveNoiseKernel = elementwise({
  name: "adaptive noise gradient",
  reads: { mean: "f32", logVariance: "f32" },
  writes: { gradient: "f32", dLogVariance: "f32" },
  numbers: { priorMean: "f32", meanShare: "f32", varianceShare: "f32", halfShare: "f32", scale: "f32" },
  each: `
    let sum = gradient[p.gradient + i];
    let slope = p.scale * sum;
    let variance = exp(logVariance[p.logVariance + i]);
    gradient[p.gradient + i] = slope + (mean[p.mean + i] - p.priorMean) * p.meanShare;
    dLogVariance[p.dLogVariance + i] =
      variance * (0.5 * slope * sum + p.varianceShare) - p.halfShare;`,
});
/** Graves 2011: ∂/∂μ = g + (μ − μ_α)/(N σ_α²) and σ² ∂/∂σ² = σ² (B ḡ²/2 + (1/σ_α² − 1/σ²)/(2N)). */
export function adaptiveNoiseGradient(
  runtime: Runtime,
  tensors: Record<"mean" | "logVariance" | "gradient" | "dLogVariance", DeviceTensor>,
  { priorMean, priorVariance, sequences, scale }: AdaptiveNoiseOptions,
): void {
  const numbers = {
    priorMean,
    meanShare: 1 / (sequences * priorVariance),
    varianceShare: 1 / (2 * sequences * priorVariance),
    halfShare: 1 / (2 * sequences),
    scale,
  };
  forEachElement(runtime, adaptiveNoiseKernel, tensors, () => numbers);
}
