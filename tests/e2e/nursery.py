"""Nodes that start quickly: a process that has imported the engine forks one for each start.

Most of what a start costs is reading modules, which a test of many deaths need not wait for. What is forked is the real
`oncall serve` from there on, with a process of its own to be killed.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncall.cli.main import main

ROOT = Path(__file__).parents[2]


class Nursery:
    """The process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
        )

    def born(self, arguments: list[str], log: Path, environment: dict[str, str]) -> int:
        """The number of a new process that runs `oncall` with these arguments."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"arguments": arguments, "log": str(log), "environment": environment}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it; what it forked lives on."""
        self._process.communicate()


@dataclass
class Forked:
    """One `oncall`, with its output in a file."""

    nursery: Nursery
    arguments: list[str]
    log: Path
    environment: dict[str, str]
    _pid: int = 0

    async def start(self) -> None:
        self._pid = await asyncio.to_thread(self.nursery.born, self.arguments, self.log, self.environment)

    @property
    def ended(self) -> bool:
        """Whether it stopped by itself."""
        return self._pid != 0 and not self._runs()

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        if self._runs():
            os.kill(self._pid, how)
        async with asyncio.timeout(20):
            while self._runs():  # noqa: ASYNC110 - it is another's child
                await asyncio.sleep(0.01)
        self._pid = 0

    def _runs(self) -> bool:
        if not self._pid:
            return False
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True


def _fork_on_demand() -> None:
    importlib.import_module("oncall.cli.serve")
    # Nobody asks how they ended, and none of them stays behind as a zombie.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _live(asked: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for output in (1, 2):
        os.dup2(log, output)
    os.environ.update(asked["environment"])
    main(asked["arguments"])


if __name__ == "__main__":
    _fork_on_demand()
