/** Optimisers and weight noise in plain tfjs operations. */
import * as tf from "@tensorflow/tfjs";
import { posteriorSums } from "../../equations/mod.ts";
import { dropoutMask, gaussianNoise } from "../../random.ts";
import type {
  AdamOptions,
  AdaptiveNoiseOptions,
  DropoutOptions,
  RmspropOptions,
  SgdOptions,
  Tensor,
} from "../engine.ts";
import { of } from "./tensors.ts";

export function sgd(
  weights: Tensor,
  gradient: Tensor,
  velocity: Tensor,
  { rate, momentum, scale }: SgdOptions,
): void {
  const [w, e, v] = [weights, gradient, velocity].map(of);
  v.set(() => v.get().mul(momentum).sub(e.get().mul(rate * scale)));
  w.set(() => w.get().add(v.get()));
}

export function rmsprop(
  weights: Tensor,
  gradient: Tensor,
  n: Tensor,
  g: Tensor,
  delta: Tensor,
  { aleph, beth, gimel, daleth, scale }: RmspropOptions,
): void {
  const [w, e, N, G, D] = [weights, gradient, n, g, delta].map(of);
  const epsilon = () => e.get().mul(scale);
  N.set(() => N.get().mul(aleph).add(epsilon().square().mul(1 - aleph))); // Eq. 38
  G.set(() => G.get().mul(aleph).add(epsilon().mul(1 - aleph))); // Eq. 39
  D.set(() => { // Eq. 40
    const deviation = N.get().sub(G.get().square()).add(daleth).sqrt();
    return D.get().mul(beth).sub(epsilon().div(deviation).mul(gimel));
  });
  w.set(() => w.get().add(D.get())); // Eq. 41
}

export function adam(weights: Tensor, gradient: Tensor, m: Tensor, v: Tensor, options: AdamOptions): void {
  const { rate, beta1, beta2, epsilon, update, scale } = options;
  const [w, e, M, V] = [weights, gradient, m, v].map(of);
  M.set(() => M.get().mul(beta1).add(e.get().mul((1 - beta1) * scale)));
  V.set(() => V.get().mul(beta2).add(e.get().mul(scale).square().mul(1 - beta2)));
  w.set(() => {
    const mean = M.get().div(1 - beta1 ** update), square = V.get().div(1 - beta2 ** update);
    return w.get().sub(mean.div(square.sqrt().add(epsilon)).mul(rate));
  });
}

export function addNoise(
  mean: Tensor,
  logVariance: Tensor | number,
  out: Tensor,
  seed: number,
  stream: number,
): void {
  const noise = new Float32Array(mean.size);
  gaussianNoise(seed, stream, noise);
  of(out).set(() => {
    const log = typeof logVariance === "number" ? tf.scalar(logVariance) : of(logVariance).get([mean.size]);
    return of(mean).get([mean.size]).add(log.div(2).exp().mul(noise));
  });
}

export function dropout(x: Tensor, { rate, seed, stream }: DropoutOptions): void {
  const mask = new Float32Array(x.size);
  dropoutMask(seed, stream, rate, mask);
  of(x).set(() => of(x).get([x.size]).mul(mask));
}

export function adaptiveNoiseGradient(
  mean: Tensor,
  logVariance: Tensor,
  gradient: Tensor,
  dLogVariance: Tensor,
  { priorMean, priorVariance, sequences, scale }: AdaptiveNoiseOptions,
): void {
  of(dLogVariance).set(() => {
    const variance = of(logVariance).get().exp();
    const curvature = of(gradient).get().square().mul(scale);
    const prior = variance.reciprocal().neg().add(1 / priorVariance).div(2 * sequences);
    return curvature.div(2).add(prior).mul(variance);
  });
  of(gradient).set(() => {
    const prior = of(mean).get().sub(priorMean).div(sequences * priorVariance);
    return of(gradient).get().mul(scale).add(prior);
  });
}

/** Summed on the host in float64: over millions of weights float32 would lose digits. */
export async function adaptiveNoiseSums(mean: Tensor, logVariance: Tensor) {
  return posteriorSums(await valuesOf(mean), await valuesOf(logVariance));
}

async function valuesOf(tensor: Tensor) {
  const now = of(tensor).get();
  const values = await now.data();
  now.dispose();
  return values;
}
