"""`oncall demo`: watch the main job happen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

import oncall
from notifiers.http import Answer, Http, NotCarriedOut, NoTelling
from oncall.clock import SystemClock
from oncall.demo.alertmanager import DemoAlertmanager
from oncall.demo.outage import OUTAGE

#: The key of the example company's Alertmanager; it opens nothing else.
EXAMPLE_KEY = "demo-key-for-trying-out"
LOCAL = "http://127.0.0.1:8080"
#: Seconds an engine of our own has to come up.
PATIENCE = 60.0


@click.command()
@click.option("--url", help=f"Where the engine listens; {LOCAL} if one runs there, else one is started.")
@click.option("--own", is_flag=True, help="Start an engine of the demo's own even if another runs.")
@click.option("--key", default=EXAMPLE_KEY, show_default=True, help="The integration's key.")
@click.option("--speed", default=1.0, show_default=True, help="2 plays twice as fast.")
@click.option("--json", "as_json", is_flag=True, help="Print what was posted as JSON lines.")
@click.option("--once", is_flag=True, help="End when the outage is over, also an engine of the demo's own.")
def demo(url: str | None, key: str, speed: float, *, own: bool, as_json: bool, once: bool) -> None:
    """Replay an outage of several services at a running engine.

    Where none runs, one of the example company is started for it: with a phone and a Slack workspace in the browser,
    without any account, and with a database that is gone afterwards. Open both, and answer.
    """
    if speed <= 0:
        raise click.BadParameter("give a number above 0", param_hint="--speed")
    if own and url:
        raise click.BadParameter("an engine of its own has an address of its own: leave --url out", param_hint="--own")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_demo(url.rstrip("/") if url else "", key, speed, own=own, as_json=as_json, once=once))


async def _demo(url: str, key: str, speed: float, *, own: bool, as_json: bool, once: bool) -> None:
    http = Http(allow_private=True)
    try:
        if url or (not own and await _lives(http, LOCAL)):
            await _play(http, url or LOCAL, key, speed, as_json=as_json)
            return
        async with own_engine("kim", quiet=as_json) as own_one:
            await _play(http, own_one.url, key, speed, as_json=as_json)
            if not once:
                click.echo("The engine goes on, so look around and answer. Ctrl-C ends it.", err=True)
                await asyncio.Event().wait()
    finally:
        await http.close()


async def _play(http: Http, url: str, key: str, speed: float, *, as_json: bool) -> None:
    clock, sender = SystemClock(), DemoAlertmanager()
    begun = clock.now()
    never = asyncio.Event()
    if not as_json:
        click.echo(f"The phone is at {url}/phone; the incidents at {url}/incidents.")
    for beat in OUTAGE:
        passed = (clock.now() - begun).total_seconds()
        if beat.at / speed > passed:
            await clock.wait(never, beat.at / speed - passed)
        for body in sender.post(beat.reports, clock.now()):
            answer = await _post(http, f"{url}/api/v1/alertmanager/{key}", body)
            if answer.status >= 300:
                raise click.ClickException(f"{url} answered {answer.status}; is the key right? (--key)")
        if as_json:
            names = [f"{report.service}: {report.name}" for report in beat.reports]
            click.echo(msgspec.json.encode({"at": beat.at, "posted": names}).decode())
        else:
            click.echo(f"{beat.at / speed:5.1f} s  {beat.told}")


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """An engine of the example company that runs in a process of its own."""

    url: str
    #: Signs in once whoever it was started for.
    sign_in: str
    company: Path
    #: With these, other commands work on its data.
    environment: Mapping[str, str]


@contextlib.asynccontextmanager
async def own_engine(person: str, *, quiet: bool) -> AsyncIterator[OwnEngine]:
    """An engine of the example company, until the block ends; its database is thrown away.

    Raises:
        click.ClickException: It did not start.
    """
    company, port = _example_company(), _free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="oncall-demo-") as data:
        own = {"ONCALL_LISTEN": f"127.0.0.1:{port}", "ONCALL_DATA_DIR": data, "ONCALL_LOG_LEVEL": "warning"}
        environment = {**os.environ, **own}
        command = (
            "-m",
            "oncall",
            "serve",
            "--config",
            str(company),
            "--sign-in",
            person,
            "--standins",
            "--example-past",
        )
        engine = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment, stdout=asyncio.subprocess.PIPE
        )
        assert engine.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE):
                link = await _started(engine.stdout, quiet=quiet)
            telling = asyncio.create_task(_tell(engine.stdout))
            yield OwnEngine(url, link, company, environment)
            telling.cancel()
        except TimeoutError as error:
            raise click.ClickException(f"the engine did not start within {PATIENCE:.0f} s") from error
        finally:
            if engine.returncode is None:
                engine.terminate()
            await engine.wait()


async def _started(said: asyncio.StreamReader, *, quiet: bool) -> str:
    """Hand on what the engine says until it works; the link to sign in is the last of it, and is given back."""
    while line := (await said.readline()).decode():
        click.echo(line, nl=False, err=quiet)
        if line.startswith("Sign in once"):
            return line.split()[-1]
    raise click.ClickException("the engine did not start; the lines above say why")


async def _tell(said: asyncio.StreamReader) -> None:
    while line := (await said.readline()).decode():
        click.echo(line, nl=False, err=True)


def _free_port() -> int:
    """The usual port if nobody has it, else any."""
    for wanted in (8080, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", wanted))
            return int(probe.getsockname()[1])
    raise click.ClickException("this machine has no free port")


def _example_company() -> Path:
    """The example company, in a checkout or in what was installed."""
    package = Path(oncall.__file__).parent
    for place in (package.parent / "examples" / "company", package / "examples" / "company"):
        if place.is_dir():
            return place
    raise click.ClickException("the example company is not here; start an engine yourself and name it with --url")


async def _lives(http: Http, url: str) -> bool:
    try:
        return (await http.request("GET", f"{url}/readyz", timeout_seconds=2, headers={})).status == 200
    except (NotCarriedOut, NoTelling):
        return False


async def _post(http: Http, address: str, body: bytes) -> Answer:
    try:
        return await http.request(
            "POST", address, timeout_seconds=10, headers={"Content-Type": "application/json"}, body=body
        )
    except (NotCarriedOut, NoTelling) as error:
        raise click.ClickException(f"no engine answers there: {error}. Start one with: make run (--url)") from error
