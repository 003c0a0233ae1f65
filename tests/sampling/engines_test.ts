/** The tensorflow engine's turn is in tests/engine/tensorflow_test.ts: tfjs has one backend in a process. */
import { type EngineName, openEngine } from "../../lib/engine/mod.ts";
import { findAdapter } from "../../lib/engine/webgpu/mod.ts";
import { assertSameStrokes } from "./same_strokes.ts";

const engines: { name: EngineName; missing?: string }[] = [
  { name: "cpu" },
  { name: "tfjs" },
  { name: "webgpu", missing: await findAdapter() ? undefined : "no WebGPU adapter here" },
];

for (const { name, missing } of engines) {
  Deno.test({
    name: `${name}: one seed gives the strokes of the float64 engine${missing ? ` (${missing})` : ""}`,
    ignore: missing !== undefined,
    fn: () => assertSameStrokes(() => openEngine(name, { threads: 1 })),
  });
}
