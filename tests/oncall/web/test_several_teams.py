"""What somebody sees and stops when several teams are in an incident: each team answers for itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.errors import AlreadyAcknowledged
from oncall.incident import Actor, Incident, Involvement, InvolvementStatus, Via
from oncall.services import incidents
from oncall.services.views import incident_view, now_view
from routing.alert import Severity
from routing.escalation import Policy
from tests.oncall.web.conftest import START, firing

TRIGGERED, ACKNOWLEDGED = InvolvementStatus.TRIGGERED, InvolvementStatus.ACKNOWLEDGED
TEAMS = ("payments", "platform", "data", "storefront")
#: For which teams somebody of `payments` would take it, by how payments and platform stand.
CASES = [
    (TRIGGERED, TRIGGERED, ("payments",)),
    (TRIGGERED, ACKNOWLEDGED, ("payments",)),
    (ACKNOWLEDGED, TRIGGERED, ()),
    (ACKNOWLEDGED, ACKNOWLEDGED, ()),
    (InvolvementStatus.HELD, TRIGGERED, ("platform",)),
    (InvolvementStatus.NOTICE, TRIGGERED, ("platform",)),
]


def involving(statuses: dict[str, InvolvementStatus]) -> Incident:
    parts = tuple(
        Involvement(
            team=team, status=status, severity=Severity.CRITICAL, policy=Policy(name="p", steps=()), since=START
        )
        for team, status in statuses.items()
    )
    return Incident(id=1, title="x", severity=Severity.CRITICAL, service="", opened_at=START, involvements=parts)


@pytest.mark.parametrize(("own", "other", "asked"), CASES)
def test_each_answers_for_their_own_team_first(own, other, asked):
    assert involving({"payments": own, "platform": other}).asks({"payments"}) == asked


def test_who_has_no_part_in_it_may_help_everybody():
    both = involving({"payments": TRIGGERED, "platform": TRIGGERED, "data": ACKNOWLEDGED})
    assert both.asks({"storefront"}) == ("payments", "platform")
    assert both.asks(()) == ("payments", "platform")


@given(
    st.dictionaries(st.sampled_from(TEAMS), st.sampled_from(InvolvementStatus), min_size=1),
    st.sets(st.sampled_from(TEAMS)),
)
def test_nobody_is_asked_for_a_team_that_does_not_wait(statuses, teams):
    found = involving(statuses)
    asked = found.asks(teams)
    assert set(asked) <= set(found.waiting)
    assert not asked or set(asked) <= teams or not any(statuses.get(t) in {TRIGGERED, ACKNOWLEDGED} for t in teams)


@pytest.fixture
async def both(happens, engine) -> int:
    """An incident that payments leads and platform was brought into; Ana and Dee were paged."""
    await happens.on_call("platform/primary", "dee")
    number = await happens.receive(firing())
    await incidents.involve(engine, number, by=Actor("kim", Via.WEB), team="platform")
    await happens.settle()
    return number


async def statuses(engine, number: int) -> dict[str, str]:
    from oncall.store import incidents as rows

    async with engine.database.read() as tx:
        return {i.team: i.status.value for i in (await rows.get(tx, [number]))[number].involvements}


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_pressing_twice_does_not_stop_the_other_teams_page(engine, both):
    ana = Actor("ana", Via.SMS)
    await incidents.acknowledge(engine, both, by=ana)
    with pytest.raises(AlreadyAcknowledged, match="ana"):
        await incidents.acknowledge(engine, both, by=ana)
    assert await statuses(engine, both) == {"payments": "acknowledged", "platform": "triggered"}


async def test_whoever_was_asked_for_a_team_they_are_no_member_of_answers_for_it(engine, both, happens):
    await incidents.acknowledge(engine, both, by=Actor("ana", Via.SMS))
    await incidents.reassign(engine, both, by=Actor("dee", Via.WEB), person="ana", team="platform")
    await happens.settle()
    await incidents.acknowledge(engine, both, by=Actor("ana", Via.SMS))
    assert await statuses(engine, both) == {"payments": "acknowledged", "platform": "acknowledged"}


async def test_a_teams_name_takes_it_for_that_team_whoever_says_it(engine, both):
    await incidents.acknowledge(engine, both, by=Actor("ana", Via.WEB))
    await incidents.acknowledge(engine, both, by=Actor("ana", Via.WEB), teams=("platform",))
    assert await statuses(engine, both) == {"payments": "acknowledged", "platform": "acknowledged"}


async def test_the_big_button_is_for_ones_own_team_and_says_so(sign_in, both):
    ana = await sign_in("ana")
    page = words(await ana.text(f"/incidents/{both}"))
    assert "Acknowledge for Payments" in page
    assert "Ana Ruiz was asked for Payments, and nobody has answered yet." in page
    assert "Dee Tanaka was asked for Platform, and nobody has answered yet." in page


async def test_whose_team_has_it_sees_who_is_still_waited_for_and_no_big_button(sign_in, both, engine):
    ana = await sign_in("ana")
    here = f"/incidents/{both}"
    await ana.send(f"{here}/acknowledge", on=here)
    page = await ana.text(here)
    assert "primary big" not in page
    text = words(page)
    assert "Ana Ruiz of Payments has it" in text
    assert "Dee Tanaka was asked for Platform, and nobody has answered yet." in text
    assert "Your team has it. Platform has not answered yet." in text
    assert "Take it for Platform" in text
    response = await ana.send(f"{here}/acknowledge", on=here)
    assert response.status == 409
    response = await ana.send(f"{here}/acknowledge", on=here, teams="platform")
    assert response.status == 303
    assert await statuses(engine, both) == {"payments": "acknowledged", "platform": "acknowledged"}


async def test_asking_more_of_a_team_asks_that_team(sign_in, both, engine):
    ana = await sign_in("ana")
    here = f"/incidents/{both}"
    await ana.send(f"{here}/acknowledge", on=here)
    await ana.send(f"{here}/escalate", on=here, team="platform")
    assert await statuses(engine, both) == {"payments": "acknowledged", "platform": "triggered"}


async def test_the_other_team_still_has_its_big_button(sign_in, both, engine):
    await incidents.acknowledge(engine, both, by=Actor("ana", Via.SMS))
    dee = await sign_in("dee")
    page = await dee.text(f"/incidents/{both}")
    assert "primary big" in page
    assert "Ana Ruiz of Payments has it" in words(page)


async def test_the_sentence_names_the_team_of_whoever_has_it(sign_in, both, engine):
    await incidents.acknowledge(engine, both, by=Actor("dee", Via.SMS))
    page = words(await (await sign_in("ana")).text(f"/incidents/{both}"))
    assert "Dee Tanaka of Platform has it" in page
    assert "Ana Ruiz was asked for Payments" in page


async def test_now_asks_nobody_whose_team_has_it(sign_in, both, engine, caller):
    assert (await now_view.view_now(engine, caller("ana"))).first.id == both
    await incidents.acknowledge(engine, both, by=Actor("ana", Via.SMS))
    found = await now_view.view_now(engine, caller("ana"))
    assert found.first is None
    assert [i.id for i in found.mine] == [both]
    assert found.mine[0].waiting == ("platform",)
    assert (await now_view.view_now(engine, caller("dee"))).first.id == both
    page = await (await sign_in("ana")).text("/")
    assert "primary big" not in page
    assert "Ana Ruiz has it, platform not yet" in words(page)


async def test_the_api_says_for_whom_the_caller_would_take_it(engine, both, caller):
    assert (await incident_view.view_incident(engine, caller("ana"), both)).asks_you_for == ("payments",)
    assert (await incident_view.view_incident(engine, caller("hua"), both)).asks_you_for == ("payments", "platform")
    await incidents.acknowledge(engine, both, by=Actor("ana", Via.SMS))
    assert (await incident_view.view_incident(engine, caller("ana"), both)).asks_you_for == ()
    assert (await incident_view.view_incident(engine, caller("dee"), both)).asks_you_for == ("platform",)
