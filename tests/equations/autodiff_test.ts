/** The paper's derivative equations against tfjs' derivatives of its forward equations, in float32. */
import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { clipDerivative } from "../../lib/engine/tfjs/equations/clip_derivative.ts";
import { mixtureDerivatives, softmaxDerivatives, softWindowDerivatives } from "../../lib/equations/mod.ts";
import { lstmStep } from "../../lib/engine/tfjs/equations/lstm.ts";
import { mixtureLoss, squaredErrors } from "../../lib/engine/tfjs/equations/mixture_density.ts";
import {
  oneHotText,
  windowParameters,
  windowVector,
  windowWeights,
} from "../../lib/engine/tfjs/equations/soft_window.ts";
import { softmaxErrors, softmaxLoss } from "../../lib/engine/tfjs/equations/softmax.ts";
import { Random } from "../../lib/random.ts";
import { assertClose } from "../engine/close.ts";

const tolerance = 1e-5;

/** Float32 numbers, so that both sides start alike. */
const gaussians = (n: number, random: Random) =>
  Float64Array.from({ length: n }, () => Math.fround(random.gaussian()));
const row = (values: ArrayLike<number>) => tf.tensor2d(Float32Array.from(values), [1, values.length]);

Deno.test("Eqs. 12–14: loss, error and derivatives equal tfjs'", () => {
  const random = new Random(1, "softmax autodiff");
  for (const C of [2, 49]) {
    const outputs = gaussians(C, random), target = random.integer(C), derivatives = new Float64Array(C);
    const { loss, error } = softmaxDerivatives(outputs, target, derivatives);
    const targets = tf.tensor1d([target], "int32");
    const { value, grad } = tf.valueAndGrad((y) => softmaxLoss(y as tf.Tensor2D, targets).sum())(
      row(outputs),
    );
    assertClose(value.dataSync(), [loss], tolerance, "loss");
    assertClose(grad.dataSync(), derivatives, tolerance, "∂L/∂ŷ");
    assertEquals(softmaxErrors(row(outputs), targets).dataSync()[0], error);
  }
});

Deno.test("Eqs. 18–37: loss, squared error and derivatives equal tfjs'", () => {
  const random = new Random(2, "mixture autodiff");
  for (const M of [1, 3, 20]) {
    const outputs = gaussians(6 * M + 1, random), derivatives = new Float64Array(6 * M + 1);
    const point = [...gaussians(2, random), M % 2];
    const { loss, squaredError } = mixtureDerivatives(outputs, point, derivatives);
    const { value, grad } = tf.valueAndGrad((y) => mixtureLoss(y as tf.Tensor2D, row(point)).sum())(
      row(outputs),
    );
    assertClose(value.dataSync(), [loss], tolerance, "loss");
    assertClose(grad.dataSync(), derivatives, tolerance, "∂L/∂ŷ");
    assertClose(squaredErrors(row(outputs), row(point)).dataSync(), [squaredError], tolerance, "SSE");
  }
});

Deno.test("Eqs. 46–60: derivatives of the soft window equal tfjs'", () => {
  const random = new Random(3, "window autodiff");
  const K = 4, A = 5, text = [3, 0, 9, 4, -1, 1];
  const hats = gaussians(3 * K, random), kappaBefore = gaussians(K, random), dWindow = gaussians(A, random);
  const dKappaNext = gaussians(K, random);

  const characters = tf.tensor2d([...text, 2], [1, 7], "int32"); // one more than the text is long
  const oneHot = oneHotText(characters, tf.tensor1d([text.length], "int32"), A);
  // The window's own loss, and the derivative that comes back from κ_{t+1}.
  const lossOf = (hats: tf.Tensor) => {
    const parameters = windowParameters(hats as tf.Tensor2D, row(kappaBefore));
    const window = windowVector(windowWeights(parameters, 7), oneHot);
    return window.mul(row(dWindow)).sum().add(parameters.kappa.mul(row(dKappaNext)).sum());
  };
  const expected = tf.grad(lossOf)(row(hats)).dataSync();

  const parameters = hats.map(Math.exp), kappaStep = parameters.slice(2 * K);
  for (let k = 0; k < K; k++) parameters[2 * K + k] += kappaBefore[k];
  const derivatives = new Float64Array(3 * K);
  softWindowDerivatives(parameters, kappaStep, text, dWindow, dKappaNext, derivatives);
  assertClose(expected, derivatives, tolerance, "∂L/∂(α̂, β̂, κ̂)");
});

Deno.test("the derivative clipping leaves values alone and clips what comes back, at every step", () => {
  const x = tf.tensor1d([-3, 0.5, 2]), weights = tf.tensor1d([10, -0.25, -7]);
  const { value, grad } = tf.valueAndGrad((x) => clipDerivative(x, 1).mul(weights).sum())(x);
  assertAlmostEquals(value.dataSync()[0], -44.125, 1e-5);
  assertEquals([...grad.dataSync()], [1, -0.25, -1]);

  // Three steps of one cell that only remembers: its input gate's derivative reaches step 1 through the cell, which
  // is not clipped, and is clipped there itself.
  const weightsOf = { recurrent: tf.zeros([1, 4]), peepholes: tf.zeros([3, 1]) };
  const derivatives = (clip: number) =>
    tf.grad((input) => {
      let state = { hidden: tf.zeros([1, 1]), cell: tf.zeros([1, 1]) };
      for (const x of tf.unstack(input)) state = lstmStep(x, state, weightsOf, clip);
      return state.cell.sum().mul(100);
    })(tf.tensor3d([0, 4, 1, 0, 0, 4, 1, 0, 0, 4, 1, 0], [3, 1, 4])).dataSync();
  const free = derivatives(Infinity), clipped = derivatives(0.5);
  assertClose(clipped, free.map((d) => Math.max(-0.5, Math.min(0.5, d))), 1e-6, "clipped");
  assertClose([free[0]], [100 * Math.tanh(1) / 4 / (1 + Math.exp(-4)) ** 2], 1e-6, "free");
});
