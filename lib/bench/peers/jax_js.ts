/** jax-js, for the bench: matrix products only. It has no loop that can be differentiated (`scan`), so that a
 * sequence of 700 steps would have to be unrolled into one program of some 50,000 operations. */
import { serve } from "../process.ts";

/** Only this process fetches it, into Deno's own cache: as a variable it is no dependency of the project. */
const library = "npm:@jax-js/jax@0.1.25";

await serve(async () => {
  const { defaultDevice, init, jit, numpy } = await import(library);
  await init("wasm");
  defaultDevice("wasm");
  const product = jit(numpy.matmul);
  const matrix = (rows: number, columns: number) =>
    numpy.array(new Float32Array(rows * columns).fill(0.5)).reshape([rows, columns]);
  return {
    ready: "jax-js, wasm",
    handlers: {
      product: async ({ m, k, n }: { m: number; k: number; n: number }) => {
        const a = matrix(m, k), b = matrix(k, n);
        await product(a.ref, b.ref).data();
        const start = performance.now();
        await product(a, b).data();
        return { seconds: (performance.now() - start) / 1000 };
      },
    },
  };
});
