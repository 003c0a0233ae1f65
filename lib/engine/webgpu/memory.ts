/** Device memory: blocks that are used again once they are freed, and the tensors that lie in them. */
import type { Tensor } from "../engine.ts";
import { sizeOf } from "../shape.ts";

/** A GPU buffer. */
export interface Block {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  /** The submission that the last order on this block belongs to. */
  usedIn: number;
}

/** Consecutive elements of a block: what a kernel is given. Offset and size count elements of four bytes. */
export interface View {
  readonly block: Block;
  readonly offset: number;
  readonly size: number;
}

export class DeviceTensor implements Tensor, View {
  readonly size: number;
  constructor(
    readonly shape: readonly number[],
    readonly type: "float32" | "int32",
    readonly block: Block,
    readonly offset = 0,
  ) {
    this.size = sizeOf(shape);
  }
  get columns(): number {
    return this.shape[this.shape.length - 1];
  }
  /** Rows `from` to `to` of the first axis, in the same memory. */
  rows(from: number, to: number): DeviceTensor {
    const [, ...rest] = this.shape;
    const row = sizeOf(rest);
    return new DeviceTensor([to - from, ...rest], this.type, this.block, this.offset + from * row);
  }
  /** `size` elements from `from` on, whatever the shape. */
  part(from: number, size: number): View {
    return { block: this.block, offset: this.offset + from, size };
  }
}

/** A layer, a loss or an optimiser's state whose tensors lie on this engine. */
export type OnDevice<L> = {
  [Name in keyof L]: Exclude<L[Name], undefined> extends Tensor ? DeviceTensor | Extract<L[Name], undefined>
    : L[Name];
};

/** Idle memory is given back to the device when there is more of it than this and than was ever in use. */
const smallestReserve = 64 * 2 ** 20;

/** Sizes grow in steps of an eighth, so that sequences of nearly the same length share blocks. */
function roundUp(bytes: number): number {
  const step = Math.max(256, 2 ** (Math.ceil(Math.log2(Math.max(1, bytes))) - 3));
  return Math.max(step, Math.ceil(bytes / step) * step);
}

export class Memory {
  #idle = new Map<number, Block[]>();
  #idleBytes = 0;
  #usedBytes = 0;
  #mostUsed = 0;
  #blocks = 0;

  /** `beforeDestroy` is called before blocks are given back: orders that use them must be on their way. */
  constructor(readonly device: GPUDevice, readonly usage: number, readonly beforeDestroy: () => void) {}

  /** Throws a RangeError if the device has no buffers that large. */
  allocate(bytes: number): Block {
    const largest = this.device.limits.maxBufferSize;
    if (bytes > largest) {
      throw new RangeError(
        `The GPU's buffers hold at most ${largest} bytes, but a tensor needs ${bytes}: use a smaller batch.`,
      );
    }
    const size = Math.min(roundUp(bytes), largest - largest % 4);
    let block = this.#idle.get(size)?.pop();
    if (block) this.#idleBytes -= size;
    else {
      const buffer = this.device.createBuffer({ size, usage: this.usage });
      block = { id: this.#blocks++, buffer, bytes: size, usedIn: -1 };
    }
    this.#usedBytes += size;
    this.#mostUsed = Math.max(this.#mostUsed, this.#usedBytes);
    return block;
  }
  release(block: Block): void {
    this.#usedBytes -= block.bytes;
    this.#idleBytes += block.bytes;
    const idle = this.#idle.get(block.bytes);
    if (idle) idle.push(block);
    else this.#idle.set(block.bytes, [block]);
    if (this.#idleBytes > Math.max(smallestReserve, this.#mostUsed)) this.trim();
  }
  /** Gives all idle blocks back to the device. */
  trim(): void {
    this.beforeDestroy();
    for (const blocks of this.#idle.values()) for (const { buffer } of blocks) buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
  }
}
