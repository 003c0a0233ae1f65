/** Stands in for `lib/engine/cpu/rank/operations.ts` in a rank: does the same, until the rank dies. */
import process from "node:process";
import type { Command } from "../../lib/engine/cpu/shared/channel.ts";
import { run as runOperation } from "../../lib/engine/cpu/rank/operations.ts";
import type { Rank } from "../../lib/engine/cpu/rank/rank.ts";

/** Which rank dies, after how many operations, how. */
const [index, operations, how] = Deno.env.get("TEST_DYING_RANK")!.split(" ");
let done = 0;
if (how === "unborn") end();

export function run(rank: Rank, command: Command): void {
  if (rank.index === Number(index) && done++ === Number(operations)) {
    if (how === "throws") throw new Error("this rank was told to fail");
    end();
  }
  runOperation(rank, command);
}

/** Without a word to anybody. */
function end(): never {
  process.exit(1);
}
