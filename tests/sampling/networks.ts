/** Tiny networks on the float64 engine, for the sampling tests. */
import { Float64Engine } from "../../lib/engine/float64.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights, type Weights } from "../../lib/network/parameters.ts";
import { Random } from "../../lib/random.ts";

const clip = { lstm: null, outputs: null };
export const textConfig: NetworkConfig = {
  domain: { kind: "symbols", classes: 6 },
  layers: 2,
  cells: 5,
  clip,
};
export const penConfig: NetworkConfig = {
  domain: { kind: "pen", components: 2 },
  layers: 2,
  cells: 6,
  clip,
};
export const synthesisConfig: NetworkConfig = { ...penConfig, window: { alphabet: 57, components: 2 } };

/** A random network; `change` may set weights by hand. */
export function network(config: NetworkConfig, change: (weights: Weights) => void = () => {}): Network {
  const weights = initialWeights(config, 11, { kappaBias: Math.log(1 / 3) });
  const random = new Random(4, "output biases");
  for (let k = 0; k < weights.b_y.values.length; k++) weights.b_y.values[k] = 0.3 * random.gaussian();
  change(weights);
  return new Network(new Float64Engine(), config, weights);
}

/** A synthesis network whose window is one bump that moves `speed` characters at each step, whatever it reads. */
export function steadyWindow(speed: number, change: (weights: Weights) => void = () => {}): Network {
  const config = { ...synthesisConfig, window: { alphabet: 57, components: 1 } };
  return network(config, (weights) => {
    weights.W_h1p.values.fill(0);
    weights.b_p.values.set([0, 0, Math.log(speed)]);
    change(weights);
  });
}
