/**
 * The engine on TensorFlow itself: the tfjs engine on the backend of `@tensorflow/tfjs-node`, its LSTM layers
 * through TensorFlow's LSTM block operations (`block_lstm.ts`). `deno task engine:tensorflow` sets it up;
 * nothing of it is loaded before the engine is opened.
 */
import { basename } from "node:path";
import * as tf from "@tensorflow/tfjs";
import type { Lstm, LstmBackward, WindowLstm } from "../engine.ts";
import { TfjsEngine } from "../tfjs/mod.ts";
import { stateOf, weightsOf } from "../tfjs/layers.ts";
import { of } from "../tfjs/tensors.ts";
import { type TensorflowBackend, useTensorflowBackend } from "./backend.ts";
import { blockLstm, blockLstmBackward, blockStep, joinedWeights } from "./block_lstm.ts";
import { lackOfDriver } from "./installed.ts";

/**
 * Opens the engine, on the GPU if TensorFlow finds one; with `device: "CUDA"` only there. All of tfjs moves
 * over to TensorFlow's backend. Throws, with what to do, if it is not set up, does not start or finds no such
 * device.
 */
export async function openTensorflowEngine({ device }: { device?: "CUDA" } = {}): Promise<TfjsEngine> {
  const { backend, library } = await useTensorflowBackend();
  const { TF_Version, device: name } = backend.binding, cuda = backend.binding.isUsingGpuDevice();
  if (device && !cuda) {
    const lack = lackOfDriver();
    throw new Error(
      `The TensorFlow in ${library} finds no CUDA device: ` +
        (lack
          ? `${lack}. Install the driver.`
          : "NVIDIA's driver is here, so it is a build without CUDA, or too new for the driver. " +
            "`deno task engine:tensorflow --gpu --from pypi` fetches one for CUDA 12."),
    );
  }
  const where = `${cuda ? "CUDA device " : ""}${name.replace(/^.*device:/, "")}`;
  return new TensorflowEngine(
    backend,
    `TensorFlow ${TF_Version}, ${where}, LSTM block operations, ${basename(library)}`,
  );
}

class TensorflowEngine extends TfjsEngine {
  /** For single steps (sampling): joining the weights would cost more than the step. */
  readonly #plain = new TfjsEngine("tensorflow", "plain operations");

  constructor(readonly backend: TensorflowBackend, description: string) {
    super("tensorflow", description, blockStep(backend));
  }

  override lstmForward(layer: Lstm): void {
    if (layer.gates.shape[0] === 1) return this.#plain.lstmForward(layer);
    const { gates, hidden, cell } = tf.tidy(() => {
      const { recurrent, peepholes } = weightsOf(layer);
      const input = of(layer.gates).get();
      return blockLstm(this.backend, input, stateOf(layer), joinedWeights(recurrent), peepholes);
    });
    of(layer.gates).set(() => gates);
    of(this.rows(layer.hidden, 1, layer.hidden.shape[0])).set(() => hidden);
    of(this.rows(layer.cell, 1, layer.cell.shape[0])).set(() => cell);
    tf.dispose([gates, hidden, cell]);
  }
  override lstmBackward(layer: Lstm, { dHidden, dPeepholes, clip }: LstmBackward): void {
    const { dGates, dPeepholes: dP } = tf.tidy(() => {
      const forward = { gates: of(layer.gates).get(), cell: of(layer.cell).get() };
      return blockLstmBackward(this.backend, forward, of(dHidden).get(), weightsOf(layer), clip);
    });
    of(layer.gates).set(() => dGates);
    of(dPeepholes).set(() => of(dPeepholes).get().add(dP));
    tf.dispose([dGates, dP]);
  }
  override windowLstmForward(layer: WindowLstm): void {
    if (layer.gates.shape[0] === 1) this.#plain.windowLstmForward(layer);
    else super.windowLstmForward(layer);
  }
}
