/**
 * TensorFlow.js as this library imports it: `@tensorflow/tfjs` in deno.json. npm's package of that name is three times
 * as large; besides these parts it brings a WebGL backend, a converter and a data loader.
 */
import * as core from "@tensorflow/tfjs-core";
import type {} from "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import "@tensorflow/tfjs-backend-cpu";
// The core's own bundle registers no derivatives; the one of the layers registers those of all operations.
import "@tensorflow/tfjs-layers";

export * from "@tensorflow/tfjs-core";

core.enableProdMode(); // no advice about other packages on the console

/** The operations that are used as methods of a tensor; the core declares them and leaves it to that package to add them. */
const methods = (
  "abs add argMax cast clipByValue cosh div equal exp expandDims gather greater greaterEqual less log logSumExp " +
  "logicalAnd matMul max maximum min mul neg notEqual reciprocal reshape sigmoid slice softplus split sqrt square " +
  "squeeze sub sum tanh tile unstack"
).split(" ");
const operations = core as unknown as Record<string, (...operands: unknown[]) => unknown>;
const prototype = core.Tensor.prototype as unknown as Record<string, unknown>;
for (const name of methods) {
  prototype[name] = function (this: core.Tensor, ...rest: unknown[]) {
    return operations[name](this, ...rest);
  };
}
