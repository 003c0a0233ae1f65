// The kernels of the cpu engine. Each computes a rank's share; pointers are byte addresses in the shared memory.
export * from "./elementwise";
export { gemmWorkBytes, gemv, gemvTransposed, packB, sgemm, sgemmPacked } from "./gemm";
export * from "./losses";
export * from "./lstm";
export * from "./noise";
export * from "./optimisers";
export * from "./window";
