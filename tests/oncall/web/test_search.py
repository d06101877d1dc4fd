"""Past incidents are found by words, alert kind, service, who was paged, and day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oncall.services.views.incident_list import ListQuery, list_incidents
from oncall.store import incidents as rows
from tests.oncall.web.conftest import firing
from tests.oncall.web.test_hostile_content import ATTACK, hostile


@pytest.fixture
async def past(happens, clock) -> dict[str, int]:
    """Three incidents on two days."""
    found = {"checkout": await happens.receive(firing("CheckoutDown"), group="a")}
    clock.move(timedelta(days=1))
    found["ledger"] = await happens.receive(firing("LedgerSlow", service="ledger"), group="b")
    clock.move(timedelta(minutes=1))
    found["ümlaut"] = await happens.receive(firing("100%_Full", service="größe"), group="c")
    return found


@pytest.fixture
def search(engine, caller, past):
    async def of(**query: object) -> set[str]:
        listed = await list_incidents(engine, caller("vic"), ListQuery(**query))  # type: ignore[arg-type]
        names = {number: name for name, number in past.items()}
        return {names[item.id] for item in listed.incidents}

    return of


#: What is asked, and what is found.
QUERIES: list[tuple[dict[str, object], set[str]]] = [
    ({}, {"checkout", "ledger", "ümlaut"}),
    ({"q": "ledger"}, {"ledger"}),
    ({"q": "LEDGER slow"}, {"ledger"}),
    ({"q": "slow ledger"}, {"ledger"}),
    ({"q": "ledger down"}, set()),
    ({"q": "down"}, {"checkout"}),
    ({"q": "%"}, {"ümlaut"}),
    ({"q": "_"}, {"ümlaut"}),
    ({"q": "'; drop table incident; --"}, set()),
    ({"service": "ledger"}, {"ledger"}),
    ({"service": "ledg"}, set()),
    ({"paged": "ana"}, {"checkout", "ledger", "ümlaut"}),
    ({"paged": "kim"}, set()),
    ({"day": date(2026, 1, 5)}, {"checkout"}),
    ({"day": date(2026, 1, 6)}, {"ledger", "ümlaut"}),
    ({"day": date(2026, 1, 7)}, set()),
    ({"q": "on", "service": "ledger", "status": "open"}, {"ledger"}),
    ({"q": "ledger", "status": "resolved"}, set()),
]


async def test_what_is_looked_for_is_found(search, subtests):
    for query, names in QUERIES:
        with subtests.test(query=query):
            assert await search(**query) == names


async def test_a_number_leads_to_its_incident(search, past):
    assert await search(q=f"#{past['ledger']}") == {"ledger"}
    assert await search(q="#4711") == set()


async def test_a_kind_is_found_exactly(engine, caller, search, past):
    listed = await list_incidents(engine, caller("vic"), ListQuery())
    async with engine.database.read() as tx:
        kinds = {n: sorted(i.kinds) for n, i in (await rows.get(tx, [item.id for item in listed.incidents])).items()}
    for name, number in past.items():
        (kind,) = kinds[number]
        assert await search(kind=kind) == {name}
        assert await search(kind=kind[:-1]) == set()


async def test_the_form_keeps_what_is_searched_for(sign_in, past):
    ana = await sign_in("ana")
    page = await ana.text("/incidents?q=ledger&status=all")
    assert "LedgerSlow" in page
    assert "CheckoutDown" not in page
    assert "status=resolved&amp;q=ledger" in page
    assert "Nothing was found" in await ana.text("/incidents?q=nothing-like-it&status=resolved")


async def test_what_is_searched_for_is_shown_as_text(sign_in):
    ana = await sign_in("ana")
    for field in ("q", "kind", "service", "paged"):
        response = await ana.client.get("/incidents", params={field: ATTACK}, headers={"Accept": "text/html"})
        assert hostile(await response.text()) == [], field
    assert (await ana.get("/incidents?day=yesterday")).status == 400
