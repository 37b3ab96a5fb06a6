"""1024x1024 f32 product with the OpenBLAS inside numpy; threads by OPENBLAS_NUM_THREADS. Prints {"peer", "threads", "gflops"}, median of 20."""
import json
import os
import statistics
import time

try:
    import numpy
except ImportError:
    print(json.dumps({"missing": "python3 has no numpy"}))
    raise SystemExit

blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
n = 1024
random = numpy.random.default_rng(1)
a = random.standard_normal((n, n), dtype=numpy.float32)
b = random.standard_normal((n, n), dtype=numpy.float32)
out = numpy.empty((n, n), dtype=numpy.float32)
times = []
for _ in range(25):
    began = time.perf_counter()
    numpy.matmul(a, b, out=out)
    times.append(time.perf_counter() - began)
print(
    json.dumps(
        {
            "peer": f"{blas['name']} {blas['version']} (numpy {numpy.__version__})",
            "threads": int(os.environ.get("OPENBLAS_NUM_THREADS", os.cpu_count())),
            "gflops": 2 * n**3 / statistics.median(times[5:]) / 1e9,
        }
    )
)
