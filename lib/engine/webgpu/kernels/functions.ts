/** WGSL functions that several kernels share. */

/** σ and tanh, safe for arguments of any size: WGSL allows exp and tanh to overflow to anything. */
export const squashing = `
  fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(min(-x, 80.0))); }
  fn hyperbolicTangent(x: f32) -> f32 {
    let decay = exp(max(-2.0 * abs(x), -80.0));
    return sign(x) * (1.0 - decay) / (1.0 + decay);
  }`;

/** Sum and maximum over the threads of a workgroup; every thread must call them and gets the result. */
export const reductions = (threads: number) => `
  var<workgroup> shares: array<f32, ${threads}>;
  fn sumOverThreads(value: f32, thread: u32) -> f32 {
    workgroupBarrier();
    shares[thread] = value;
    for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (thread < half) { shares[thread] += shares[thread + half]; }
    }
    workgroupBarrier();
    return shares[0];
  }
  fn largestOfThreads(value: f32, thread: u32) -> f32 {
    workgroupBarrier();
    shares[thread] = value;
    for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (thread < half) { shares[thread] = max(shares[thread], shares[thread + half]); }
    }
    workgroupBarrier();
    return shares[0];
  }`;

/** The largest float32: what Infinity becomes, which WGSL does not promise to honour. */
export const largestFloat = 3.4028234663852886e38;
