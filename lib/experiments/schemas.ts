/** What a network and a stage must be in a file: one that this project wrote, or a trial's plan, where a setting that does
 * not exist is refused too. */
import * as v from "valibot";
import type { NetworkConfig } from "../network/config.ts";
import * as is from "../schema.ts";
import type { OptimiserRule, Recipe, Regularisation, Stage } from "./types.ts";

/** A network that is larger than this fits into no memory. */
const largestSize = 1e7;
const size = is.integer(1, largestSize);
const share = is.between(0, 1);
const rate = is.between(0);
const kinds = (choices: string[]) => `one of ${choices.join(", ")}`;

/** `of` makes the schema of an object from those of its keys. */
function schemasWith(of: typeof is.object) {
  const network: is.Schema<NetworkConfig> = of({
    domain: v.variant("kind", [
      of({ kind: v.literal("pen"), components: size }),
      of({ kind: v.literal("symbols"), classes: size }),
      of({ kind: v.literal("reading"), characters: size }),
    ], kinds(["pen", "symbols", "reading"])),
    layers: is.integer(1, 1000),
    cells: size,
    window: is.optional(of({ alphabet: size, components: size })),
    clip: of({ lstm: is.nullable(is.positive), outputs: is.nullable(is.positive) }),
  });

  const regularisation: is.Schema<Regularisation> = v.variant("kind", [
    of({ kind: v.literal("none") }),
    of({ kind: v.literal("weight noise"), std: is.between(0) }),
    of({ kind: v.literal("adaptive weight noise"), std: is.between(0), varianceRate: is.positive }),
  ], kinds(["none", "weight noise", "adaptive weight noise"]));

  const adam = {
    rate,
    beta1: share,
    beta2: share,
    epsilon: is.between(0),
    weightDecay: is.optional(is.between(0)),
  };
  const optimiser: is.Schema<OptimiserRule> = v.variant("rule", [
    of({ rule: v.literal("sgd"), rate, momentum: share }),
    of({ rule: v.literal("rmsprop"), rate, aleph: share, beth: share, daleth: is.between(0) }),
    of({ rule: v.literal("adam"), ...adam }),
    of({ rule: v.literal("muon"), momentum: share, iterations: is.integer(0, 100), ...adam }),
  ], kinds(["sgd", "rmsprop", "adam", "muon"]));

  const recipe: is.Schema<Recipe> = of({
    optimiser,
    schedule: of({
      warmUp: is.between(0),
      decay: is.oneOf(["constant", "cosine"]),
      updates: is.nullable(is.integer(1)),
      final: is.between(0),
    }),
    batchSize: is.integer(1),
    maximumPoints: is.optional(is.integer(1)),
    epochs: is.positive,
    averaging: is.nullable(is.between(0, 0.99999)),
    curriculum: is.list(of({ updates: is.integer(0), points: is.integer(1) })),
    text: is.optional(v.union([
      v.literal("sentences"),
      of({ steps: is.integer(1), resetEvery: is.nullable(is.integer(1)) }),
    ], '"sentences", or steps and resetEvery')),
    validation: of({ every: is.integer(1), sequences: is.integer(1) }),
  });

  const settings = { recipe, regularisation, dropout: is.optional(is.between(0, 0.99)) };
  const weights = v.union([
    v.literal("before"),
    of({ experiment: is.text }),
    of({ file: is.text }),
  ], '"before", {"experiment": …} or {"file": …}');
  const stage: is.Schema<Stage> = of({
    from: v.union([v.literal("random"), weights], '"random", "before", {"experiment": …} or {"file": …}'),
    ...settings,
    teachers: is.optional(is.list(of({ weights, share }))),
  });
  return { network, settings, stage };
}

export const {
  network: networkSchema,
  settings: stageSettings,
  stage: stageSchema,
} = schemasWith(is.object);

/** Every key must be known. */
const strictObject =
  ((entries: v.ObjectEntries) => v.strictObject(entries, "an object")) as unknown as typeof is.object;
export const strict = schemasWith(strictObject);
