/** The memory that the ranks share, and which parts of it are taken. */

export const pageBytes = 65536;
/** The most pages that 32-bit addresses reach. */
export const maximumPages = 65536;
const alignment = 64;

/**
 * Hands out blocks of one growing `WebAssembly.Memory`: first fit among the free blocks, which are kept in
 * order of address and joined with their neighbours when freed.
 */
export class Allocator {
  /** Free blocks, ascending, never touching one another. */
  #free: { at: number; bytes: number }[] = [];
  #taken = new Map<number, number>();
  #end: number;
  /** Bytes in blocks that are taken. */
  used = 0;

  /** Blocks lie from `start` on. */
  constructor(readonly memory: WebAssembly.Memory, start: number, readonly limit = maximumPages * pageBytes) {
    this.#end = start;
  }

  /** The address of a block of at least `bytes` bytes; multiples of 64. Throws when memory is exhausted. */
  take(bytes: number): number {
    bytes = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const index = this.#free.findIndex((block) => block.bytes >= bytes);
    if (index < 0) return this.#takeAtEnd(bytes);
    const block = this.#free[index];
    const at = block.at;
    block.at += bytes;
    block.bytes -= bytes;
    if (block.bytes === 0) this.#free.splice(index, 1);
    this.#taken.set(at, bytes);
    this.used += bytes;
    return at;
  }

  /** The address of a block like `take`'s, but of memory that was never used before. */
  takeFresh(bytes: number): number {
    return this.#takeAtEnd(Math.max(alignment, Math.ceil(bytes / alignment) * alignment), true);
  }

  #takeAtEnd(bytes: number, fresh = false): number {
    const last = this.#free.at(-1);
    const joins = !fresh && last && last.at + last.bytes === this.#end;
    const at = joins ? last.at : this.#end;
    this.#growTo(at + bytes, bytes);
    if (joins) this.#free.pop();
    this.#end = at + bytes;
    this.#taken.set(at, bytes);
    this.used += bytes;
    return at;
  }

  /** Frees the block at `at`. Throws unless it is taken. */
  give(at: number): void {
    const bytes = this.#taken.get(at);
    if (bytes === undefined) throw new Error(`No block of memory begins at ${at}, or it is freed already.`);
    this.#taken.delete(at);
    this.used -= bytes;
    let low = 0, high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle].at < at) low = middle + 1;
      else high = middle;
    }
    const before = this.#free[low - 1], after = this.#free[low];
    const joinsBefore = before && before.at + before.bytes === at;
    const joinsAfter = after && at + bytes === after.at;
    if (joinsBefore) before.bytes += bytes + (joinsAfter ? after.bytes : 0);
    else if (joinsAfter) Object.assign(after, { at, bytes: bytes + after.bytes });
    if (joinsBefore && joinsAfter) this.#free.splice(low, 1);
    else if (!joinsBefore && !joinsAfter) this.#free.splice(low, 0, { at, bytes });
  }

  #growTo(end: number, bytes: number): void {
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / pageBytes);
    if (missing <= 0) return;
    if (end <= this.limit) {
      // In large steps where possible: growing stops the ranks for a moment.
      for (const pages of [Math.max(missing, 1024), missing]) {
        if (this.memory.buffer.byteLength + pages * pageBytes > this.limit) continue;
        try {
          this.memory.grow(pages);
          return;
        } catch {
          // The system has no more to give in one piece; a smaller step may still fit.
        }
      }
    }
    const mega = (n: number) => `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB`;
    throw new Error(
      `The cpu engine is out of memory: ${mega(bytes)} more needed, ${mega(this.used)} in use, limit ` +
        `${
          mega(this.limit)
        }. Use a smaller batch or shorter sequences, or free tensors that are no longer needed.`,
    );
  }
}
