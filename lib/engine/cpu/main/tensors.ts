/** The engine's tensors: where they lie in the shared memory, and how values get in and out. */
import type { Tensor } from "../../engine.ts";
import { expectCount, sizeOf } from "../../shape.ts";
import type { Allocator } from "./memory.ts";
import type { Ranks } from "./ranks.ts";
import { Staging } from "./staging.ts";

/** A block of the shared memory, or a part of one (`rows`). */
class Block implements Tensor {
  readonly size: number;
  /** The block that owns the memory. */
  readonly owner: Block;
  live = true;
  /** How often it may have been written to. */
  changes = 0;
  /** Its copies in other forms: their addresses, and how often it had been written to when they were made. */
  copies: { form: readonly number[]; at: number; changes: number }[] = [];

  constructor(
    readonly home: Tensors,
    readonly shape: readonly number[],
    readonly type: "float32" | "int32",
    readonly at: number,
    owner?: Block,
  ) {
    this.size = sizeOf(shape);
    this.owner = owner ?? this;
  }
}

/** The length of a tensor's last axis. */
export const columnsOf = (tensor: Tensor) => tensor.shape[tensor.shape.length - 1];

/** Throws unless `tensor` has as many elements as `shape`. */
export function expectShape(name: string, tensor: Tensor, shape: number[]): void {
  if (tensor.size !== sizeOf(shape)) {
    throw new Error(`Expected \`${name}\` of shape [${shape}], found [${tensor.shape}].`);
  }
}

export class Tensors {
  /** Bytes in tensors that are not freed. */
  bytes = 0;
  readonly #staging: Staging;

  constructor(readonly allocator: Allocator, readonly workers: Ranks) {
    this.#staging = new Staging(allocator, (count) => workers.isDone(count));
  }

  /** A tensor whose values are whatever lay there. */
  create(shape: readonly number[], type: "float32" | "int32"): Tensor {
    if (this.workers.failure) throw this.workers.failure;
    const tensor = new Block(this, [...shape], type, this.allocator.take(4 * sizeOf(shape)));
    this.bytes += 4 * tensor.size;
    return tensor;
  }

  createWith(shape: readonly number[], type: "float32" | "int32", values: ArrayLike<number>): Tensor {
    const tensor = this.create(shape, type);
    try {
      this.write(tensor, values);
    } catch (error) {
      this.free(tensor);
      throw error;
    }
    return tensor;
  }

  rows(tensor: Tensor, from: number, to: number): Tensor {
    const { at, type, owner } = this.#block(tensor);
    const [all, ...rest] = tensor.shape;
    if (!(0 <= from && from <= to && to <= all)) {
      throw new RangeError(`Rows ${from} to ${to} do not lie in a tensor of shape [${tensor.shape}].`);
    }
    return new Block(this, [to - from, ...rest], type, at + 4 * from * sizeOf(rest), owner);
  }

  write(tensor: Tensor, values: ArrayLike<number>): void {
    const { at, size, shape, type, owner } = this.#block(tensor);
    expectCount(shape, values);
    owner.changes++;
    // While orders are under way, some may still use this memory: the values take their turn.
    const idle = this.workers.isDone(this.workers.posted);
    const stage = idle ? undefined : this.#staging.take(4 * size);
    this.#view(type, stage?.at ?? at, size).set(values);
    if (stage) stage.until = this.workers.post("copy", { from: stage.at, to: at, size });
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    const { at, size, type } = this.#block(tensor);
    return await this.receive(
      4 * size,
      (to) => this.workers.post("copy", { from: at, to, size }),
      (from) => new Float32Array(this.#view(type, from, size)),
    );
  }

  /** Brings something to the host: `order` has the ranks write to zeroed memory and returns the count of its
   * command; when that is done, `take` makes the result from the memory. */
  async receive<T>(bytes: number, order: (to: number) => number, take: (from: number) => T): Promise<T> {
    const stage = this.#staging.take(bytes);
    new Uint8Array(this.allocator.memory.buffer, stage.at, bytes).fill(0);
    stage.until = order(stage.at);
    stage.held = true;
    try {
      await this.workers.done(stage.until);
      return take(stage.at);
    } finally {
      stage.held = false;
    }
  }

  free(...tensors: Tensor[]): void {
    for (const tensor of tensors) {
      const block = this.#block(tensor, "free");
      if (block.owner !== block) {
        throw new Error("Rows of a tensor are freed with the tensor, not by themselves.");
      }
      block.live = false;
      this.bytes -= 4 * block.size;
      this.#give(block.at);
      for (const { at } of block.copies) this.#give(at);
    }
  }

  /** The address of `bytes` for a copy of a tensor in another form, until the tensor is freed or changes.
   * `fresh` tells that it holds the copy already, and the tensor has not changed since. */
  copyOf(tensor: Tensor, form: readonly number[], bytes: number): { at: number; fresh: boolean } {
    const { owner } = this.#block(tensor), { changes } = owner;
    const known = owner.copies.find((copy) =>
      copy.form.length === form.length && copy.form.every((number, k) => number === form[k])
    );
    if (known?.changes === changes) return { at: known.at, fresh: true };
    for (const copy of owner.copies) if (copy !== known && copy.changes !== changes) this.#give(copy.at);
    owner.copies = owner.copies.filter((copy) => copy !== known && copy.changes === changes);
    const at = known?.at ?? this.allocator.take(bytes);
    owner.copies.push({ form, at, changes });
    return { at, fresh: false };
  }

  /** Calls `order` with the address of `size` floats, which are its own until the ranks have carried out its
   * commands. */
  withScratch(size: number, order: (at: number) => void): void {
    const at = this.allocator.take(4 * size);
    try {
      order(at);
    } finally {
      this.#give(at);
    }
  }
  #give(at: number): void {
    this.workers.endRun();
    this.allocator.give(at);
  }

  /** The address of a tensor that may be written to; throws if it is freed or another engine's. */
  at(tensor: Tensor): number {
    const block = this.#block(tensor);
    block.owner.changes++;
    return block.at;
  }
  /** The addresses of named tensors that are only read. */
  inputs<Name extends string>(tensors: Record<Name, Tensor>): Record<Name, number> {
    const addresses = {} as Record<Name, number>;
    for (const name in tensors) addresses[name] = this.#block(tensors[name]).at;
    return addresses;
  }
  /** The addresses of named tensors, some of which may be written to. */
  addresses<Name extends string>(tensors: Record<Name, Tensor>): Record<Name, number> {
    const addresses = {} as Record<Name, number>;
    for (const name in tensors) addresses[name] = this.at(tensors[name]);
    return addresses;
  }
  /** The addresses of tensors that must be of one size, and that size. */
  alike<Name extends string>(tensors: Record<Name, Tensor>): Record<Name | "size", number> {
    const [first, ...others] = Object.values<Tensor>(tensors);
    for (const other of others) {
      if (other.size !== first.size) throw new Error(`Sizes differ: [${first.shape}] and [${other.shape}].`);
    }
    return { ...this.addresses(tensors), size: first.size };
  }

  #block(tensor: Tensor, action = "use"): Block {
    if (!(tensor instanceof Block) || tensor.home !== this) {
      throw new Error(`Cannot ${action} a tensor of shape [${tensor.shape}]: it belongs to another engine.`);
    }
    if (!tensor.owner.live) {
      throw new Error(`Cannot ${action} a tensor of shape [${tensor.shape}]: it is freed.`);
    }
    return tensor;
  }
  #view(type: "float32" | "int32", at: number, size: number): Float32Array | Int32Array {
    const { buffer } = this.allocator.memory;
    return type === "int32" ? new Int32Array(buffer, at, size) : new Float32Array(buffer, at, size);
  }
}
