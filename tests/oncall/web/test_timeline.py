"""The timeline of an incident as responders read it: names and their own time, from the first alert to the end."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from notifiers.outcome import OutcomeKind
from oncall.engine import Organisation
from oncall.incident import Actor, Arrival, Entry, EntryKind, Via, absorb
from oncall.services import acting, incidents
from oncall.services.views import incident_view
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from routing.alert import Severity
from tests.oncall.web.conftest import START, firing

MINUTE = timedelta(minutes=1)
IDS = re.compile(r"\b(ana|ben|cai|dee|hua|eli|payments|platform|data|UTC)\b")
#: What a label says is evidence, and stays as it is.
QUOTED = re.compile(r'"[^"]*"')


@pytest.fixture
async def night(happens, engine, clock, caller):
    """Payments is asked and does not answer; platform is held; then it goes from hand to hand until it is over."""
    await happens.on_call("platform/primary", "dee")
    number = await happens.receive(firing())
    clock.move(MINUTE)
    await happens.settle()  # the second step
    await hold_platform(engine, number, clock.now())
    ben = caller("ben")
    for act in (
        acting.Acknowledge(teams=("payments",)),
        acting.Assign(role="commander", person="cai"),
        acting.Assign(role="commander", person="ana"),
        acting.Describe(impact="Nobody can pay"),
        acting.Describe(impact=""),
        acting.Confirm(),
        acting.Reassign(person="cai"),
        acting.Escalate(),
        acting.Release(team="platform"),
        acting.Involve(team="data"),
        acting.Snooze(minutes=120),
    ):
        await acting.perform(engine, ben, number, act)
        await happens.settle()
    clock.move(121 * MINUTE)
    await happens.settle()  # the snooze is over
    await incidents.acknowledge(engine, number, by=Actor("ana", Via.SMS), teams=["payments"])
    clock.move(52 * MINUTE)
    await happens.settle()  # the reminder
    await acting.perform(engine, ben, number, acting.Resolve())
    await acting.perform(engine, ben, number, acting.Reopen())
    await happens.settle()
    return number


async def hold_platform(engine, number: int, now) -> None:
    """An alert of platform joins, with strong evidence that it is the same trouble."""
    arrival = Arrival(
        name="PostgresDown",
        summary="PostgresDown",
        kind="PostgresDown",
        severity=Severity.CRITICAL,
        paging=True,
        team="platform",
        service="postgres",
        policy=engine.directory.teams["platform"].policy,
        why_team="its owner",
        why_group="they usually fire together",
        hold=5 * MINUTE,
    )
    async with engine.database.write() as tx:
        found = (await incident_rows.get(tx, [number], lock=True))[number]
        await incidents.write_change(engine, tx, absorb(found, arrival, now=now), now)


def lines_of(page: str) -> list[str]:
    """What stands in the timeline of a view, line by line, newest first."""
    texts = re.findall(r'<div class="text">(.*?)</div>\s*<div class="meta', page, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", text)) for text in texts]


async def test_whoever_reads_it_at_night_sees_names_and_their_own_time(night, sign_in):
    """Nine o'clock UTC is ten in Madrid, where Ana lives, and six in the evening in Tokyo, where Dee does."""
    shown = lines_of(await (await sign_in("ana")).text(f"/incidents/{night}/timeline"))
    for line in (
        "step 1: asks Ana Ruiz (on call for Payments/primary) by phone, phone call",
        "step 2: asks Ben Okafor (on call for Payments/secondary) by phone, phone call",
        "Platform is involved (Platform is told now and paged at 10:06): its owner",
        "Ben Okafor acknowledged by web, expires at 11:01 unless confirmed",
        "Platform was not paged: Ben Okafor of Payments acknowledged; Platform was told",
        "Cai Lindqvist is commander",
        "Ana Ruiz is commander, taking over from Cai Lindqvist",
        "Ben Okafor took the impact line away",
        "Ben Okafor is still on it; expires at 11:01",
        "Ben Okafor reassigned to Cai Lindqvist",
        "Ben Okafor escalated by web",
        "Ben Okafor said to page Platform",
        "Ben Okafor brought in Data",
        "Ben Okafor snoozed until 12:01",
        "Ben Okafor's snooze is over; escalation starts again",
        "Ana Ruiz acknowledged by sms, expires at 13:02 unless confirmed",
        "Ana Ruiz is asked to confirm; the acknowledgement expires at 13:02",
        "Ben Okafor resolved by web",
        "Ben Okafor reopened by web",
    ):
        assert line in shown, shown
    assert any(re.match(r"phone to Ana Ruiz: ", line) for line in shown)
    shown = lines_of(await (await sign_in("dee")).text(f"/incidents/{night}/timeline"))
    assert "Ben Okafor snoozed until 20:01" in shown


async def test_no_line_of_a_whole_incident_has_an_id_or_a_time_that_no_view_can_make_readable(night, engine, caller):
    found = await incident_view.timeline_before(engine, caller("ana"), night, None)
    kinds = {item.kind for item in found.timeline}
    assert kinds >= set(EntryKind) - {
        EntryKind.ALERT_RESOLVED,
        EntryKind.STALE,
        EntryKind.NOBODY,
        EntryKind.EXHAUSTED,
        EntryKind.DELIVERY,
        EntryKind.NOT_PAGED,
        EntryKind.MERGED,
        EntryKind.SPLIT,
    }
    for item in found.timeline:
        assert not IDS.search(QUOTED.sub("", item.readable)), item.readable


async def test_the_view_of_the_incident_has_the_exact_instant_behind_a_time(night, sign_in):
    page = await (await sign_in("ana")).text(f"/incidents/{night}")
    expiry = '<time datetime="2026-01-05T12:02:00Z" title="2026-01-05 12:02:00 UTC">13:02</time>'
    assert f"Ana Ruiz is asked to confirm; the acknowledgement expires at {expiry}" in page


async def test_the_api_has_what_was_written_and_what_people_read(night, client, token):
    secret = await token("ana")
    headers = {"Authorization": f"Bearer {secret.reveal()}"}
    answer = await (await client.get(f"/api/v1/incidents/{night}/timeline", headers=headers)).json()
    (snoozed,) = [line for line in answer["timeline"] if line["kind"] == "snoozed"]
    assert snoozed["text"] == "ben snoozed until 11:01 UTC"
    assert snoozed["readable"] == "Ben Okafor snoozed until 12:01 CET"
    assert snoozed["marks"] == [
        {"kind": "person", "start": 0, "end": 3, "value": "ben", "shown": "Ben Okafor"},
        {"kind": "instant", "start": 18, "end": 27, "value": "2026-01-05T11:01:00Z", "shown": "12:01 CET"},
    ]
    (held,) = [line for line in answer["timeline"] if line["kind"] == "held"]
    assert (held["team"], held["team_name"]) == ("platform", "Platform")


async def test_a_notice_is_worded_for_the_person_who_gets_it(night, engine):
    """Dee of platform lives in Tokyo, Ana in Madrid."""
    async with engine.database.read() as tx:
        pages = await page_rows.of_incident(tx, night)
    told = [(page.person, page.text) for page in pages if page.text]
    assert ("dee", "Platform is involved (Platform is told now and paged at 18:06 JST): its owner") in told
    assert ("ana", "Ana Ruiz is asked to confirm; the acknowledgement expires at 13:02 CET") in told


async def test_who_owns_an_alert_is_read_by_name_and_what_its_labels_say_stays(happens, engine, caller):
    number = await happens.receive(firing(team="", service="postgres"), firing("Other", team="payments"))
    found = await incident_view.timeline_before(engine, caller("ana"), number, None)
    told = [item.readable for item in found.timeline if item.kind is EntryKind.OPENED]
    found = await incident_view.timeline_before(engine, caller("ana"), number - 1, None)
    told += [item.readable for item in found.timeline if item.kind is EntryKind.OPENED]
    assert any('service="postgres"' in line and "owned by Platform" in line for line in told), told
    assert any('the label team="payments" names it' in line for line in told), told


async def test_a_provider_that_is_down_is_told_with_the_readers_time(happens, engine, clock, sign_in):
    for _ in range(3):
        engine.breakers.note("phone", clock.now(), OutcomeKind.UNKNOWN)
    number = await happens.receive(firing())
    shown = lines_of(await (await sign_in("ana")).text(f"/incidents/{number}"))
    told = "phone seems to be down (3 failures in a row since 10:00), so the next method starts too"
    assert told in shown, shown


async def test_lines_of_before_are_shown_as_they_were_written(happens, engine, sign_in):
    number = await happens.receive(firing())
    old = Entry(incident=number, at=START, kind=EntryKind.SNOOZED, text="ben snoozed until 23:30 UTC")
    async with engine.database.write() as tx:
        await incident_rows.add_entries(tx, [old])
    assert lines_of(await (await sign_in("ana")).text(f"/incidents/{number}"))[0] == "ben snoozed until 23:30 UTC"


async def test_who_left_and_what_was_dissolved_are_called_by_their_ids(night, engine, caller, sign_in):
    directory = engine.directory
    engine.organisation = Organisation(
        replace(
            directory,
            people={known: person for known, person in directory.people.items() if known != "ben"},
            teams={known: team for known, team in directory.teams.items() if known != "platform"},
        )
    )
    shown = lines_of(await (await sign_in("ana")).text(f"/incidents/{night}/timeline"))
    assert "platform was not paged: ben of Payments acknowledged; platform was told" in shown
