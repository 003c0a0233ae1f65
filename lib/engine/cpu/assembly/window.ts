// The soft window of one sequence at one time step (Section 5.1). `parameters` and their derivatives are rows [3K].
import { exp, load4, madd, splat, store4, sum } from "./vector";

/** `windowStep` for `rows` sequences; texts are rows [U] of `characters`, as long as `lengths` says. */
export function windowSteps(
  rows: i32, K: i32, A: i32, U: i32, parameters: usize, before: usize, characters: usize, lengths: usize, window: usize,
): void {
  for (let r = 0; r < rows; r++) {
    windowStep(K, A, load<i32>(lengths), parameters, before, characters, window);
    parameters += usize(3 * K) << 2; before += usize(3 * K) << 2; window += usize(A) << 2;
    characters += usize(U) << 2; lengths += 4;
  }
}
/** `windowStepBackward` for `rows` sequences. */
export function windowStepsBackward(
  rows: i32, K: i32, A: i32, U: i32, parameters: usize, bias: usize, characters: usize, lengths: usize,
  dWindow: usize, dKappa: usize, dParameters: usize,
): void {
  for (let r = 0; r < rows; r++) {
    windowStepBackward(K, A, load<i32>(lengths), parameters, bias, characters, dWindow, dKappa, dParameters);
    parameters += usize(3 * K) << 2; dParameters += usize(3 * K) << 2; dWindow += usize(A) << 2;
    dKappa += usize(K) << 2; characters += usize(U) << 2; lengths += 4;
  }
}

/** Eqs. 46, 47, 49–51. `parameters` holds (α̂, β̂, κ̂) and receives (α, β, κ); `window` [A] receives w_t. */
function windowStep(K: i32, A: i32, U: i32, parameters: usize, before: usize, characters: usize, window: usize): void {
  const block = usize(K) << 2;
  for (let k = 0; k < K; k += 4) {
    const n = K - k, alpha = parameters + (usize(k) << 2), kappaBefore = before + 2 * block + (usize(k) << 2);
    store4(alpha, exp(load4(alpha, n)), n); // Eq. 49
    store4(alpha + block, exp(load4(alpha + block, n)), n); // Eq. 50
    store4(alpha + 2 * block, f32x4.add(load4(kappaBefore, n), exp(load4(alpha + 2 * block, n))), n); // Eq. 51
  }
  memory.fill(window, 0, usize(A) << 2);
  for (let u = 1; u <= U; u++) {
    const character = load<i32>(characters + (usize(u - 1) << 2));
    if (<u32>character >= <u32>A) continue;
    const position = splat(<f32>u);
    let phi = splat(0);
    for (let k = 0; k < K; k += 4) { // Eq. 46; lanes past K have α = 0
      const n = K - k, p = parameters + (usize(k) << 2);
      const distance = f32x4.sub(load4(p + 2 * block, n), position);
      const exponent = f32x4.mul(load4(p + block, n), f32x4.mul(distance, distance));
      phi = madd(load4(p, n), exp(f32x4.neg(exponent)), phi);
    }
    const w = window + (usize(character) << 2);
    store<f32>(w, load<f32>(w) + sum(phi)); // Eq. 47
  }
}

/**
 * Eqs. 56–60. `dParameters` holds κ̂ − b_κ̂ in its third block and receives ∂L/∂(α̂, β̂, κ̂); `dWindow` is ∂L/∂w_t [A];
 * `dKappa` [K] brings ∂L/∂κ_{t+1} and takes away ∂L/∂κ_t.
 */
function windowStepBackward(
  K: i32, A: i32, U: i32, parameters: usize, bias: usize, characters: usize, dWindow: usize, dKappa: usize, dParameters: usize,
): void {
  const block = usize(K) << 2;
  for (let k = 0; k < K; k += 4) {
    const n = K - k, q = usize(k) << 2;
    const alpha = load4(parameters + q, n), beta = load4(parameters + block + q, n), kappa = load4(parameters + 2 * block + q, n);
    let total = splat(0), squares = splat(0), distances = splat(0);
    for (let u = 1; u <= U; u++) {
      const character = load<i32>(characters + (usize(u - 1) << 2));
      if (<u32>character >= <u32>A) continue;
      const distance = f32x4.sub(kappa, splat(<f32>u));
      const square = f32x4.mul(distance, distance);
      const phi = f32x4.mul(alpha, exp(f32x4.neg(f32x4.mul(beta, square))));
      const epsilon = f32x4.mul(phi, v128.load32_splat(dWindow + (usize(character) << 2))); // Eq. 56
      total = f32x4.add(total, epsilon);
      squares = madd(epsilon, square, squares);
      distances = f32x4.sub(distances, f32x4.mul(epsilon, distance));
    }
    const d = dParameters + q;
    const kappaStep = exp(f32x4.add(load4(d + 2 * block, n), load4(bias + 2 * block + q, n)));
    const dk = madd(f32x4.mul(splat(2), beta), distances, load4(dKappa + q, n)); // Eq. 59
    store4(dKappa + q, dk, n);
    store4(d, total, n); // Eq. 57
    store4(d + block, f32x4.neg(f32x4.mul(beta, squares)), n); // Eq. 58
    store4(d + 2 * block, f32x4.mul(kappaStep, dk), n); // Eq. 60
  }
}
