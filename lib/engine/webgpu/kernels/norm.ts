/** Scaling by a norm that the host need not know. */
import { kernel } from "../kernel.ts";
import type { DeviceTensor } from "../memory.ts";
import type { Runtime } from "../runtime.ts";
import { reductions } from "./functions.ts";

const normKernel = kernel({
  name: "scale by norm",
  reads: { y: "f32" },
  writes: { x: "f32" },
  numbers: { size: "u32", sizeY: "u32", power: "f32" },
  declarations: reductions(256),
  body: `
    // In units of the largest element no square overflows.
    var most = 0.0;
    for (var i = thread; i < p.sizeY; i += 256u) { most = max(most, abs(y[p.y + i])); }
    most = largestOfThreads(most, thread);
    var sum = 0.0;
    for (var i = thread; i < p.sizeY; i += 256u) {
      let share = y[p.y + i] / most;
      sum += share * share;
    }
    sum = sumOverThreads(sum, thread);
    if (most == 0.0) { return; }
    let factor = pow(most * sqrt(sum), p.power);
    for (var i = 256u * group.x + thread; i < p.size; i += 256u * groups.x) { x[p.x + i] *= factor; }`,
});

/** x *= ‖y‖^power where ‖y‖ is not 0. Every workgroup adds up all of `y`, which is quick where one of the two is small. */
export function scaleByNorm(runtime: Runtime, x: DeviceTensor, y: DeviceTensor, power: number): void {
  for (const [from, to] of runtime.spans(x.size, 4)) {
    const size = to - from, numbers = { size, sizeY: y.size, power };
    runtime.run(normKernel, { x: x.part(from, size), y }, numbers, [Math.min(256, Math.ceil(size / 256))]);
  }
}
