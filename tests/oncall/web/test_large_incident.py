"""An incident of 2,500 alerts on a phone with a bad line: what is sent stays small, and everything can be done."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from oncall.services import acting, incidents
from oncall.services.record import deploys
from oncall.services.views import incident_view
from tests.oncall.web.conftest import firing

ALERTS, KINDS = 2_500, 40
MOST_BYTES = 60_000


class Forms(HTMLParser):
    """Where the forms of a view lead, and the bytes of what would have to run first."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[str] = []
        self.buttons = 0
        self.scripts: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.actions.append(dict(attrs).get("action") or "")
        elif tag == "script":
            self.scripts.append(dict(attrs))
        self.buttons += tag == "button"


def storm_alert(number: int) -> dict[str, object]:
    """As a cluster sends them: a dozen labels, a description of a paragraph, each pod and instance another."""
    alert = firing(
        f"Kind{number % KINDS:02}OfTroubleWithALongName",
        pod=f"checkout-6f7d8c9b5d-{number:05}",
        instance=f"10.{number % 250}.{number % 37}.{number % 11}:9100",
        container="checkout-server",
        namespace="shop-production",
        cluster="eu-central-1-production-blue",
        job="kubernetes-pods",
        endpoint="http-metrics",
        prometheus="monitoring/prometheus-k8s",
        availability_zone=f"eu-central-1{'abc'[number % 3]}",
        node=f"ip-10-0-{number % 250}-{number % 199}.eu-central-1.compute.internal",
    )
    summary = f"Pod checkout-{number} has been answering slowly for more than ten minutes, and its queue grows. " * 2
    alert["annotations"] = {"summary": summary, "description": summary * 4, "runbook_url": "https://wiki.example/r"}
    return alert


@pytest.fixture
async def storm(happens, engine, caller, clock) -> int:
    ana = caller("ana")
    await happens.on_call("platform/primary", "dee")
    for hours in range(1, 6):
        when = clock.now() - timedelta(hours=hours)
        said = "Raise the limits of the pool, log each wait, and move the driver to its new version" * 2
        await deploys.record(
            engine, ana, deploys.NewDeploy(service="checkout", version=f"2.{hours}", summary=said, at=when)
        )
    number = await happens.receive(*[storm_alert(n) for n in range(ALERTS)])
    await incidents.involve(engine, number, by=ana.actor, team="platform")
    await acting.perform(engine, ana, number, acting.Describe(impact="x" * 400, status="y" * 400))
    for at in range(15):
        words = f"{at}: restarted the pods of **zone {at % 3}**; the queue of checkout drains, cards do not. " * 3
        await acting.perform(engine, ana, number, acting.Note(text=words))
    await happens.settle()
    return number


async def test_it_is_small_and_usable_before_any_script_runs(sign_in, storm, engine, caller):
    found = await incident_view.view_incident(engine, caller("ana"), storm)
    assert found.alerts == ALERTS
    ana = await sign_in("ana")
    page = await ana.text(f"/incidents/{storm}")
    assert len(page.encode()) < MOST_BYTES, len(page.encode())
    forms = Forms()
    forms.feed(page)
    for verb in ("acknowledge", "escalate", "resolve", "snooze", "reassign", "involve", "note", "split", "describe"):
        assert f"/incidents/{storm}/{verb}" in forms.actions, verb
    assert forms.buttons >= len(forms.actions)
    assert all("defer" in script and script["src"].startswith("/static/") for script in forms.scripts)
    assert "onclick" not in page
    await everything_else_is_a_link_away(ana, storm, page)
    await what_is_loaded_beside_it_is_small(ana, page)
    response = await ana.send(f"/incidents/{storm}/acknowledge", on=f"/incidents/{storm}")
    assert response.status == 303


async def everything_else_is_a_link_away(ana, storm, page):
    assert f'href="/incidents/{storm}/alerts"' in page
    seen: set[str] = set()
    path = f"/incidents/{storm}/alerts"
    while path:
        view = await ana.text(path)
        seen |= set(re.findall(r"checkout-6f7d8c9b5d-(\d{5})", view))
        following = re.search(r'href="(/incidents/\d+/alerts\?cursor=\d+)"', view)
        path = following[1] if following else ""
    assert len(seen) == ALERTS
    assert f"/incidents/{storm}/timeline?cursor=" in page


async def what_is_loaded_beside_it_is_small(ana, page):
    for path in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        response = await ana.get(path)
        assert response.status == 200
        assert len(await response.read()) < 40_000, path
        assert "immutable" in response.headers["Cache-Control"], path
