"""What an alert contains cannot script, style or link its way out, wherever it is shown."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from oncall.services.insight import tallying
from oncall.web.app import ROUTES
from tests.oncall.web.conftest import firing

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><style>*{display:none}</style>{{ 'x-'*4 }}"
SCHEME = "javascript:alert(1)"


class Watch(HTMLParser):
    """Notes everything that could run, restyle or lead elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if tag in {"style", "iframe", "object", "embed", "base"}:
            self.found.append(tag)
        if tag == "script" and not str(names.get("src", "")).startswith("/static/"):
            self.found.append("script")
        if tag == "img" and not str(names.get("src", "/")).startswith("/"):
            self.found.append(f"img {names.get('src')}")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.found.append(f"{tag} {name}")
            leads = name in {"href", "src", "action", "formaction"} and ":" in (value or "").split("/")[0]
            if leads and not (value or "").startswith(("https://", "http://")):
                self.found.append(f"{name}={value}")


def hostile(page: str) -> list[str]:
    watch = Watch()
    watch.feed(page)
    return watch.found


@pytest.fixture
async def attacked(happens) -> int:
    alert = firing(ATTACK[:60], service=ATTACK, pod=ATTACK, namespace=ATTACK)
    alert["annotations"] = {
        "summary": ATTACK,
        "description": ATTACK,
        "runbook_url": SCHEME,
        "dashboard_url": f" {SCHEME}",
        ATTACK: ATTACK,
    }
    alert["generatorURL"] = SCHEME
    return await happens.receive(alert, firing("Second", pod=ATTACK), group=ATTACK)


#: What stands for a part of an address; an address with another part fails the test until it is named here.
PLACES = {"team": "payments", "schedule": "primary", "person": "ana", "name:.+": "checkout", "table": "kinds.csv"}
#: Addresses that show nothing an alert or a person wrote: signing in, files, streams, what is not there yet.
NOTHING_TO_SHOW = (
    "/api/", "/healthz", "/readyz", "/metrics", "/static/", "/sign-in", "/live", "/answer/", "/feeds/", "/covers/",
    "/incidents/{id}/attachments/", "/game-days/{id}",
)  # fmt: skip


def views(number: int) -> list[str]:
    """Every address that shows something, from the table of addresses itself."""
    found = []
    for method, path, _ in ROUTES:
        if method != "GET" or path.startswith(NOTHING_TO_SHOW):
            continue
        address = path
        for name, value in {"id": str(number), **PLACES}.items():
            address = address.replace("{" + name + "}", value)
        assert "{" not in address, f"{path} needs a line in PLACES or NOTHING_TO_SHOW"
        found.append(address)
    return [*found, "/route?labels=x%3D%22%3Cscript%3E%22"]


async def test_what_alerts_and_people_write_stays_text_in_every_view(sign_in, attacked, engine):
    dee = await sign_in("dee")
    here = f"/incidents/{attacked}"
    await dee.send(f"{here}/note", on=here, text=ATTACK)
    await dee.send(f"{here}/describe", on=here, impact=ATTACK, status=ATTACK)
    await dee.send(f"{here}/resolve", on=here, why=ATTACK)
    await dee.send(f"{here}/review", on=f"{here}/review")
    await dee.send("/phone/ana", on="/phone/ana", text=ATTACK)
    await dee.send("/account/tokens", on="/account", name=ATTACK, scope="viewer")
    key = "/api/v1/alertmanager/demo-key-for-trying-out"
    await dee.client.post(key, json={"version": ATTACK, "groupKey": ATTACK, "alerts": ATTACK})
    await tallying.keep_up(engine)
    for path in views(attacked):
        response = await dee.get(path)
        assert response.status in {200, 303}, f"{path}: {response.status}"
        page = await response.text()
        if response.content_type == "text/html":
            assert hostile(page) == [], path
            assert "x-x-x-x-" not in page, path
        assert "script-src 'self'" in response.headers["Content-Security-Policy"], path
        assert "unsafe" not in response.headers["Content-Security-Policy"], path
        assert response.headers["X-Content-Type-Options"] == "nosniff", path


@pytest.mark.parametrize(
    "text",
    [
        "[click](javascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        "![x](data:image/svg+xml;base64,AAAA)",
        '<a href="javascript:alert(1)" onclick="x()">x</a>',
        "[x]( javascript&#58;alert(1) )",
        "<style>body{display:none}</style>",
    ],
)
async def test_markdown_in_notes_cannot_carry_anything_active(sign_in, happens, text):
    number = await happens.receive(firing())
    ana = await sign_in("ana")
    await ana.send(f"/incidents/{number}/note", on=f"/incidents/{number}", text=text)
    assert hostile(await ana.text(f"/incidents/{number}")) == []


async def test_what_the_address_says_is_not_echoed_as_markup(sign_in):
    dee = await sign_in("dee")
    for path in ("/incidents?team=%3Cscript%3Ealert(1)%3C/script%3E", "/phone/%3Cscript%3E", "/answer/%3Cscript%3E"):
        assert hostile(await (await dee.get(path)).text()) == []


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_signing_in_never_leads_elsewhere(client, place):
    page = await (await client.get("/sign-in", params={"next": place})).text()
    assert "evil" not in page
