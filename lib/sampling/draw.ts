/** One draw from what a network predicts. */
import { type Mixture, softmax } from "../equations/mod.ts";
import type { Random } from "../random.ts";

/** The next point: Δx, Δy, end of stroke (0 or 1), rounded to float32 as the network will read it. */
export type Point = [number, number, number];

/**
 * Draws x_{t+1} from Pr(x_{t+1} | y_t) (Eq. 23): a component, an offset from its Gaussian, an end of stroke. Every
 * call takes the same number of random numbers, so that streams stay in step whatever is drawn.
 *
 * @throws Error if the distribution is not made of finite numbers, as after a training that diverged.
 */
export function drawPoint(mixture: Mixture, random: Random): Point {
  const j = random.choose(mixture.weights);
  const z1 = random.gaussian(), z2 = random.gaussian();
  const rho = mixture.correlation[j];
  const x1 = mixture.mean1[j] + mixture.std1[j] * z1;
  const x2 = mixture.mean2[j] + mixture.std2[j] * (rho * z1 + Math.sqrt(1 - rho * rho) * z2);
  const endOfStroke = random.uniform() < mixture.endOfStroke ? 1 : 0;
  const point: Point = [Math.fround(x1), Math.fround(x2), endOfStroke];
  if (!([...point, mixture.endOfStroke, mixture.weights[j]].every(Number.isFinite))) {
    throw new Error(
      `The network predicts a pen offset of (${point[0]}, ${
        point[1]
      }), which is not finite: its weights are damaged ` +
        "or its training diverged. Use an earlier checkpoint.",
    );
  }
  return point;
}

/**
 * Draws a symbol from the softmax (Eq. 12) of ŷ_t divided by `temperature`: 1 draws from the network's own
 * distribution, less makes likely symbols likelier, 0 takes the most probable one (the first of equals).
 *
 * @throws RangeError if the temperature is negative; Error if ŷ_t is not finite.
 */
export function drawSymbol(outputs: ArrayLike<number>, temperature: number, random: Random): number {
  if (!(temperature >= 0)) throw new RangeError(`The temperature must be 0 or more; found ${temperature}.`);
  let best = 0;
  for (let k = 0; k < outputs.length; k++) {
    if (!Number.isFinite(outputs[k])) {
      throw new Error(
        `The network's output for symbol ${k} is ${
          outputs[k]
        }: its weights are damaged or its training diverged. ` +
          "Use an earlier checkpoint.",
      );
    }
    if (outputs[k] > outputs[best]) best = k;
  }
  if (temperature === 0) return best;
  // The greatest is taken off first: divided by a low temperature it would overflow.
  return random.choose(softmax(Float64Array.from(outputs, (value) => (value - outputs[best]) / temperature)));
}
