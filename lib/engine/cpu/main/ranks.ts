/** Who carries out the commands: Workers that share them out (`workers.ts`), or this thread (`../own_rank.ts`). */
import type { CommandName, Parameters } from "../shared/commands.ts";
import type { BlasLibrary } from "../shared/messages.ts";
import type { Rowwise } from "./chain.ts";

export interface RanksOptions {
  /** How many ranks there are. */
  count: number;
  /** The BLAS that they use, if any. */
  blas?: BlasLibrary;
  /** The bytes of a `[K, N]` that its BLAS packs in bfloat16, where that is wanted. */
  bfloat16Bytes?: (K: number, N: number) => number;
  memory: WebAssembly.Memory;
}

export interface Ranks {
  readonly options: RanksOptions;
  /** Why they have stopped. */
  readonly failure?: Error;
  /** Commands posted so far. */
  readonly posted: number;

  /**
   * Gives a command; returns the count of commands up to and including it. Throws if the ranks have stopped.
   * `rowwise`: they share it out by rows, so that they need not meet between it and others of that kind.
   * `more` are words after the named arguments.
   */
  post<Name extends CommandName>(
    name: Name,
    parameters: Parameters<Name>,
    options?: { rowwise?: Rowwise; more?: readonly number[] },
  ): number;
  /** How many ranks share out a command with so much work. */
  sharers(work: number): number;
  /** Ends a run of rowwise commands. It must be called before memory is given back: a rank that is ahead could write to
   * it while another still reads. */
  endRun(): void;
  /** Whether the first `count` commands are done. */
  isDone(count: number): boolean;
  /** Resolves when the first `count` commands are done; rejects if the ranks stop before. */
  done(count: number): Promise<void>;
  /** Ends the ranks and waits until they are gone; every waiting caller gets `error`. */
  end(error: Error): Promise<void>;
}
