import type { Rank } from "./rank.ts";

/** One thing the ranks can do: the names of its arguments, all numbers, and a rank's share of it. */
export interface Operation<Field extends string = string> {
  fields: readonly Field[];
  run(rank: Rank, parameters: Record<Field, number>): void;
}

export function operation<const Field extends string>(
  fields: readonly Field[],
  run: (rank: Rank, parameters: Record<Field, number>) => void,
): Operation<Field> {
  return { fields, run };
}
