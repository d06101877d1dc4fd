from __future__ import annotations

from datetime import UTC, datetime

from oncall.incident import Actor, Incident, Involvement, InvolvementStatus, Via
from oncall.services import incidents
from oncall.services.views.similar import SHOWN, find_similar, nearest
from oncall.store.past import Comparable
from routing.alert import Severity
from routing.escalation import Policy
from tests.oncall.web.conftest import firing

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def now(title: str, *kinds: str, service: str = "checkout") -> Incident:
    lead = Involvement(
        team="payments",
        status=InvolvementStatus.TRIGGERED,
        severity=Severity.CRITICAL,
        policy=Policy(name="p", steps=()),
        since=THEN,
        lead=True,
    )
    return Incident(
        id=99,
        title=title,
        severity=Severity.CRITICAL,
        service=service,
        opened_at=THEN,
        involvements=(lead,),
        kinds=frozenset(kinds),
    )


def before(number: int, title: str, *kinds: str, service: str = "checkout") -> Comparable:
    return Comparable(
        id=number,
        title=title,
        service=service,
        team="payments",
        kinds=frozenset(kinds),
    )


def test_the_same_alerts_are_nearer_than_the_same_words():
    others = [
        before(1, "Checkout answers slowly", "Errors", service="search"),
        before(2, "Something else entirely", "Latency"),
        before(3, "Disk full on db-7", "DiskFull", service="postgres"),
    ]
    found = nearest(now("Checkout answers slowly", "Latency"), others)
    assert [other.id for other, _, _ in found] == [2, 1]
    assert found[0][2] == "the same alerts, the same service"


def test_of_two_as_alike_the_newer_comes_first():
    found = nearest(now("Slow", "Latency"), [before(n, "Slow", "Latency") for n in (1, 5, 3)])
    assert [other.id for other, _, _ in found] == [5, 3, 1]


def test_words_that_every_incident_has_say_nothing():
    others = [before(n, f"alert firing {name}", service=name) for n, name in enumerate(("alpha", "beta", "gamma"))]
    assert nearest(now("alert firing delta", service="delta"), others) == []


def test_numbers_and_machines_do_not_hide_a_likeness():
    found = nearest(now("Disk of db-7 is 97 % full"), [before(1, "Disk of db-12 is 91 % full")])
    assert [other.id for other, _, _ in found] == [1]


def test_the_nearest_are_those_of_scoring_every_pair_by_itself():
    """Titles that recur are weighed once; what comes out is what weighing each would give."""
    kinds, words = ("Latency", "Errors", "DiskFull"), ("Checkout answers slowly", "Disk full on db", "Errors of search")
    others = [
        before(number, words[number % 3], *kinds[: number % 4], service=("checkout", "search")[number % 2])
        for number in range(1, 60)
    ]
    mine = now("Checkout answers slowly", "Latency", "Errors")
    alone = {other.id: found for other in others for found in nearest(mine, [other])}
    found = nearest(mine, others)
    assert len(found) == SHOWN
    assert [score for _, score, _ in found] == sorted((score for _, score, _ in found), reverse=True)
    # Which words are rare depends on all others, what else is alike does not.
    assert all(why.startswith(alone[other.id][2].split(", ")[0]) for other, _, why in found)
    assert {other.id for other, _, _ in found} <= {other.id for other in others if other.kinds & mine.kinds}


async def test_an_incident_shows_what_solved_the_one_before(sign_in, happens, engine):
    ana = Actor("ana", Via.WEB)
    first = await happens.receive(firing())
    await incidents.note(engine, first, by=ana, text="rolled back the release")
    await incidents.resolve(engine, first, by=ana)
    await happens.receive({**firing(), "status": "resolved", "endsAt": "2026-01-05T09:00:00Z"})
    second = await happens.receive({**firing(), "startsAt": "2026-01-05T10:00:00Z"}, group="again")
    assert second != first
    page = await (await sign_in("ana")).text(f"/incidents/{second}")
    assert "Like this before" in page
    assert "rolled back the release" in page


async def test_who_ended_a_similar_one_is_read_by_name(happens, engine, caller):
    first = await happens.receive(firing())
    await incidents.resolve(engine, first, by=Actor("ben", Via.SMS))
    again = await happens.receive(firing(pod="other"), group="h")
    found = await find_similar(engine, caller("ana"), again)
    assert [one.ended for one in found.similar] == ["Ben Okafor resolved by sms"]
