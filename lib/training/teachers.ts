/** Distillation (Hinton et al. 2015): the target of a training is in part what trained networks predict. */
import { isDeepStrictEqual } from "node:util";
import type { Alphabet } from "../data/mod.ts";
import type { Engine, Tensor } from "../engine/mod.ts";
import { type Batch, Network, type State } from "../network/network.ts";
import type { TeacherRecord, WeightsFile } from "../weights/mod.ts";

/** A network whose predictions are a part of the target. */
export interface Teacher {
  file: WeightsFile;
  /** Of the target; what the teachers' shares leave belongs to the symbol that came. */
  share: number;
}

export const recordOf = ({ file, share }: Teacher): TeacherRecord => ({
  experiment: file.provenance.experiment,
  checksum: file.checksum,
  share,
});

/** Throws if a teacher reads other symbols than the pupil, or if the shares are none. */
export function checkTeachers(teachers: Teacher[], alphabet: Alphabet | undefined): void {
  for (const { file: { provenance: { experiment, network }, alphabet: own } } of teachers) {
    if (network.domain.kind !== "symbols" || !isDeepStrictEqual(own?.symbols, alphabet?.symbols)) {
      throw new Error(
        `The weights of '${experiment}' cannot teach this network: they do not predict the same symbols.`,
      );
    }
  }
  const all = teachers.reduce((sum, { share }) => sum + share, 0);
  if (!(all <= 1 + 1e-9) || teachers.some(({ share }) => !(share > 0))) {
    throw new Error(
      `The teachers' shares are ${
        teachers.map(({ share }) => share).join(" + ")
      }: expected positive numbers ` +
        "of at most 1 together.",
    );
  }
}

/** Networks that read the pupil's batches beside it. */
export class Teachers {
  readonly #all: { network: Network; state?: State; share: number }[];

  /** Where text goes on from batch to batch, `size` is the number of sequences side by side. */
  constructor(readonly engine: Engine, teachers: Teacher[], size?: number) {
    this.#all = teachers.map(({ file, share }) => {
      const network = new Network(engine, file.provenance.network, file.weights);
      return { network, state: size === undefined ? undefined : network.zeroState(size), share };
    });
  }

  /**
   * Turns the pupil's ∂L/∂ŷ = y − t of a batch (Eq. 14), t being one-hot, into that for the target
   * (1 − Σ s_k) t + Σ s_k q_k: each teacher's own derivative q_k − t times its share s_k is taken away.
   */
  teach(batch: Batch, dOutputs: Tensor): void {
    for (const { network, state, share } of this.#all) {
      // The orders are given before it returns; an engine that fails says so again in the pupil's next read.
      const onDerivatives = (own: Tensor) => this.engine.axpy(-share, own, dOutputs);
      network.loss(batch, { state, onDerivatives }).catch(() => {});
    }
  }

  clearState(): void {
    for (const { network, state } of this.#all) if (state) network.clearState(state);
  }

  /** What they carry from batch to batch, by names that a checkpoint keeps. */
  memory(): Record<string, Tensor> {
    const memory: Record<string, Tensor> = {};
    this.#all.forEach(({ state }, k) => {
      state?.hidden.forEach((tensor, n) => memory[`teacher ${k + 1} h_${n + 1}`] = tensor);
      state?.cell.forEach((tensor, n) => memory[`teacher ${k + 1} c_${n + 1}`] = tensor);
    });
    return memory;
  }

  free(): void {
    for (const { network, state } of this.#all) {
      if (state) network.freeState(state);
      network.free();
    }
  }
}
