"""`oncall demo`: watch the main job happen."""

from __future__ import annotations

import asyncio

import click
import msgspec

from notifiers.http import Answer, Http, NotCarriedOut, NoTelling
from oncall.clock import SystemClock
from oncall.demo.alertmanager import DemoAlertmanager
from oncall.demo.outage import OUTAGE

#: The key of the example company's Alertmanager; it opens nothing else.
EXAMPLE_KEY = "demo-key-for-trying-out"


@click.command()
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="Where the engine listens.")
@click.option("--key", default=EXAMPLE_KEY, show_default=True, help="The integration's key.")
@click.option("--speed", default=1.0, show_default=True, help="2 plays twice as fast.")
@click.option("--json", "as_json", is_flag=True, help="Print what was posted as JSON lines.")
def demo(url: str, key: str, speed: float, as_json: bool) -> None:
    """Replay an outage of several services at a running engine.

    Start it first with `make run`, open the phone in the browser, and answer.
    """
    if speed <= 0:
        raise click.BadParameter("give a number above 0", param_hint="--speed")
    asyncio.run(_play(url.rstrip("/"), key, speed, as_json=as_json))


async def _play(url: str, key: str, speed: float, *, as_json: bool) -> None:
    clock, sender, http = SystemClock(), DemoAlertmanager(), Http(allow_private=True)
    begun = clock.now()
    never = asyncio.Event()
    if not as_json:
        click.echo(f"The phone is at {url}/phone; the incidents at {url}/incidents.")
    try:
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
    finally:
        await http.close()


async def _post(http: Http, address: str, body: bytes) -> Answer:
    try:
        return await http.request(
            "POST", address, timeout_seconds=10, headers={"Content-Type": "application/json"}, body=body
        )
    except (NotCarriedOut, NoTelling) as error:
        raise click.ClickException(f"no engine answers there: {error}. Start one with: make run (--url)") from error
