/**
 * What an engine must be able to compute. The networks (`lib/network/passes.ts`) and the trainer are written
 * once against this interface; `float64.ts` is its plain, readable definition and every other engine is held
 * against it.
 *
 * Conventions
 * - Tensors are row-major float32 (or int32) blocks that live on the engine. A sequence tensor is time-major:
 *   `[T, B, n]`; where an operation speaks of `N` rows, leading axes are flattened (`N = T·B`).
 * - Gates are packed along the last axis as four blocks of `H` columns: input `i` | forget `f` | cell input
 *   `z` (the tanh of Eq. 9) | output `o`. Peepholes are `[3, H]`: `W_ci`, `W_cf`, `W_co`.
 * - Calls are orders: they may return before the work is done, are carried out in the order given, and write
 *   into tensors that the caller allocated. Only `read` and the other promises wait. Freed memory may be
 *   reused by later orders at once.
 * - Losses are sums over a sequence, in nats, never means: derivative clipping depends on it.
 */
export interface Tensor {
  readonly shape: readonly number[];
  /** The number of elements. */
  readonly size: number;
  readonly type: "float32" | "int32";
}

/** What `read` gives: float32, or float64 from the float64 engine. */
export type Values = Float32Array | Float64Array;

/** An LSTM layer over a whole sequence (Eqs. 7–11). */
export interface Lstm {
  /** `[T, B, 4H]`. Before `lstmForward`: the part of the pre-activations that does not depend on `h_{t-1}`
   * (inputs and bias). After it: the activations i, f, z, o. After `lstmBackward`: the clipped derivatives
   * of the loss with respect to the pre-activations. */
  gates: Tensor;
  /** `[H, 4H]` */
  recurrent: Tensor;
  /** `[3, H]` */
  peepholes: Tensor;
  /** `[T+1, B, H]`; row 0 holds `h_0`, row t holds `h_t`. */
  hidden: Tensor;
  /** `[T+1, B, H]`; row 0 holds `c_0`. */
  cell: Tensor;
}

/** The first layer of the synthesis network: an LSTM with the soft window in its recurrence (Eqs. 46–52). */
export interface WindowLstm extends Lstm {
  /** `W_wh1` `[A, 4H]`: window vector `w_{t-1}` to gates. */
  windowInput: Tensor;
  /** `W_h1p` `[H, 3K]`: hidden to window parameters, three blocks of K columns: α̂ | β̂ | κ̂ (Eq. 48). */
  windowWeights: Tensor;
  /** `b_p` `[3K]` */
  windowBias: Tensor;
  /** int32 `[B, U]`: the text as indices into the alphabet; a value outside 0..A-1 adds nothing to the
   * window. */
  characters: Tensor;
  /** int32 `[B]`: number of characters in each text, ≤ U. */
  textLengths: Tensor;
  /** `[T+1, B, A]`: `w_t` (Eq. 47); row 0 holds `w_0`. */
  window: Tensor;
  /** `[T+1, B, 3K]`: α | β | κ (Eqs. 49–51); of row 0 only κ_0 is read. */
  windowParameters: Tensor;
}

export interface LstmBackward {
  /** `[T, B, H]`: ∂L/∂h_t from everything except this layer's own recurrence. Not changed. */
  dHidden: Tensor;
  /** `[3, H]`: the peepholes' gradient is added to it. */
  dPeepholes: Tensor;
  /** Derivatives with respect to the pre-activations are clipped to [−clip, clip] at every time step, before
   * they flow on (Section 2.1). `Infinity`: no clipping. */
  clip: number;
}

export interface WindowLstmBackward extends LstmBackward {
  /** `[T, B, A]`: ∂L/∂w_t from the layers above. The recurrence's part is added to it. */
  dWindow: Tensor;
  /** `[T, B, 3K]`: receives ∂L/∂(α̂, β̂, κ̂)_t (Eqs. 57, 58, 60). */
  dWindowParameters: Tensor;
}

export interface SoftmaxLoss {
  /** `[N, C]`: ŷ. Replaced by ∂L/∂ŷ (Eq. 14); rows with no target become zero. */
  outputs: Tensor;
  /** int32 `[N]`: the class that came next; −1 where there is none (padding). */
  targets: Tensor;
  /** `[N]`: receives −ln Pr(target) (Eq. 13), 0 where there is none. */
  losses: Tensor;
  /** `[N]`: receives 1 where the most probable class (the first of equals) is not the target, else 0. */
  errors: Tensor;
}

export interface MixtureLoss {
  /** `[N, 6M + 1]`: ŷ, in blocks ê (1) | π̂ (M) | μ̂₁ (M) | μ̂₂ (M) | σ̂₁ (M) | σ̂₂ (M) | ρ̂ (M) (Eq. 17).
   * Replaced by ∂L/∂ŷ (Eqs. 27–37), clipped to [−clip, clip]; rows of padding become zero. */
  outputs: Tensor;
  /** `[N, 3]`: the point that came next: Δx, Δy, end of stroke (0 or 1). */
  targets: Tensor;
  /** int32 `[N]`: 1 for a real point, 0 for padding. */
  mask: Tensor;
  /** `[N]`: receives the loss in nats (Eq. 26). */
  losses: Tensor;
  /** `[N]`: receives the squared distance between (Δx, Δy) and the mixture's mean Σ π^j μ^j. */
  squaredErrors: Tensor;
  clip: number;
}

/** In what matrices are multiplied: `bfloat16` rounds the factors, and sums the products in float32. */
export const precisions = ["float32", "bfloat16"] as const;
export type Precision = typeof precisions[number];

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  /** Add to `out` instead of replacing it. */
  accumulate?: boolean;
  /** In float32, although the engine multiplies in a lower precision. */
  precise?: boolean;
}

/** Every optimiser multiplies the gradient by `scale` first (1/B makes a sum over B sequences their mean). */
export interface SgdOptions {
  rate: number;
  momentum: number;
  scale: number;
}
/** Eqs. 38–45: aleph = ℵ, beth = ℶ, gimel = ℷ, daleth = ℸ. */
export interface RmspropOptions {
  aleph: number;
  beth: number;
  gimel: number;
  daleth: number;
  scale: number;
}
/** Kingma & Ba 2015; `update` counts from 1. */
export interface AdamOptions {
  rate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  update: number;
  scale: number;
}
/** Graves 2011. `scale` = 1/B turns the gradient summed over a batch into the mean one of a sequence,
 * `sequences` is the size N of the training set, among whose sequences the KL term is shared out. */
export interface AdaptiveNoiseOptions {
  priorMean: number;
  priorVariance: number;
  sequences: number;
  scale: number;
}

/** Which elements are dropped, as `dropoutMask` in `lib/random.ts` says: a share `rate` of them, drawn anew
 * for every `seed` and `stream`. */
export interface DropoutOptions {
  rate: number;
  seed: number;
  stream: number;
}

export interface Engine {
  readonly name: string;
  /** One line for people: device, threads, libraries. */
  readonly description: string;

  /** A new float32 tensor, zero where no values are given. Throws if there are too many or too few. */
  tensor(shape: readonly number[], values?: ArrayLike<number>): Tensor;
  /** A new float32 tensor of arbitrary content, for what is written before it is read. */
  empty(shape: readonly number[]): Tensor;
  /** A new int32 tensor. */
  integers(shape: readonly number[], values: ArrayLike<number>): Tensor;
  /** Rows `from` to `to` (exclusive) of the first axis, sharing memory with `tensor`; not to be freed. */
  rows(tensor: Tensor, from: number, to: number): Tensor;
  write(tensor: Tensor, values: ArrayLike<number>): void;
  /** The values, once all orders before it are done. Rejects if one of them failed. */
  read(tensor: Tensor): Promise<Values>;
  free(...tensors: Tensor[]): void;
  /** Bytes taken by tensors that are not freed. */
  readonly bytes: number;
  close(): Promise<void>;

  fill(tensor: Tensor, value: number): void;
  copy(from: Tensor, to: Tensor): void;
  /** y += alpha · x */
  axpy(alpha: number, x: Tensor, y: Tensor): void;
  /** x *= ‖y‖^power, the root of the sum of y's squares, where that is not 0. Only engines have it that are so far from the
   * host that to read ‖y‖ would let them stand still. */
  scaleByNorm?(x: Tensor, y: Tensor, power: number): void;

  /** out = op(a) op(b), with 2-D views `[N, K]` × `[K, M]` (leading axes flattened). */
  matmul(a: Tensor, b: Tensor, out: Tensor, options?: MatmulOptions): void;
  /** `out` `[N, M]` = bias `[M]` + Σ x W over pairs of x `[N, K]` and weights `[K, M]` (leading axes
   * flattened): what enters the units of a layer. */
  affine(out: Tensor, bias: Tensor, terms: readonly (readonly [x: Tensor, weights: Tensor])[]): void;
  /** `out[M]` += the sum of the rows of `x` `[N, M]`: a bias's gradient. */
  addColumnSums(x: Tensor, out: Tensor): void;
  /** Row n of `out` `[N, M]` += row `ids[n]` of `table` `[C, M]`; −1 adds nothing. A one-hot input's
   * product. */
  addLookup(table: Tensor, ids: Tensor, out: Tensor): void;
  /** Row `ids[n]` of `dTable` += row n of `dOut`: the look-up's gradient. */
  addLookupGradient(dOut: Tensor, ids: Tensor, dTable: Tensor): void;

  lstmForward(layer: Lstm): void;
  lstmBackward(layer: Lstm, backward: LstmBackward): void;
  windowLstmForward(layer: WindowLstm): void;
  windowLstmBackward(layer: WindowLstm, backward: WindowLstmBackward): void;

  softmaxLoss(loss: SoftmaxLoss): void;
  mixtureLoss(loss: MixtureLoss): void;

  sgd(weights: Tensor, gradient: Tensor, velocity: Tensor, options: SgdOptions): void;
  rmsprop(
    weights: Tensor,
    gradient: Tensor,
    n: Tensor,
    g: Tensor,
    delta: Tensor,
    options: RmspropOptions,
  ): void;
  adam(weights: Tensor, gradient: Tensor, m: Tensor, v: Tensor, options: AdamOptions): void;

  /** out = mean + exp(logVariance / 2) · ε, ε ~ N(0, 1) from `gaussianNoise(seed, stream)` in
   * `lib/random.ts`. With a number for `logVariance` all weights share it (fixed weight noise). */
  addNoise(mean: Tensor, logVariance: Tensor | number, out: Tensor, seed: number, stream: number): void;
  /** Every element of `x` is set to zero or divided by 1 − rate: the activations of a layer, and, by the same
   * mask, their derivatives (Srivastava et al. 2014). Throws unless 0 ≤ rate < 1. */
  dropout(x: Tensor, options: DropoutOptions): void;

  /** Turns the gradient with respect to the noisy weights into the gradients of the description length:
   * `gradient` becomes ∂/∂μ, `dLogVariance` receives ∂/∂ log σ² = σ² (B ḡ²/2 + (1/σ_α² − 1/σ²)/2N), per
   * training sequence. The curvature is the mean square of the gradients of single sequences. A batch gives
   * their mean ḡ alone, whose square is 1/B of that where they are independent, so it counts B times. */
  adaptiveNoiseGradient(
    mean: Tensor,
    logVariance: Tensor,
    gradient: Tensor,
    dLogVariance: Tensor,
    options: AdaptiveNoiseOptions,
  ): void;
  /** Sums for the prior's optimum and the KL term: Σμ, Σμ², Σσ², Σ log σ². */
  adaptiveNoiseSums(
    mean: Tensor,
    logVariance: Tensor,
  ): Promise<{ mean: number; meanSquare: number; variance: number; logVariance: number }>;
}
