import type { Rank } from "./rank.ts";

/** One thing the ranks can do: the names of its arguments, all numbers, and a rank's share of it. */
export interface Operation<Field extends string = string> {
  fields: readonly Field[];
  /** How much there is to do, in multiplications or the like: little is done by one rank alone. */
  work(parameters: Record<Field, number>): number;
  run(rank: Rank, parameters: Record<Field, number>): void;
}

export function operation<const Field extends string>(
  fields: readonly Field[],
  work: (parameters: Record<Field, number>) => number,
  run: (rank: Rank, parameters: Record<Field, number>) => void,
): Operation<Field> {
  return { fields, work, run };
}
