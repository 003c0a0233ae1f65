"""This machine's sgemm rate by NumPy, for the bench where there is neither a BLAS nor PyTorch (see process.ts)."""

import json
import sys
import time

import numpy as np

print(json.dumps({"ready": f"NumPy {np.__version__}"}), flush=True)
for line in sys.stdin:
    n = json.loads(line)["size"]
    a = b = np.random.default_rng(1).standard_normal((n, n), dtype=np.float32)
    out = a @ b
    start = time.perf_counter()
    np.matmul(a, b, out=out)
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
