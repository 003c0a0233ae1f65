import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openOwnThreadEngine, withOwnMemory } from "../../lib/engine/cpu/own_thread.ts";
import { openEngine } from "../../lib/engine/mod.ts";
import { assertSameStrokes } from "../sampling/same_strokes.ts";
import { paritySuite } from "./parity.ts";

const kernels = await Deno.readFile(new URL("../../lib/engine/cpu/kernels.wasm", import.meta.url));
const open = () => openOwnThreadEngine(kernels);

paritySuite("cpu, on the thread that opens it", open, 1e-4);

Deno.test("cpu on its own thread: one seed gives the strokes of the float64 engine", () =>
  assertSameStrokes(open));

Deno.test("cpu on its own thread: a product is that of one Worker to the bit", async () => {
  const product = async (engine: Awaited<ReturnType<typeof open>>) => {
    const values = (n: number) => Float32Array.from({ length: n }, (_, k) => Math.sin(k));
    const out = engine.empty([9, 37]);
    engine.matmul(engine.tensor([9, 50], values(450)), engine.tensor([50, 37], values(1850)), out);
    const result = await engine.read(out);
    await engine.close();
    return result;
  };
  assertEquals(
    await product(await open()),
    await product(await openEngine("cpu", { threads: 1, blas: false })),
  );
});

Deno.test("cpu on its own thread: who reads is told of an order that failed, and of a closed engine", async () => {
  const engine = await open();
  const out = engine.tensor([1, 2]);
  engine.addLookup(engine.tensor([2, 2]), engine.integers([1], [5]), out);
  await assertRejects(() => engine.read(out), Error, "found 5");
  assertThrows(() => engine.fill(out, 1), Error, "The cpu engine has stopped");
  const closed = await open(), tensor = closed.tensor([1]);
  await closed.close();
  await assertRejects(() => closed.read(tensor), Error, "closed");
});

Deno.test("kernels with a memory of their own: one flag is changed, other modules are refused", () => {
  const own = withOwnMemory(kernels);
  assertEquals(own.filter((byte, k) => byte !== kernels[k]).length, 1);
  new WebAssembly.Module(own);
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  assertThrows(() => withOwnMemory(empty), Error, "whose one import is a memory");
});
