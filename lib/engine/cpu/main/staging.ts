/** Memory through which values pass between the host and tensors while orders are under way. */
import type { Allocator } from "./memory.ts";

export interface Stage {
  readonly at: number;
  readonly bytes: number;
  /** The count of commands after which the ranks no longer use it. */
  until: number;
  /** Whether the host still has to read it. */
  held: boolean;
}

/**
 * Gives out blocks that no order uses any more, so that the host may touch them at once. They are kept for
 * the next time; their sizes are powers of two.
 */
export class Staging {
  readonly #stages: Stage[] = [];

  constructor(readonly allocator: Allocator, readonly isDone: (count: number) => boolean) {}

  take(bytes: number): Stage {
    const size = Math.max(4096, 2 ** Math.ceil(Math.log2(bytes)));
    const usable = this.#stages.find((stage) =>
      stage.bytes === size && !stage.held && this.isDone(stage.until)
    );
    if (usable) return usable;
    const stage = { at: this.allocator.takeFresh(size), bytes: size, until: 0, held: false };
    this.#stages.push(stage);
    return stage;
  }
}
