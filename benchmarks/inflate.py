"""Inflate a .gz with isal and discard the result: `python -m benchmarks.inflate PATH`. Imports nothing else."""

from __future__ import annotations

import json
import sys
import time

from isal import igzip

_BLOCK = 1 << 20


def inflate(path: str) -> dict[str, float]:
    """seconds: how long inflating takes. bytes: the inflated size."""
    size, buffer = 0, bytearray(_BLOCK)
    began = time.perf_counter()
    with igzip.open(path, "rb") as packed:
        while read := packed.readinto(buffer):
            size += read
    return {"seconds": time.perf_counter() - began, "bytes": size}


if __name__ == "__main__":
    print(json.dumps(inflate(sys.argv[1])))
