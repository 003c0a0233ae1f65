/**
 * What tfjs-node's backend asks of its native addon (`dist/tfjs_binding.d.ts` there), over the C API of any
 * libtensorflow. The addon is built for TensorFlow 2.9; this runs on the one that is installed, and needs no
 * compiler.
 */
import { cApi } from "./c_api.ts";

export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}
export interface OpAttribute {
  name: string;
  /** One of the binding's `TF_ATTR_…`. */
  type: number;
  value: boolean | number | string | number[];
}
type TypedArray = Float32Array | Int32Array | BigInt64Array | Uint8Array;
type Library = Deno.DynamicLibrary<typeof cApi>["symbols"];

export class TensorflowBinding {
  readonly TF_FLOAT = 1;
  readonly TF_INT32 = 3;
  readonly TF_UINT8 = 4;
  readonly TF_STRING = 7;
  readonly TF_COMPLEX64 = 8;
  readonly TF_INT64 = 9;
  readonly TF_BOOL = 10;
  readonly TF_RESOURCE = 20;
  readonly TF_ATTR_STRING = 0;
  readonly TF_ATTR_INT = 1;
  readonly TF_ATTR_FLOAT = 2;
  readonly TF_ATTR_BOOL = 3;
  readonly TF_ATTR_TYPE = 4;
  readonly TF_ATTR_SHAPE = 5;
  /** As in "2.21.0". */
  readonly TF_Version: string;
  /** TensorFlow's name of the device that computes: the last GPU it lists, as in the addon, or the CPU. */
  readonly device: string;

  readonly #tf: Library;
  readonly #status: Deno.PointerValue;
  readonly #context: Deno.PointerValue;
  readonly #handles = new Map<number, Deno.PointerValue>();
  readonly #texts = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #results = new BigUint64Array(64);
  #isGpu = false;
  #nextId = 0;

  /** Opens the libtensorflow at `path` and starts it. Throws if it is no such library or cannot start. */
  constructor(path: string) {
    this.#tf = Deno.dlopen(path, cApi).symbols;
    this.TF_Version = read(this.#tf.TF_Version());
    this.#status = this.#tf.TF_NewStatus();
    const options = this.#tf.TFE_NewContextOptions();
    this.#context = this.#tf.TFE_NewContext(options, this.#status);
    this.#tf.TFE_DeleteContextOptions(options);
    this.#check("start");
    this.device = this.#chooseDevice();
  }

  isUsingGpuDevice(): boolean {
    return this.#isGpu;
  }
  getNumOfTensors(): number {
    return this.#handles.size;
  }

  createTensor(shape: number[], type: number, values: TypedArray): number {
    if (!ArrayBuffer.isView(values)) throw new Error("The TensorFlow binding takes numbers only, not texts.");
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const tensor = this.#tf.TF_AllocateTensor(type, int64s(shape), shape.length, BigInt(bytes.length));
    const data = this.#tf.TF_TensorData(tensor);
    if (data) new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(data, bytes.length)).set(bytes);
    let handle = this.#tf.TFE_NewTensorHandle(tensor, this.#status);
    this.#tf.TF_DeleteTensor(tensor);
    this.#check("make a tensor");
    // GPU kernels want whole numbers (shapes, axes) in the host's memory.
    if (this.#isGpu && type !== this.TF_INT32 && type !== this.TF_INT64) {
      const host = handle;
      handle = this.#tf.TFE_TensorHandleCopyToDevice(
        host,
        this.#context,
        this.#text(this.device),
        this.#status,
      );
      this.#tf.TFE_DeleteTensorHandle(host);
      this.#check("copy a tensor to the GPU");
    }
    return this.#add(handle);
  }
  deleteTensor(id: number): void {
    this.#tf.TFE_DeleteTensorHandle(this.#handle(id));
    this.#handles.delete(id);
  }
  tensorDataSync(id: number): TypedArray {
    const handle = this.#handle(id);
    const tensor = this.#tf.TFE_TensorHandleResolve(handle, this.#status);
    this.#check("read a tensor");
    const size = Number(this.#tf.TF_TensorByteSize(tensor));
    const data = this.#tf.TF_TensorData(tensor);
    const bytes = data ? Deno.UnsafePointerView.getArrayBuffer(data, size).slice(0) : new ArrayBuffer(0);
    this.#tf.TF_DeleteTensor(tensor);
    const type = this.#tf.TFE_TensorHandleDataType(handle);
    if (type === this.TF_FLOAT) return new Float32Array(bytes);
    if (type === this.TF_INT32) return new Int32Array(bytes);
    if (type === this.TF_BOOL) return new Uint8Array(bytes);
    throw new Error(`The TensorFlow binding cannot read tensors of type ${type}.`);
  }

  /** Runs one TensorFlow operation. Throws with TensorFlow's own message. */
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorMetadata[] {
    const op = this.#tf.TFE_NewOp(this.#context, this.#text(name), this.#status);
    this.#check(name);
    try {
      for (const id of inputs) {
        this.#tf.TFE_OpAddInput(op, this.#handle(id), this.#status);
        this.#check(name);
      }
      for (const attribute of attributes) this.#setAttribute(op, attribute);
      const count = Int32Array.of(outputs);
      this.#tf.TFE_Execute(op, this.#results, count, this.#status);
      this.#check(name);
      return Array.from(
        { length: count[0] },
        (_, k) => this.#metadata(Deno.UnsafePointer.create(this.#results[k])),
      );
    } finally {
      this.#tf.TFE_DeleteOp(op);
    }
  }

  #setAttribute(op: Deno.PointerValue, { name, type, value }: OpAttribute): void {
    const tf = this.#tf, key = this.#text(name);
    if (type === this.TF_ATTR_TYPE) tf.TFE_OpSetAttrType(op, key, value as number);
    else if (type === this.TF_ATTR_BOOL) tf.TFE_OpSetAttrBool(op, key, value ? 1 : 0);
    else if (type === this.TF_ATTR_FLOAT) tf.TFE_OpSetAttrFloat(op, key, value as number);
    else if (type === this.TF_ATTR_SHAPE) {
      const shape = value as number[];
      tf.TFE_OpSetAttrShape(op, key, int64s(shape), shape.length, this.#status);
    } else if (type === this.TF_ATTR_STRING) {
      const bytes = new TextEncoder().encode(value as string);
      tf.TFE_OpSetAttrString(op, key, bytes, BigInt(bytes.length));
    } else if (type === this.TF_ATTR_INT && Array.isArray(value)) {
      tf.TFE_OpSetAttrIntList(op, key, int64s(value), value.length);
    } else if (type === this.TF_ATTR_INT) tf.TFE_OpSetAttrInt(op, key, BigInt(value as number));
    else throw new Error(`The TensorFlow binding knows no attributes of type ${type} (${name}).`);
  }
  #metadata(handle: Deno.PointerValue): TensorMetadata {
    const rank = this.#tf.TFE_TensorHandleNumDims(handle, this.#status);
    const shape = Array.from(
      { length: rank },
      (_, k) => Number(this.#tf.TFE_TensorHandleDim(handle, k, this.#status)),
    );
    return { id: this.#add(handle), shape, dtype: this.#tf.TFE_TensorHandleDataType(handle) };
  }
  #chooseDevice(): string {
    const list = this.#tf.TFE_ContextListDevices(this.#context, this.#status);
    this.#check("list its devices");
    let device = "";
    for (let k = 0; k < this.#tf.TF_DeviceListCount(list); k++) {
      const type = read(this.#tf.TF_DeviceListType(list, k, this.#status));
      if (type !== "GPU" && (type !== "CPU" || this.#isGpu)) continue;
      this.#isGpu = type === "GPU";
      device = read(this.#tf.TF_DeviceListName(list, k, this.#status));
    }
    this.#tf.TF_DeleteDeviceList(list);
    return device;
  }
  #add(handle: Deno.PointerValue): number {
    this.#handles.set(this.#nextId, handle);
    return this.#nextId++;
  }
  #handle(id: number): Deno.PointerValue {
    const handle = this.#handles.get(id);
    if (!handle) throw new Error(`TensorFlow has no tensor ${id}: it was deleted, or never made.`);
    return handle;
  }
  /** A C string; those of operations, attributes and devices are few and used again and again. */
  #text(text: string): Uint8Array<ArrayBuffer> {
    let bytes = this.#texts.get(text);
    if (!bytes) this.#texts.set(text, bytes = new TextEncoder().encode(`${text}\0`));
    return bytes;
  }
  #check(what: string): void {
    const code = this.#tf.TF_GetCode(this.#status);
    if (code !== 0) {
      throw new Error(
        `TensorFlow failed (${what}, code ${code}): ${read(this.#tf.TF_Message(this.#status))}`,
      );
    }
  }
}

function read(text: Deno.PointerValue): string {
  return text ? new Deno.UnsafePointerView(text).getCString() : "";
}
function int64s(values: number[]): BigInt64Array<ArrayBuffer> {
  return BigInt64Array.from(values, BigInt);
}
