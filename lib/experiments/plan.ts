/** A trial: an experiment with another network, alphabet or stages, from a small JSON file or the text itself. */
import * as v from "valibot";
import { alphabets } from "../data/alphabet.ts";
import { checked } from "../schema.ts";
import * as is from "../schema.ts";
import { strict } from "./schemas.ts";
import type { Experiment, Stage } from "./types.ts";

type Json = unknown;

/** What of an experiment a plan changes; what it does not name stays. */
interface Plan {
  /** Parts of the network's sizes, such as `{"cells": 120}`. */
  network?: Json;
  /** Of synthesis: `paper` (57 symbols) or `extended` (digits and more marks apart). */
  alphabet?: keyof typeof alphabets;
  /** These stages in place of the experiment's. */
  stages?: PlannedStage[];
}

/** Parts of a stage, laid over one of the experiment's. */
interface PlannedStage {
  /** Over which, counted from 1; left out: the last. */
  stage?: number;
  [part: string]: Json;
}

const anything: is.Schema<Json> = v.unknown();
const planSchema: is.Schema<Plan> = v.strictObject({
  network: is.optional(anything),
  alphabet: is.optional(is.oneOf(["paper", "extended"])),
  stages: is.optional(is.list(v.looseObject({ stage: is.optional(is.integer(1)) }, "an object"))),
}, "an object");

/**
 * The experiment as a plan has it, and the stages that the plan names, if any; `base` are those which they are laid over, and
 * `fullPath` tells where the files are that it names. Throws, naming `where` the plan stands and which part of it is wrong.
 */
export function applyPlan(
  experiment: Experiment,
  base: Stage[],
  plan: Json,
  where: string,
  fullPath: (path: string) => string = (path) => path,
): { experiment: Experiment; stages?: Stage[] } {
  if (!isObject(plan)) throw new Error(`${where}: expected an object, found ${JSON.stringify(plan)}.`);
  const { network, alphabet, stages } = checked(planSchema, plan, where);
  let changed = experiment;
  if (alphabet) {
    const { network: { window, ...others }, data } = experiment;
    if (data.set !== "iam-ondb" || !window) {
      throw new Error(`${where}: alphabet: '${experiment.name}' is given no text to write; leave it out.`);
    }
    changed = {
      ...experiment,
      data: { ...data, alphabet: alphabets[alphabet] },
      network: { ...others, window: { ...window, alphabet: alphabets[alphabet].symbols.length } },
    };
  }
  changed = {
    ...changed,
    network: checked(strict.network, laidOver(changed.network, network ?? {}), `${where}: network`),
  };
  if (!stages) return { experiment: changed };
  if (stages.length === 0) throw new Error(`${where}: stages: expected one at the least, found none.`);
  const planned = stages.map(({ stage: number = base.length, ...parts }, k) => {
    const place = `${where}: stages.${k}`;
    if (number > base.length) {
      throw new Error(
        `${place}.stage: expected one of the ${base.length} of '${experiment.name}', found ${number}.`,
      );
    }
    return withPaths(checked(strict.stage, laidOver(base[number - 1], parts), place), fullPath);
  });
  return { experiment: changed, stages: planned };
}

/** The files that a stage names, as `fullPath` has them. */
function withPaths({ from, teachers, ...settings }: Stage, fullPath: (path: string) => string): Stage {
  const named = <T extends Stage["from"]>(weights: T): T =>
    typeof weights === "object" && "file" in weights ? { ...weights, file: fullPath(weights.file) } : weights;
  return {
    from: named(from),
    ...settings,
    ...(teachers && { teachers: teachers.map(({ weights, share }) => ({ weights: named(weights), share })) }),
  };
}

/** `base` with the parts that `change` names. Objects of one kind are laid over each other key by key; what has another
 * `rule` or `kind` takes the other's place whole, as lists and all else do. */
function laidOver(base: Json, change: Json): Json {
  if (!isObject(base) || !isObject(change)) return change;
  const kind = change.rule ?? change.kind;
  if (kind !== undefined && kind !== (base.rule ?? base.kind)) return change;
  const all: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    // Weights are named whole: from one place or from another.
    all[key] = key === "from" ? value : laidOver(base[key], value);
  }
  return all;
}

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
