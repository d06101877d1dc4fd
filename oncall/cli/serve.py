"""`oncall serve`: one node, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import click
import structlog
from aiohttp import web

from notifiers.channels import BY_NAME
from oncall import wiring
from oncall.cli.loading import config_option, load_or_exit
from oncall.cli.seat import Seat
from oncall.clock import SystemClock
from oncall.config import Loaded
from oncall.engine import Engine
from oncall.errors import OncallError
from oncall.jobs import periodic
from oncall.jobs.calendar_watch import CalendarWatch
from oncall.jobs.clock_watch import ClockWatch
from oncall.jobs.loop import Loop
from oncall.logging import configure
from oncall.services.catalog import sources as catalog_sources
from oncall.services.operation import succession
from oncall.services.operation.reload import BadDirectory, reload
from oncall.services.people import access, preferences
from oncall.services.rotations import calendars as rotations
from oncall.services.slack import doors as slack_doors
from oncall.store import migrations
from oncall.web.app import create_app

log = structlog.get_logger(__name__)

#: How long a node that has never read some calendar waits for it before it pages, in seconds.
FIRST_READING = 10.0
#: How long requests under way may take when the node stops, in seconds.
GRACE = 10.0
#: How long a thread that is ready waits for the interpreter while the loop is busy, in seconds. Every commit comes back
#: through a thread, so Python's own 5 ms would be added to each answer under load.
SWITCH = 0.0005
#: Objects made before the collector looks at the youngest; Python's own 700 are made by a single request.
YOUNG = 10_000
#: Seconds after which caches, templates and statements are there, too, and stay as long as what was loaded.
WARM = 120.0


@click.command()
@config_option
@click.option("--sign-in", "person", metavar="PERSON", help="Print a one-time sign-in link for this person.")
@click.option(
    "--standins",
    is_flag=True,
    help="For trying out: without an account of Slack, show its messages in a workspace on this machine.",
)
@click.option(
    "--example-past",
    is_flag=True,
    help="For trying out the example company: begin with two months of its alerts, if none were learned from yet.",
)
def serve(directory: Path, person: str | None, *, standins: bool, example_past: bool) -> None:
    """Run the engine: take alerts, page people, serve the views.

    SIGHUP reads the configuration again; SIGTERM and Ctrl-C stop. The database is brought up to date at the start.
    """
    loaded = load_or_exit(directory)
    configure(loaded.settings.log_level, loaded.settings.log_format)
    sys.setswitchinterval(SWITCH)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            runner.run(_serve(loaded, directory, person, standins=standins, example_past=example_past))
        except (OSError, OncallError) as error:
            raise click.ClickException(str(error)) from error


async def _serve(loaded: Loaded, directory: Path, person: str | None, *, standins: bool, example_past: bool) -> None:
    async with contextlib.AsyncExitStack() as stack:
        adapted: Callable[[Loaded], Loaded] | None = None
        if standins and not BY_NAME["slack"].configured(loaded.settings.channels):
            from oncall.demo import neighbours  # noqa: PLC0415 - for trying out alone, as below

            assert loaded.directory is not None
            local = neighbours.local_slack(loaded.directory, f"http://{loaded.settings.listen}")
            slack = await stack.enter_async_context(local)
            click.echo(f"Slack stands in on this machine: {slack.url.removesuffix('/api')}/")
            adapted = functools.partial(neighbours.joined, slack=slack)
            loaded = adapted(loaded)
        await _serve_with(loaded, directory, person, adapted, example_past=example_past)


async def _serve_with(
    loaded: Loaded,
    directory: Path,
    person: str | None,
    adapted: Callable[[Loaded], Loaded] | None,
    *,
    example_past: bool,
) -> None:
    assert loaded.directory is not None
    loaded.settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = wiring.open_engine(loaded.directory, loaded.settings, SystemClock(), config_dir=directory)
    if adapted:
        engine.adapted = adapted
    seat = Seat(loaded.settings.data_dir)
    try:
        predecessor = seat.take(engine.node)
        await migrations.upgrade(engine.database)
        if predecessor:
            await succession.inherit(engine, predecessor)
        if example_past:
            from oncall.demo.past import past  # noqa: PLC0415
            from oncall.services.grouping.prometheus_history import begin_with  # noqa: PLC0415

            await begin_with(engine, past(engine.clock.now()))
        engine.inbox.start()
        async with _running(engine):
            keep_what_is_loaded()
            warm = asyncio.get_running_loop().call_later(WARM, keep_what_is_loaded)
            click.echo(f"oncall listens on http://{engine.settings.listen} and is reached at {engine.settings.address}")
            if person:
                click.echo(f"Sign in once as {person}: {await access.create_sign_in_link(engine, person)}")
            sys.stdout.flush()
            await _until_stopped()
            warm.cancel()
            click.echo("stopping")
    finally:
        await wiring.close(engine)
        seat.leave()


@contextlib.asynccontextmanager
async def _running(engine: Engine) -> AsyncIterator[None]:
    """Everything that runs, begun in order and ended in the opposite one."""
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[None]] = set()

    def on_hangup() -> None:
        task = loop.create_task(_reload(engine))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    stages = Loop(engine)
    scheduler = periodic.schedule(engine)
    server = web.AppRunner(create_app(engine), access_log=None, shutdown_timeout=GRACE)
    await server.setup()
    host, _, port = engine.settings.listen.rpartition(":")
    await web.TCPSite(server, host.strip("[]"), int(port), backlog=1024).start()
    # Calendars are read behind the open door: alerts are taken from the first moment. Only where nothing is known yet
    # does paging wait a little, or the first alert of a new installation would find nobody on call.
    first = loop.create_task(rotations.refresh(engine), name="first reading of calendars")
    if not await rotations.all_read(engine):
        await asyncio.wait([first], timeout=FIRST_READING)
    await catalog_sources.keep_up(engine)
    await preferences.keep_up(engine)
    stages.start()
    scheduler.start()
    watch, clock = CalendarWatch(engine), ClockWatch(engine, scheduler)
    watch.start()
    clock.start()
    loop.add_signal_handler(signal.SIGHUP, on_hangup)
    socket = slack_doors.socket(engine)
    opening = loop.create_task(socket.open(), name="slack socket") if socket else None
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        if socket is not None and opening is not None:
            await socket.close()
            opening.cancel()
        scheduler.shutdown(wait=False)
        await watch.stop()
        await clock.stop()
        await server.cleanup()
        first.cancel()
        await asyncio.gather(first, *reloads, return_exceptions=True)
        await stages.stop()


def keep_what_is_loaded() -> None:
    """Modules and the directory live as long as the process; the collector need not look at them again and again.

    Each full collection over them would stop the loop for tens of milliseconds; what is left of it is made rare.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


async def _reload(engine: Engine) -> None:
    with contextlib.suppress(BadDirectory):  # logged with every problem; the old directory stays in force
        await reload(engine)
        await rotations.refresh(engine)


async def _until_stopped() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 - not there on Windows
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
