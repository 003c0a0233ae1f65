"""This machine's sgemm rate by NumPy, for the bench where there is neither a BLAS nor PyTorch."""

import time

import numpy as np

from protocol import serve


def sgemm(size):
    a = b = np.random.default_rng(1).standard_normal((size, size), dtype=np.float32)
    out = a @ b
    start = time.perf_counter()
    np.matmul(a, b, out=out)
    return {"seconds": time.perf_counter() - start}


serve(f"NumPy {np.__version__}", sgemm=sgemm)
