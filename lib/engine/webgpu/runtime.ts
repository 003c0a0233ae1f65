/**
 * Orders on their way to the GPU. Kernels and copies are recorded into one command encoder, which is
 * submitted when the code that orders them waits for something, when the host writes into memory that
 * recorded orders use, and when the list is long. Bind groups are kept; a kernel's numbers are found
 * through a dynamic offset, so that a step of a time loop costs one dispatch.
 */
import { type Kernel, moduleSource } from "./kernel.ts";
import { type Block, Memory, type View } from "./memory.ts";

export type Groups = readonly [number, number?, number?];
export type Dispatch<N extends string> = (numbers: Record<N, number>, groups: Groups) => void;

/** Dispatches in a submission: enough to hide its cost, few enough that the GPU starts early. */
const longestList = 512;
/** Dispatches that may come along with a read: whoever waits for it is not to wait for a long list. */
const afterRead = 32;
/** WebGPU's default alignment of bindings, which every adapter allows. */
const alignment = 256;
const largestBindGroupCache = 4096;
/** WebGPU's default limit. */
export const mostGroups = 65535;

interface Pipeline {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
  /** Tensor names in the order of their bindings. */
  tensors: string[];
  numbers: [string, "u32" | "f32"][];
}

export class Runtime {
  /** The most bytes that a kernel may be given of one tensor. */
  readonly bindingLimit: number;
  readonly #memory: Memory;
  readonly #staging: Memory;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #numbersBuffer: GPUBuffer;
  readonly #numbers = new ArrayBuffer(longestList * alignment);
  readonly #unsigned = new Uint32Array(this.#numbers);
  readonly #floats = new Float32Array(this.#numbers);
  readonly #lost: Promise<never>;
  #encoder?: GPUCommandEncoder;
  #pass?: GPUComputePassEncoder;
  #dispatches = 0;
  #longestList = longestList;
  #submission = 0;
  #failure?: Error;
  #closed = false;

  constructor(readonly device: GPUDevice, bindingLimit = device.limits.maxStorageBufferBindingSize) {
    // A binding begins at an aligned place before its first element.
    this.bindingLimit = Math.min(bindingLimit, device.limits.maxStorageBufferBindingSize) - alignment;
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC, MAP_READ } = GPUBufferUsage;
    const forget = () => {
      this.submit();
      this.#bindGroups.clear();
    };
    this.#memory = new Memory(device, STORAGE | COPY_DST | COPY_SRC, forget);
    this.#staging = new Memory(device, MAP_READ | COPY_DST, forget);
    this.#numbersBuffer = device.createBuffer({ size: this.#numbers.byteLength, usage: UNIFORM | COPY_DST });
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { error } = event as GPUUncapturedErrorEvent;
      this.#failure ??= new Error(`The GPU refused an order: ${error.message}`);
    });
    this.#lost = device.lost.then(({ reason, message }) => {
      const why = message || reason || "no reason given";
      throw new Error(
        this.#closed
          ? "The webgpu engine is closed."
          : `The GPU was lost (${why}). What was on it is gone; training can go on from the last checkpoint.`,
      );
    });
    this.#lost.catch((error) => this.#failure = error);
  }

  /** Memory for `size` elements, of arbitrary content. */
  allocate(size: number): Block {
    return this.#memory.allocate(4 * size);
  }
  /** Later orders may use the memory at once: they are carried out after those before. */
  release(block: Block): void {
    this.#memory.release(block);
  }
  /** Calls `use` with memory that is its own until it returns. */
  withScratch<T>(size: number, use: (scratch: View) => T): T {
    const block = this.allocate(size);
    try {
      return use({ block, offset: 0, size });
    } finally {
      this.release(block);
    }
  }

  /** Rows in spans whose bytes fit a binding. Throws a RangeError if not even one row does. */
  spans(rows: number, bytesPerRow: number): [from: number, to: number][] {
    let length = Math.floor(this.bindingLimit / bytesPerRow);
    if (length < 1) {
      throw new RangeError(
        `The GPU's kernels see at most ${this.bindingLimit} bytes of a tensor, but one step needs ${bytesPerRow}: ` +
          "use a smaller batch or fewer cells.",
      );
    }
    if (length > 64) length -= length % 64;
    return Array.from(
      { length: Math.ceil(rows / length) },
      (_, k) => [k * length, Math.min(rows, (k + 1) * length)],
    );
  }

  /** Binds tensors to a kernel; every call of the result is one dispatch. */
  prepare<T extends string, N extends string>(kernel: Kernel<T, N>, tensors: Record<T, View>): Dispatch<N> {
    const pipeline = this.#pipeline(kernel);
    const views = pipeline.tensors.map((name) => tensors[name as T]);
    const bindGroup = this.#bindGroup(kernel.name, pipeline, views);
    const starts = views.map(({ offset }) => offset % (alignment / 4));
    return (numbers, [x, y = 1, z = 1]) => {
      if (Math.max(x, y, z) > mostGroups) {
        throw new RangeError(`${kernel.name}: ${x} × ${y} × ${z} workgroups are more than WebGPU allows.`);
      }
      if (this.#dispatches >= this.#longestList) this.submit();
      const place = this.#dispatches++ * alignment;
      let at = place / 4;
      for (const start of starts) this.#unsigned[at++] = start;
      for (const [name, type] of pipeline.numbers) {
        (type === "f32" ? this.#floats : this.#unsigned)[at++] = numbers[name as N];
      }
      for (const { block } of views) block.usedIn = this.#submission;
      const pass = this.#computePass();
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, bindGroup, [place]);
      pass.dispatchWorkgroups(x, y, z);
    };
  }
  /** One dispatch. A tensor that is read may lie in the memory of one that is written. */
  run<T extends string, N extends string>(
    kernel: Kernel<T, N>,
    tensors: Record<T, View>,
    numbers: Record<N, number>,
    groups: Groups,
  ): void {
    const written = Object.keys(kernel.writes).map((name) => tensors[name as T].block);
    const shared = (Object.keys(kernel.reads) as T[]).find((name) => written.includes(tensors[name].block));
    if (!shared) return this.prepare(kernel, tensors)(numbers, groups);
    // WebGPU forbids a kernel to read a buffer through one binding and write it through another.
    this.withScratch(tensors[shared].size, (scratch) => {
      this.copy(tensors[shared], scratch);
      this.run(kernel, { ...tensors, [shared]: scratch }, numbers, groups);
    });
  }

  copy(from: View, to: View): void {
    if (from.block === to.block) {
      return this.withScratch(from.size, (scratch) => {
        this.copy(from, scratch);
        this.copy(scratch, to);
      });
    }
    this.#endPass();
    this.#commands().copyBufferToBuffer(
      from.block.buffer,
      4 * from.offset,
      to.block.buffer,
      4 * to.offset,
      4 * from.size,
    );
    from.block.usedIn = to.block.usedIn = this.#submission;
  }
  /** Writes from the host, after the orders before it. */
  upload(to: View, values: Float32Array | Int32Array): void {
    if (to.block.usedIn === this.#submission) this.submit();
    this.device.queue.writeBuffer(to.block.buffer, 4 * to.offset, values as BufferSource);
  }
  /** The content once the orders before it are done. Rejects if an order failed or the GPU was lost. Deno
   * looks every 10 ms whether a read is done, which is what a read costs at least. */
  async download(from: View): Promise<ArrayBuffer> {
    if (this.#closed) throw new Error("The webgpu engine is closed.");
    const staging = this.#staging.allocate(4 * from.size);
    this.copy(from, { block: staging, offset: 0, size: from.size });
    this.#longestList = Math.min(this.#longestList, this.#dispatches + afterRead);
    // Other reads of the same moment come along.
    await Promise.resolve();
    this.submit();
    const mapped = staging.buffer.mapAsync(GPUMapMode.READ, 0, 4 * from.size);
    await Promise.race([mapped.catch((error) => this.#explain(error)), this.#lost]);
    if (this.#failure) throw this.#failure;
    const content = staging.buffer.getMappedRange(0, 4 * from.size).slice(0);
    staging.buffer.unmap();
    this.#staging.release(staging);
    return content;
  }

  submit(): void {
    if (!this.#encoder) return;
    this.#endPass();
    const { queue } = this.device;
    if (this.#dispatches > 0) {
      queue.writeBuffer(this.#numbersBuffer, 0, this.#numbers, 0, this.#dispatches * alignment);
    }
    queue.submit([this.#encoder.finish()]);
    this.#encoder = undefined;
    this.#dispatches = 0;
    this.#longestList = longestList;
    this.#submission++;
  }
  async close(): Promise<void> {
    if (this.#closed) return;
    this.submit();
    this.#closed = true;
    // A lost GPU finishes nothing that one could wait for.
    await this.device.queue.onSubmittedWorkDone().catch(() => {});
    this.device.destroy();
  }

  /** A failed read says little; why the device was lost or which order was refused is told a moment later. */
  async #explain(error: Error): Promise<never> {
    await Promise.race([this.#lost, new Promise((resolve) => setTimeout(resolve, 200))]);
    throw this.#failure ?? error;
  }
  #commands(): GPUCommandEncoder {
    if (!this.#encoder) {
      this.#encoder = this.device.createCommandEncoder();
      // Whoever waits, for whatever it be, finds the GPU at work on all that was ordered before.
      queueMicrotask(() => this.submit());
    }
    return this.#encoder;
  }
  #computePass(): GPUComputePassEncoder {
    return this.#pass ??= this.#commands().beginComputePass();
  }
  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
  #pipeline(kernel: Kernel): Pipeline {
    const known = this.#pipelines.get(kernel.name);
    if (known) return known;
    const reads = Object.keys(kernel.reads), writes = Object.keys(kernel.writes);
    const buffers: GPUBufferBindingLayout[] = [
      ...reads.map(() => ({ type: "read-only-storage" as const })),
      ...writes.map(() => ({ type: "storage" as const })),
      { type: "uniform", hasDynamicOffset: true },
    ];
    const layout = this.device.createBindGroupLayout({
      entries: buffers.map((buffer, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer })),
    });
    const pipeline = {
      layout,
      pipeline: this.device.createComputePipeline({
        label: kernel.name,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: {
          module: this.device.createShaderModule({ label: kernel.name, code: moduleSource(kernel) }),
          entryPoint: "main",
        },
      }),
      tensors: [...reads, ...writes],
      numbers: Object.entries(kernel.numbers),
    };
    this.#pipelines.set(kernel.name, pipeline);
    return pipeline;
  }
  #bindGroup(name: string, { layout }: Pipeline, views: View[]): GPUBindGroup {
    const ranges = views.map(({ block, offset, size }) => {
      const start = offset - offset % (alignment / 4);
      return { block, start: 4 * start, bytes: 4 * Math.max(1, offset + size - start) };
    });
    const key = name + ranges.map(({ block, start, bytes }) => ` ${block.id}:${start}+${bytes}`).join("");
    const known = this.#bindGroups.get(key);
    if (known) return known;
    const most = ranges.reduce((most, { bytes }) => Math.max(most, bytes), 0);
    if (most > this.bindingLimit + alignment) {
      throw new RangeError(
        `${name}: the GPU's kernels see at most ${this.bindingLimit} bytes of a tensor, found one of ${most}.`,
      );
    }
    const resources: GPUBufferBinding[] = [
      ...ranges.map(({ block, start, bytes }) => ({ buffer: block.buffer, offset: start, size: bytes })),
      { buffer: this.#numbersBuffer, offset: 0, size: alignment },
    ];
    const bindGroup = this.device.createBindGroup({
      layout,
      entries: resources.map((resource, binding) => ({ binding, resource })),
    });
    if (this.#bindGroups.size >= largestBindGroupCache) this.#bindGroups.clear();
    this.#bindGroups.set(key, bindGroup);
    return bindGroup;
  }
}
