/**
 * What an engine asks of a GPU, counted where it asks: at WebGPU's own methods. So it holds for a card, for a software adapter and
 * for no device at all, and nothing of it can differ from what is really sent.
 */

/** What has been ordered between two looks. */
export interface Orders {
  dispatches: number;
  /** Dispatches and copies that must wait for those before them, as they touch memory that these write, or write memory that
   * these read. WebGPU sees whole buffers, and as a pipeline barrier lets nothing pass, each begins a new row of what may run together. */
  barriers: number;
  passes: number;
  submits: number;
  /** Bytes that kernels are given, once for all steps of a time loop: what must pass through the GPU's memory at least. */
  boundBytes: number;
  /** From the GPU's memory to itself, from the host, and back. */
  copies: number;
  copiedBytes: number;
  uploads: number;
  uploadedBytes: number;
  reads: number;
  readBytes: number;
  /** Reads at whose end the GPU had nothing left to do: it stands still until the host has given new orders. */
  idleReads: number;
  /** Made, which takes time, and is to happen once. */
  pipelines: number;
  bindGroups: number;
  buffers: number;
  bufferBytes: number;
  /** By kernel. */
  kernels: Record<string, { dispatches: number; boundBytes: number }>;
}

function nothing(): Orders {
  return {
    dispatches: 0,
    barriers: 0,
    passes: 0,
    submits: 0,
    boundBytes: 0,
    copies: 0,
    copiedBytes: 0,
    uploads: 0,
    uploadedBytes: 0,
    reads: 0,
    readBytes: 0,
    idleReads: 0,
    pipelines: 0,
    bindGroups: 0,
    buffers: 0,
    bufferBytes: 0,
    kernels: {},
  };
}

/** The buffers of a bind group, and how many bytes of them a kernel is given. */
interface Bound {
  reads: GPUBuffer[];
  writes: GPUBuffer[];
  bytes: number;
}

/** Counts the orders given to a device from now on, to which they go as before. */
export class OrderCounter {
  #orders = nothing();
  readonly #layouts = new Map<GPUBindGroupLayout, GPUBindGroupLayoutEntry[]>();
  readonly #bound = new Map<GPUBindGroup, Bound>();
  readonly #labels = new Map<GPUComputePipeline, string>();
  /** Since the last barrier. */
  readonly #read = new Set<GPUBuffer>();
  readonly #written = new Set<GPUBuffer>();
  /** Submissions in all, and the one that brings a buffer's content. */
  #submission = 0;
  readonly #comesWith = new Map<GPUBuffer, number>();
  /** The bind groups of the last two dispatches: time loops take turns with two. */
  #last: (GPUBindGroup | undefined)[] = [];

  constructor(device: GPUDevice) {
    watch(device, "createBuffer", ([{ size }], buffer) => {
      this.#orders.buffers++;
      this.#orders.bufferBytes += size;
      this.#watchReads(buffer);
    });
    watch(
      device,
      "createBindGroupLayout",
      ([{ entries }], layout) => this.#layouts.set(layout, [...entries]),
    );
    watch(device, "createComputePipeline", ([{ label = "?" }], pipeline) => {
      this.#orders.pipelines++;
      this.#labels.set(pipeline, label);
    });
    watch(device, "createBindGroup", ([{ layout, entries }], group) => {
      this.#orders.bindGroups++;
      this.#bound.set(group, boundBy(this.#layouts.get(layout) ?? [], [...entries]));
    });
    watch(device, "createCommandEncoder", (_, encoder) => this.#watchEncoder(encoder));
    watch(device.queue, "submit", () => {
      this.#orders.submits++;
      this.#submission++;
    });
    watch(device.queue, "writeBuffer", ([, , data, , size]) => {
      this.#orders.uploads++;
      this.#orders.uploadedBytes += size ?? data.byteLength;
    });
  }

  /** The orders since the last call. */
  take(): Orders {
    const orders = this.#orders;
    this.#orders = nothing();
    return orders;
  }

  #watchReads(buffer: GPUBuffer): void {
    watch(buffer, "mapAsync", ([, , size = 0], mapped) => {
      const orders = this.#orders, last = this.#comesWith.get(buffer);
      orders.reads++;
      orders.readBytes += size;
      mapped.then(() => {
        if (this.#submission === last) orders.idleReads++;
      }, () => {});
    });
  }
  #watchEncoder(encoder: GPUCommandEncoder): void {
    watch(encoder, "copyBufferToBuffer", ([from, , to, , size]) => {
      this.#orders.copies++;
      this.#orders.copiedBytes += size;
      this.#comesWith.set(to, this.#submission + 1);
      this.#touch([from], [to]);
    });
    watch(encoder, "beginComputePass", (_, pass) => {
      this.#orders.passes++;
      this.#watchPass(pass);
    });
  }
  #watchPass(pass: GPUComputePassEncoder): void {
    let label = "?", group: GPUBindGroup | undefined;
    watch(pass, "setPipeline", ([pipeline]) => label = this.#labels.get(pipeline) ?? "?");
    watch(pass, "setBindGroup", (args) => group = args[1] as GPUBindGroup);
    watch(pass, "dispatchWorkgroups", () => {
      const { reads, writes, bytes } = this.#bound.get(group!)!;
      const isNew = !this.#last.includes(group);
      this.#last = [this.#last[1], group];
      const kernel = this.#orders.kernels[label] ??= { dispatches: 0, boundBytes: 0 };
      for (const count of [kernel, this.#orders]) {
        count.dispatches++;
        if (isNew) count.boundBytes += bytes;
      }
      this.#touch(reads, writes);
    });
  }
  #touch(reads: GPUBuffer[], writes: GPUBuffer[]): void {
    const isWaiting = reads.some((buffer) => this.#written.has(buffer)) ||
      writes.some((buffer) => this.#written.has(buffer) || this.#read.has(buffer));
    if (isWaiting) {
      this.#orders.barriers++;
      this.#read.clear();
      this.#written.clear();
    }
    for (const buffer of reads) this.#read.add(buffer);
    for (const buffer of writes) this.#written.add(buffer);
  }
}

function boundBy(layout: GPUBindGroupLayoutEntry[], entries: GPUBindGroupEntry[]): Bound {
  const bound: Bound = { reads: [], writes: [], bytes: 0 };
  for (const { binding, resource } of entries) {
    const type = layout.find((entry) => entry.binding === binding)?.buffer?.type;
    const { buffer, size = 0 } = resource as GPUBufferBinding;
    if (type === "uniform") continue;
    bound[type === "storage" ? "writes" : "reads"].push(buffer);
    bound.bytes += size;
  }
  return bound;
}

type Method = (...args: never[]) => unknown;
/** Calls `seen` with the arguments and the result of every call of a method. */
function watch<T, Name extends keyof T>(
  object: T,
  name: Name,
  seen: T[Name] extends Method ? (args: Parameters<T[Name]>, result: ReturnType<T[Name]>) => void : never,
): void {
  const method = (object[name] as Method).bind(object) as (...args: unknown[]) => unknown;
  const see = seen as unknown as (args: unknown[], result: unknown) => void;
  const watched = (...args: unknown[]) => {
    const result = method(...args);
    see(args, result);
    return result;
  };
  object[name] = watched as T[Name];
}
