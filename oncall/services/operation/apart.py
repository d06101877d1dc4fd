"""Long computations in a process of their own, so that no page waits for them: JSON in, JSON out."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import grouping
from oncall.errors import Unavailable

#: A process that takes longer hangs, and is ended.
TIMEOUT_SECONDS = 180.0


async def compute(module: str, asked: bytes) -> bytes:
    """What `python -m MODULE` answers.

    Raises:
        Unavailable: it failed, or took too long.
    """
    here = str(Path(grouping.__file__).parent.parent)  # the same release as this process
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": here},
    )
    try:
        out, errors = await asyncio.wait_for(process.communicate(asked), TIMEOUT_SECONDS)
    except TimeoutError:
        raise Unavailable(f"{module} took too long", "Ask for fewer days, or look at the machine's load.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable(f"{module} failed: {' '.join(last)}", "Run it once more; if it stays so, it is a bug.")
    return out
