import { openCpuEngine } from "../../lib/engine/cpu/mod.ts";
import { paritySuite } from "./parity.ts";

paritySuite("cpu, 1 thread, no BLAS", () => openCpuEngine({ threads: 1, blas: false }), 1e-4);
// More threads than some batches have sequences, and BLAS where the system has one.
paritySuite("cpu, 3 threads", () => openCpuEngine({ threads: 3 }), 1e-4);
