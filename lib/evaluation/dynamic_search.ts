/** The settings of dynamic evaluation, chosen on the validation set. */
import type { Engine } from "../engine/mod.ts";
import type { DynamicOptions } from "./dynamic.ts";
import { evaluateText } from "./evaluate.ts";
import { NonFiniteLossError } from "../training/training.ts";
import type { WeightsFile } from "../weights/mod.ts";

export interface DynamicTrial extends DynamicOptions {
  /** `null`: the weights ran away. */
  bitsPerCharacter: number | null;
}

/** How the settings of a dynamic evaluation were found. */
export interface DynamicSearch {
  /** What they were tried on, for people. */
  data: string;
  /** With fixed weights on the same symbols, in as many streams. */
  staticBitsPerCharacter: number;
  tried: DynamicTrial[];
}

/**
 * Tries each of `settings` on the first `limit` symbols of the validation set. The best comes back beside all that was
 * tried, which includes what an earlier search tried on the same symbols. Throws if none was better than a breakdown.
 */
export async function searchDynamic(
  engine: Engine,
  file: WeightsFile,
  options: {
    settings: DynamicOptions[];
    limit: number;
    streams?: number;
    /** Data of one's own, as `EvaluateOptions` has it. */
    own?: string;
    earlier?: DynamicSearch;
    onTrial?: (trial: DynamicTrial) => void;
  },
): Promise<{ best: DynamicTrial; search: DynamicSearch }> {
  const { settings, limit, streams = 1, own, earlier, onTrial } = options;
  const part = "validation";
  const fixed = await evaluateText(engine, file, { part, limit, streams, own });
  const data = `${fixed.data}: the first ${fixed.count} symbols`;
  const tried = earlier?.data === data ? [...earlier.tried] : [];
  for (const dynamic of settings) {
    const trial: DynamicTrial = { ...dynamic, bitsPerCharacter: null };
    try {
      const { results } = await evaluateText(engine, file, { part, limit, streams, own, dynamic });
      trial.bitsPerCharacter = results.bitsPerCharacter;
    } catch (error) {
      if (!(error instanceof NonFiniteLossError)) throw error;
    }
    tried.push(trial);
    onTrial?.(trial);
  }
  const cost = ({ bitsPerCharacter }: DynamicTrial) => bitsPerCharacter ?? Infinity;
  const best = tried.reduce((a, b) => cost(b) < cost(a) ? b : a);
  if (best.bitsPerCharacter === null) {
    throw new Error("Dynamic evaluation broke down at every rate that was tried: try lower ones.");
  }
  return { best, search: { data, staticBitsPerCharacter: fixed.results.bitsPerCharacter, tried } };
}
