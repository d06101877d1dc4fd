"""What this machine is worth, so that figures of two machines can be compared."""

from __future__ import annotations

import os
import tempfile
import time
from statistics import median

#: Rounds of each yardstick; the middle one counts.
ROUNDS = 31


def told() -> str:
    """Cores, how long a million additions in Python take, 100,000 calls of the kernel, and the disk to flush a page."""
    return (
        f"this machine: {os.cpu_count()} cores; a million additions in Python {additions() * 1e3:.0f} ms;"
        f" 100,000 reads and writes of a pipe {pipe() * 1e3:.0f} ms;"
        f" one flushed write of 4 kB {flush() * 1e3:.2f} ms"
    )


def additions() -> float:
    """Seconds."""

    def once() -> float:
        began = time.perf_counter()
        total = 0
        for number in range(1_000_000):
            total += number
        return time.perf_counter() - began

    return median(once() for _ in range(7))


def pipe() -> float:
    """Seconds."""
    reader, writer = os.pipe()

    def once() -> float:
        began = time.perf_counter()
        for _ in range(50_000):
            os.write(writer, b"x")
            os.read(reader, 1)
        return time.perf_counter() - began

    try:
        return median(once() for _ in range(5))
    finally:
        os.close(reader)
        os.close(writer)


def flush() -> float:
    """Seconds."""

    def once(file: int) -> float:
        began = time.perf_counter()
        os.write(file, b"x" * 4096)
        os.fsync(file)
        return time.perf_counter() - began

    with tempfile.NamedTemporaryFile(prefix="oncall-bench-") as file:
        return median(once(file.fileno()) for _ in range(ROUNDS))
