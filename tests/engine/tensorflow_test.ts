import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { useTensorflowBackend } from "../../lib/engine/tensorflow/backend.ts";
import { blockLstm, blockLstmBackward, joinedWeights } from "../../lib/engine/tensorflow/block_lstm.ts";
import { findInstallation, NotInstalledError } from "../../lib/engine/tensorflow/installed.ts";
import { openTensorflowEngine } from "../../lib/engine/tensorflow/mod.ts";
import { lstmLayer } from "../../lib/engine/tfjs/layers.ts";
import { lstmStep } from "../../lib/engine/tfjs/equations/lstm.ts";
import { Network } from "../../lib/network/network.ts";
import { goldenCases, weightsOf } from "../reference/golden.ts";
import { assertClose } from "./close.ts";
import { assertSameStrokes } from "../sampling/same_strokes.ts";
import { paritySuite } from "./parity.ts";

const missing = await findInstallation().then(() => "", (error: Error) => error.message);
if (missing) Deno.test({ name: `tensorflow: ${missing}`, ignore: true, fn() {} });
else {
  paritySuite("tensorflow", openTensorflowEngine, 1e-4);
  Deno.test(
    "tensorflow: block operations have the derivatives of the plain step, clipped at each step",
    blockOperations,
  );
  Deno.test(
    "tensorflow: one seed gives the strokes of the float64 engine",
    () => assertSameStrokes(openTensorflowEngine),
  );
  Deno.test("tensorflow: steps leave no tensor behind", leaveNoTensor);
  Deno.test("tensorflow: opens after the drivers that WebGPU has loaded", openAfterDrivers);
  Deno.test("tensorflow: an operation that fails says so in TensorFlow's words", failingOperation);
}

async function blockOperations() {
  const { backend } = await useTensorflowBackend();
  const [T, B, H] = [6, 3, 5];
  const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, "float32", seed);
  const input = random([T, B, 4 * H], 1), dHidden = random([T, B, H], 2);
  const start = { hidden: random([B, H], 3), cell: random([B, H], 4) };
  const weights = { recurrent: random([H, 4 * H], 5), peepholes: random([3, H], 6) };

  const { gates, hidden, cell } = blockLstm(
    backend,
    input,
    start,
    joinedWeights(weights.recurrent),
    weights.peepholes,
  );
  const plain = lstmLayer(input, start, weights, Infinity, lstmStep);
  assertClose(gates.dataSync(), plain.gates.dataSync(), 1e-6, "gates");
  assertClose(hidden.dataSync(), plain.hidden.dataSync(), 1e-6, "hidden");
  assertClose(cell.dataSync(), plain.cell.dataSync(), 1e-6, "cell");

  const cells = tf.concat([start.cell.expandDims(0), cell]);
  const gradientOfFirstStep: number[] = [];
  for (const clip of [Infinity, 0.1]) {
    const found = blockLstmBackward(backend, { gates, cell: cells }, dHidden, weights, clip);
    const gradient = tf.grads((input, peepholes) =>
      lstmLayer(input, start, { ...weights, peepholes }, clip, lstmStep).hidden
    );
    const [dGates, dPeepholes] = gradient([input, weights.peepholes], dHidden);
    assertClose(found.dGates.dataSync(), dGates.dataSync(), 1e-5, `clip ${clip}: gates`);
    assertClose(found.dPeepholes.dataSync(), dPeepholes.dataSync(), 1e-5, `clip ${clip}: peepholes`);
    const limited = tf.clipByValue(found.dGates, -0.1, 0.1);
    gradientOfFirstStep.push(limited.slice([0], [1]).abs().sum().dataSync()[0]);
  }
  // Clipping only at the end would give the first step the same derivatives.
  const [late, each] = gradientOfFirstStep;
  assert(Math.abs(late - each) > 0.01 * late, `clipping does not matter here: ${late} and ${each}`);
}

async function leaveNoTensor() {
  const engine = await openTensorflowEngine();
  const { backend } = await useTensorflowBackend();
  const { config, weights, batch } = goldenCases.find(({ name }) => name === "synthesis, 3 layers, ragged")!;
  const network = new Network(engine, config, weightsOf(config, weights));
  const counts: number[] = [];
  for (let step = 0; step < 3; step++) {
    await network.lossAndGradient(batch);
    counts.push(backend.binding.getNumOfTensors());
  }
  assertEquals(counts, [counts[0], counts[0], counts[0]]);
  await engine.close();
}

/** In a process of its own, since in this one the drivers may have come first or not. */
async function openAfterDrivers() {
  const url = (path: string) => JSON.stringify(new URL(`../../lib/engine/${path}`, import.meta.url).href);
  const code = `const { findAdapter } = await import(${url("webgpu/mod.ts")});
    await findAdapter();
    const { openTensorflowEngine } = await import(${url("tensorflow/mod.ts")});
    const engine = await openTensorflowEngine();
    console.log([...await engine.read(engine.tensor([2], [1, 2]))].join());`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "1,2", new TextDecoder().decode(stderr));
}

async function failingOperation() {
  const { backend } = await useTensorflowBackend();
  assertThrows(() => backend.binding.executeOp("Abacus", [], [], 1), Error, "'Abacus'");
  const x = tf.zeros([2, 3]);
  assertThrows(
    () => backend.executeMultipleOutputs("MatMul", [], [x, x], 1),
    Error,
    "TensorFlow failed (MatMul",
  );
}

Deno.test("tensorflow: a library that is not where the user says is an error, not a reason to take another", async () => {
  const before = Deno.env.get("GRAVES_LIBTENSORFLOW");
  Deno.env.set("GRAVES_LIBTENSORFLOW", "/no/such/libtensorflow.so.2");
  try {
    await assertRejects(() => findInstallation(), NotInstalledError, "/no/such/libtensorflow.so.2");
  } finally {
    if (before === undefined) Deno.env.delete("GRAVES_LIBTENSORFLOW");
    else Deno.env.set("GRAVES_LIBTENSORFLOW", before);
  }
});

Deno.test({
  name: "tensorflow: the library is looked for in the virtual environment that deno task lab installs into",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const environment = await Deno.makeTempDir();
    try {
      const library = join(environment, "libtensorflow_cc.so.2");
      await Deno.writeTextFile(library, "");
      await Deno.mkdir(join(environment, "bin"));
      const python = `#!/bin/sh\necho ${environment}\n`;
      await Deno.writeTextFile(join(environment, "bin", "python"), python, { mode: 0o755 });
      const url = (path: string) => JSON.stringify(new URL(`../../lib/${path}`, import.meta.url).href);
      const code = `const { findLibrary } = await import(${url("engine/tensorflow/installed.ts")});
        const { virtualEnvironment } = await import(${url("python.ts")});
        console.log(JSON.stringify([virtualEnvironment, await findLibrary()]));`;
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", code],
        env: { VIRTUAL_ENV: environment, GRAVES_LIBTENSORFLOW: "" },
      }).output();
      const found = new TextDecoder().decode(stdout);
      assert(found, new TextDecoder().decode(stderr));
      assertEquals(JSON.parse(found), [environment, library]);
    } finally {
      await Deno.remove(environment, { recursive: true });
    }
  },
});
