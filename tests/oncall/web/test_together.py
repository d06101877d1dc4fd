"""An incident's page says why its alerts are together: a picture, the same in words, and what stayed apart."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping import Case
from grouping.cases import CASE, Told
from oncall.incident import Actor, Via
from oncall.services import incidents
from oncall.services.views.together import KindRun, TieItem, Together, tie_words
from oncall.store import alerts as alert_rows
from oncall.store import grouping_answers
from oncall.web.ties import LINE, WIDTH, picture
from tests.oncall.web.conftest import firing

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def run(kind: str, after: float = 0, lasting: float | None = None, *, paging: bool = False) -> KindRun:
    first = NOW + timedelta(seconds=after)
    until = None if lasting is None else first + timedelta(seconds=lasting)
    return KindRun(kind=kind, alerts=1, paging=paging, first_at=first, until=until, why="because")


def counts(counted: str = "kinds") -> Told:
    return Told(episode="1", counted=counted, together=14.0, of=15.0, by_chance=0.6, probability=0.9)


def tie(kind: str, earlier: str, counted: str = "kinds", probability: float = 0.9) -> TieItem:
    return TieItem(
        kind=kind,
        earlier=earlier,
        counted=counted,
        together=14,
        of=15,
        by_chance=0.6,
        probability=probability,
        sentence=tie_words(kind, earlier, counts(counted)),
    )


def together(kinds, ties=()) -> Together:
    return Together(kinds=tuple(kinds), more_kinds=0, ties=tuple(ties), near=(), doubts=())


def test_an_incident_of_one_kind_has_no_picture():
    assert picture(together([run("Down of cart")]), NOW) is None


def test_each_kind_has_a_lane_in_the_order_they_began_and_says_when():
    found = picture(
        together([run("Down of cart", paging=True), run("Slow of web", 90, 60)]), NOW + timedelta(minutes=9)
    )
    assert [lane.says for lane in found.lanes] == [
        "Down of cart: first, pages, still fires",
        "Slow of web: 90 s after the first",
    ]
    assert found.lanes[0].x < found.lanes[1].x
    assert [lane.paging for lane in found.lanes] == [True, False]


def test_each_tie_is_an_arc_with_its_count():
    kinds = [run("Down of cart"), run("Slow of web", 30), run("Full of db", 60)]
    ties = [tie("Slow of web", "Down of cart"), tie("Full of db", "Slow of web", "new", 0.5)]
    found = picture(together(kinds, ties), NOW + timedelta(minutes=9))
    assert [arc.count for arc in found.arcs] == ["14 of 15", "new"]
    assert [arc.weight for arc in found.arcs] == [2, 1]
    assert found.told == ("“5 of 8” how often the two came together", "“new” not seen together often enough to count")
    assert found.arcs[0].says == "Slow of web and Down of cart: together 14 of 15 times lately, by chance 0.6"


@pytest.mark.parametrize(("counted", "count"), [("things", "≈ 14 of 15"), ("habit", "≈ 14")])
def test_what_was_counted_of_alerts_like_these_is_not_shown_as_counted_of_these(counted, count):
    kinds = [run("Down of cart"), run("Slow of web", 30)]
    found = picture(together(kinds, [tie("Slow of web", "Down of cart", counted)]), NOW + timedelta(minutes=9))
    assert [arc.count for arc in found.arcs] == [count]
    assert found.told == ("“≈” how often alerts like them did",)


def test_without_ties_there_is_no_count_to_explain():
    assert picture(together([run("Down of cart"), run("Slow of web", 30)]), NOW).told == ()


@given(
    st.lists(st.tuples(st.floats(0, 90_000), st.none() | st.floats(1, 90_000)), min_size=2, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=6, unique=True),
    st.floats(0, 200_000),
)
def test_everything_lies_in_the_picture_and_no_count_on_another(spans, pairs, age):
    kinds = [run(f"Kind {n}", after, lasting) for n, (after, lasting) in enumerate(spans)]
    kinds.sort(key=lambda k: k.first_at)
    names = [kind.kind for kind in kinds]
    strongest = {later: earlier for earlier, later in pairs if earlier < later < len(kinds)}
    ties = [tie(names[later], names[earlier]) for later, earlier in strongest.items()]
    found = picture(together(kinds, ties), NOW + timedelta(seconds=age))
    for lane in found.lanes:
        assert lane.x >= 0
        assert lane.width >= 6
        assert lane.x + lane.width <= LINE + 6.1
        assert 0 <= lane.y <= found.height - 28
    heights = [arc.y for arc in found.arcs]
    assert len(set(heights)) == len(heights)
    assert all(LINE < arc.x < WIDTH and 0 < arc.y < found.height for arc in found.arcs)


def test_a_place_that_all_share_is_not_said_in_each_line():
    kinds = [run("Down of cart in eu1"), run("Slow of web in eu1", 30)]
    assert [lane.name for lane in picture(together(kinds), NOW).lanes] == ["Down of cart", "Slow of web"]
    kinds = [run("Down of cart in eu1"), run("Slow of web in us1", 30)]
    assert [lane.name for lane in picture(together(kinds), NOW).lanes] == [kind.kind for kind in kinds]


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        ("kinds", "together 14 of 15 times lately, by chance 0.6"),
        ("things", "not these two, but other alerts of the same things 14 of 15 times lately"),
        ("habit", "not these two, but such alerts of such neighbours 14 times lately"),
        ("new", "hardly seen together before"),
    ],
)
def test_a_tie_is_a_sentence_with_its_counts(counted, words):
    assert words in tie_words("A", "B", counts(counted))


async def remember(engine, number: int, candidate: int, *, joined: bool, probability: float = 0.6) -> None:
    """Grouping held the last alert of `number` against `candidate`, tied to its first alert."""
    async with engine.database.write() as tx:
        await tx.execute(grouping_answers.grouping_case.delete())
        alert = (await alert_rows.of_incident(tx, number))[-1].id
        first = (await alert_rows.of_incident(tx, candidate))[0].id
        case = Case(
            incident=str(candidate),
            measures=(0.5,) * len(CASE),
            probability=probability,
            joined=joined,
            sentence="40 s after CheckoutDown: together 2 of 15 times lately; 60 % sure, 75 % is needed",
            ties=(msgspec.structs.replace(counts(), episode=str(first)),),
        )
        await grouping_answers.keep(tx, {alert: [case]}, engine.clock.now())


async def test_the_page_shows_the_picture_and_says_the_same_in_words(engine, happens, sign_in):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    await remember(engine, number, number, joined=True)
    page = await (await sign_in("ana")).text(f"/incidents/{number}")
    assert '<svg class="ties"' in page
    assert "Why these are together" in page
    assert re.search(r'<text class="count"[^>]*>14 of 15</text>', page)
    assert "First here: " in page
    assert "together 14 of 15 times lately, by chance 0.6</li>" in page
    assert 'style="' not in page


async def test_what_stayed_apart_is_named_with_its_counts_and_both_answers(engine, happens, sign_in):
    first = await happens.receive(firing())
    second = await happens.receive(firing("LedgerFull", service="ledger"), group="other")
    await remember(engine, second, first, joined=False)
    browser = await sign_in("ana")
    page = await browser.text(f"/incidents/{second}")
    assert "Kept apart from this" in page
    assert f"Is #{first} the same trouble as this?" in page
    assert "Related: the newer incident ends, its alerts and teams go on in the older one." in page
    assert "together 2 of 15 times lately; 60 % sure, 75 % is needed" in page
    answered = await browser.send(f"/incidents/{second}/unrelated", on=f"/incidents/{second}", other=str(first))
    assert answered.status == 303
    page = await browser.text(f"/incidents/{second}")
    assert "Ana Ruiz said that they are not related." in page
    assert "the same trouble as this?" not in page
    assert "Related: the newer incident ends" not in page
    assert "kept apart from now on, and 1 decision teaches the grouping" in page


async def test_it_asks_about_a_likely_neighbour_and_takes_an_answer_about_a_possible_one(engine, happens, sign_in):
    first = await happens.receive(firing())
    second = await happens.receive(firing("LedgerFull", service="ledger"), group="other")
    browser = await sign_in("ana")
    for probability, asks, answers in ((0.6, True, True), (0.59, False, True), (0.34, False, False)):
        await remember(engine, second, first, joined=False, probability=probability)
        page = await browser.text(f"/incidents/{second}")
        assert (f"Is #{first} the same trouble as this?" in page) is asks
        assert (f'action="/incidents/{second}/unrelated"' in page) is answers


async def test_related_makes_one_of_them_the_older_one_goes_on(engine, happens, sign_in):
    first = await happens.receive(firing())
    second = await happens.receive(firing("LedgerFull", service="ledger"), group="other")
    await remember(engine, second, first, joined=False)
    browser = await sign_in("ana")
    page = await browser.text(f"/incidents/{second}")
    assert f'action="/incidents/{second}/merge"' in page
    answered = await browser.send(f"/incidents/{second}/merge", on=f"/incidents/{second}", into=str(first))
    assert answered.headers["Location"] == f"/incidents/{first}"


async def doubtful(engine, happens, *probabilities: float) -> tuple[int, list[int]]:
    """An incident and its alerts, all but the first of which joined with these probabilities."""
    names = [f"Checkout{word}" for word in ("Slow", "Errors", "Full", "Stuck")][: len(probabilities)]
    number = await happens.receive(firing(), *(firing(name, severity="warning") for name in names))
    async with engine.database.write() as tx:
        alerts = [e.id for e in await alert_rows.of_incident(tx, number)]
        await tx.execute(grouping_answers.grouping_case.delete())
        for alert, probability in zip(alerts[1:], probabilities, strict=True):
            case = Case(
                incident=str(number),
                measures=(0.5,) * len(CASE),
                probability=probability,
                joined=True,
                sentence=f"sure to {probability}",
            )
            await grouping_answers.keep(tx, {alert: [case]}, engine.clock.now())
    return number, alerts


async def test_it_asks_of_the_few_alerts_whose_joining_was_least_sure(engine, happens, client, token):
    number, alerts = await doubtful(engine, happens, 0.79, 0.75, 0.77, 0.8)
    headers = {"Authorization": f"Bearer {(await token('vic')).reveal()}"}
    found = (await (await client.get(f"/api/v1/incidents/{number}", headers=headers)).json())["together"]["doubts"]
    assert [(d["alert"], d["probability"]) for d in found] == [(alerts[2], 0.75), (alerts[3], 0.77), (alerts[1], 0.79)]
    assert found[0]["sentence"] == "sure to 0.75"
    assert found[0]["kind"].startswith("CheckoutErrors of ")


async def test_an_alert_that_belongs_there_is_not_asked_about_again(engine, happens, sign_in):
    number, alerts = await doubtful(engine, happens, 0.78)
    browser = await sign_in("ana")
    page = await browser.text(f"/incidents/{number}")
    assert "Does it belong here?" in page
    assert f'name="alerts" value="{alerts[1]}"><button>It belongs here</button>' in page
    await browser.send(f"/incidents/{number}/related", on=f"/incidents/{number}", alerts=str(alerts[1]))
    assert "Does it belong here?" not in await browser.text(f"/incidents/{number}")


async def test_an_alert_that_does_not_belong_there_becomes_an_incident_of_its_own(engine, happens, sign_in):
    number, alerts = await doubtful(engine, happens, 0.78)
    browser = await sign_in("ana")
    assert f'name="alerts" value="{alerts[1]}"><button>Not related: split it off</button>' in await browser.text(
        f"/incidents/{number}"
    )
    await browser.send(f"/incidents/{number}/split", on=f"/incidents/{number}", alerts=str(alerts[1]))
    async with engine.database.read() as tx:
        assert [e.id for e in await alert_rows.of_incident(tx, number)] == alerts[:1]
        assert [example.related for example in await grouping_answers.examples(tx, 10)] == [False]


async def test_who_may_only_look_is_asked_nothing(engine, happens, sign_in):
    number, _ = await doubtful(engine, happens, 0.78)
    assert "Does it belong here?" not in await (await sign_in("vic")).text(f"/incidents/{number}")


async def test_who_may_only_look_sees_the_reasons_and_no_buttons(engine, happens, sign_in):
    first = await happens.receive(firing())
    second = await happens.receive(firing("LedgerFull", service="ledger"), group="other")
    await remember(engine, second, first, joined=False)
    page = await (await sign_in("vic")).text(f"/incidents/{second}")
    assert "Kept apart from this" in page
    assert f"/incidents/{second}/unrelated" not in page


async def test_the_api_says_the_same(engine, happens, client, token):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    await remember(engine, number, number, joined=True)
    headers = {"Authorization": f"Bearer {(await token('vic')).reveal()}"}
    found = (await (await client.get(f"/api/v1/incidents/{number}", headers=headers)).json())["together"]
    assert [kind["kind"].split()[0] for kind in found["kinds"]] == ["CheckoutDown", "CheckoutSlow"]
    assert [(t["together"], t["of"]) for t in found["ties"]] == [(14.0, 15.0)]


async def test_that_nothing_came_close_is_said_too(engine, happens, sign_in):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    page = await (await sign_in("ana")).text(f"/incidents/{number}")
    assert "When its alerts came, no other incident was near enough to be told of." in page


async def test_where_it_asks_whether_alerts_belong_together_it_says_what_answering_does(engine, happens, sign_in):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    page = await (await sign_in("ana")).text(f"/incidents/{number}")
    assert "Do they belong together?" in page
    assert "They stay, and nobody is asked anew; the next alerts like these are kept together." in page
    assert 'href="#more-title"' in page
    assert 'id="more-title"' in page
    assert "The next alerts like these are kept apart from the rest here." in page


async def test_each_alert_says_why_it_is_here_on_the_page_of_all_alerts(engine, happens, sign_in):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning"))
    page = await (await sign_in("ana")).text(f"/incidents/{number}/alerts")
    assert page.count("Here because: ") == 2


async def test_an_alert_among_others_is_told_apart_by_its_service_first(engine, happens, sign_in):
    number = await happens.receive(firing(), firing("CheckoutSlow", severity="warning", service="cart", zone="a"))
    page = await (await sign_in("ana")).text(f"/incidents/{number}")
    if "Do they belong together?" in page:
        assert re.search(r'CheckoutSlow <span class="soft small">cart a', page)


async def test_whom_an_incident_that_is_over_had_paged_and_whom_not(engine, happens, sign_in):
    await happens.on_call("payments/primary", "ana")
    paged = await happens.receive(firing())
    warned = await happens.receive(firing("DiskFills", service="search", severity="warning"), group="other")
    await happens.settle()
    assert paged != warned
    browser = await sign_in("ana")
    for number in (paged, warned):
        await incidents.resolve(engine, number, by=Actor("cai", Via.WEB))
        await happens.settle()
    assert "Over for them." in await browser.text(f"/incidents/{paged}")
    assert "Over for them; nobody there was paged." in await browser.text(f"/incidents/{warned}")
    assert "told that it is over" in await browser.text(f"/incidents/{paged}")
