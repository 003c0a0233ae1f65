/** What a network and a stage must be in a file: one that this project wrote, or a trial's plan, where a setting that does
 * not exist is refused too. */
import * as v from "valibot";
import type { NetworkConfig } from "../network/config.ts";
import {
  between,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  positive,
  type Schema,
  text,
} from "../schema.ts";
import type { OptimiserRule, Recipe, Regularisation, Stage } from "./types.ts";

/** A network that is larger than this fits into no memory. */
const largestSize = 1e7;
const size = integer(1, largestSize);
const share = between(0, 1);
const rate = between(0);
const kinds = (choices: string[]) => `one of ${choices.join(", ")}`;

/** `of` makes the schema of an object from those of its keys. */
function schemasWith(of: typeof object) {
  const network: Schema<NetworkConfig> = of({
    domain: v.variant("kind", [
      of({ kind: v.literal("pen"), components: size }),
      of({ kind: v.literal("symbols"), classes: size }),
      of({ kind: v.literal("reading"), characters: size }),
    ], kinds(["pen", "symbols", "reading"])),
    layers: integer(1, 1000),
    cells: size,
    window: optional(of({ alphabet: size, components: size })),
    clip: of({ lstm: nullable(positive), outputs: nullable(positive) }),
  });

  const regularisation: Schema<Regularisation> = v.variant("kind", [
    of({ kind: v.literal("none") }),
    of({ kind: v.literal("weight noise"), std: between(0) }),
    of({ kind: v.literal("adaptive weight noise"), std: between(0), varianceRate: positive }),
  ], kinds(["none", "weight noise", "adaptive weight noise"]));

  const adam = {
    rate,
    beta1: share,
    beta2: share,
    epsilon: between(0),
    weightDecay: optional(between(0)),
  };
  const optimiser: Schema<OptimiserRule> = v.variant("rule", [
    of({ rule: v.literal("sgd"), rate, momentum: share }),
    of({ rule: v.literal("rmsprop"), rate, aleph: share, beth: share, daleth: between(0) }),
    of({ rule: v.literal("adam"), ...adam }),
    of({ rule: v.literal("muon"), momentum: share, iterations: integer(0, 100), ...adam }),
  ], kinds(["sgd", "rmsprop", "adam", "muon"]));

  const recipe: Schema<Recipe> = of({
    optimiser,
    schedule: of({
      warmUp: between(0),
      decay: oneOf(["constant", "cosine"]),
      updates: nullable(integer(1)),
      final: between(0),
    }),
    batchSize: integer(1),
    maximumPoints: optional(integer(1)),
    epochs: positive,
    averaging: nullable(between(0, 0.99999)),
    curriculum: list(of({ updates: integer(0), points: integer(1) })),
    text: optional(v.union([
      v.literal("sentences"),
      of({ steps: integer(1), resetEvery: nullable(integer(1)) }),
    ], '"sentences", or steps and resetEvery')),
    validation: of({ every: integer(1), sequences: integer(1) }),
  });

  const settings = { recipe, regularisation, dropout: optional(between(0, 0.99)) };
  const weights = v.union([
    v.literal("before"),
    of({ experiment: text }),
    of({ file: text }),
  ], '"before", {"experiment": …} or {"file": …}');
  const stage: Schema<Stage> = of({
    from: v.union([v.literal("random"), weights], '"random", "before", {"experiment": …} or {"file": …}'),
    ...settings,
    teachers: optional(list(of({ weights, share }))),
  });
  return { network, settings, stage };
}

export const {
  network: networkSchema,
  settings: stageSettings,
  stage: stageSchema,
} = schemasWith(object);

/** Every key must be known. */
const strictObject =
  ((entries: v.ObjectEntries) => v.strictObject(entries, "an object")) as unknown as typeof object;
export const strict = schemasWith(strictObject);
