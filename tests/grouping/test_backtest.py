"""A change is tried on past alerts before it goes live: pages saved, pages wrongly hidden, decisions that differ."""

from __future__ import annotations

import re

import msgspec
import pytest

from grouping import Call, Settings
from grouping.backtest import PastAlert, Trial, Unrelated, Version, run
from grouping.cases import CASE
from grouping.learned import Learned
from routing.alert import Severity
from tests.grouping.world import World

NOW = Settings()
DAY = 86400


class Past:
    """Outages of a database and what hangs on it, on many days."""

    def __init__(self, days: int = 14) -> None:
        self.world = World()
        self.alerts: list[PastAlert] = []
        for day in range(days):
            at = day * 1.3 * DAY
            self.fire("DatabaseDown", "orders-db", at, Severity.CRITICAL)
            self.fire("Errors", "orders", at + 35)
            self.fire("BudgetBurn", "checkout", at + 80, Severity.CRITICAL)
            self.fire("DiskFull", "backup", at + 3600 * 5, Severity.CRITICAL, "infra")

    def fire(self, name, service, at, severity=Severity.WARNING, team="shop") -> int:
        number = len(self.alerts) + 1
        self.alerts.append(
            PastAlert(
                id=number,
                labels={"alertname": name, "service": service},
                starts_at=self.world.at(at),
                ended_at=self.world.at(at + 1800),
                severity=severity,
                team=team,
                service=service,
            )
        )
        return number

    def trial(self, proposed: Version, *, unrelated=(), since: float = 10 * DAY, now: Version | None = None) -> Trial:
        return Trial(
            alerts=tuple(self.alerts),
            since=self.world.at(since),
            unrelated=tuple(unrelated),
            calls=(("orders", "orders-db"), ("checkout", "orders")),
            now=now or Version(settings=NOW),
            proposed=proposed,
        )


@pytest.fixture
def past() -> Past:
    return Past()


def model(log_odds: float) -> Learned:
    return Learned(version=1, constant=log_odds, weights=(0.0,) * len(CASE))


def test_the_same_settings_differ_in_nothing(past):
    found = run(past.trial(Version(settings=NOW)))
    assert found.now == found.proposed
    assert (found.different, found.differences) == (0, ())
    assert "as many pages" in found.sentence
    assert "cannot be said: nobody corrected the grouping of these days. 0 decisions differ." in found.sentence


def test_only_the_days_asked_for_are_judged_and_earlier_ones_teach(past):
    found = run(past.trial(Version(settings=NOW), since=15 * DAY))
    assert 0 < found.alerts < len(past.alerts) / 2
    assert found.now.saved > 0  # the second page of each outage is known to follow the first


def test_a_change_that_tears_everything_apart_pages_more_and_says_where(past):
    torn = Version(settings=NOW, learned=model(-20))
    found = run(past.trial(torn))
    assert found.proposed.incidents > found.now.incidents
    assert found.proposed.saved < found.now.saved
    assert "more (" in found.sentence
    first = found.differences[0]
    assert first.call_proposed is Call.PAGE
    assert first.call_now is not Call.PAGE
    assert first.only_now
    assert first.now != first.proposed
    assert first.change == "not paged again now, paged at once then"
    assert re.fullmatch(r"with alerts? [\d, ]+ only now", first.company)


def test_incidents_of_a_trial_are_named_after_their_first_alert_not_by_a_number_nobody_can_look_up(past):
    found = run(past.trial(Version(settings=NOW, learned=model(-20)), since=0))
    assert any("the incident of alert " in d.proposed for d in found.differences)
    assert not any("#" in text for d in found.differences for text in (d.now, d.proposed))


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        (Call.PAGE, Call.PAGE, "paged at once both times"),
        (Call.PAGE, Call.NOTICE, "paged at once now, not paged again then"),
        (Call.NONE, Call.HOLD, "paged nobody now, told, its page held then"),
    ],
)
def test_a_difference_says_who_hears_of_it_now_and_then(past, now, then, words):
    (first, *_) = run(past.trial(Version(settings=NOW, learned=model(-20)))).differences
    assert msgspec.structs.replace(first, call_now=now, call_proposed=then).change == words


def test_a_difference_names_what_the_alert_lay_with_only_once(past):
    (first, *_) = run(past.trial(Version(settings=NOW, learned=model(-20)))).differences
    both = msgspec.structs.replace(first, only_now=(3,), only_proposed=(5, 6))
    assert both.company == "with alert 3 only now; with alerts 5, 6 only then"
    assert msgspec.structs.replace(first, only_now=(), only_proposed=()).company == ""


def test_at_most_ten_differences_are_shown_calls_first(past):
    found = run(past.trial(Version(settings=NOW, learned=model(-20)), since=0))
    assert found.different > 10
    assert len(found.differences) == 10
    changed = [d.call_now is not d.call_proposed for d in found.differences]
    assert changed == sorted(changed, reverse=True)


def test_a_page_that_joined_only_what_people_said_it_does_not_belong_to_is_wrongly_hidden(past):
    """People said afterwards that the last outage's second page was a trouble of its own."""
    burn = max(a.id for a in past.alerts if a.labels["alertname"] == "BudgetBurn")
    others = tuple(a.id for a in past.alerts if a.id < burn and a.id >= burn - 2)
    found = run(past.trial(Version(settings=NOW, learned=model(-20)), unrelated=[Unrelated(alert=burn, others=others)]))
    assert found.corrections == 1
    assert "By 1 correction of people, 0 pages would have been wrongly hidden" in found.sentence
    assert found.now.wrongly_hidden in (0, 1)  # 1 unless it is held, which calls
    assert found.proposed.wrongly_hidden == 0  # it is paged alone
    called = run(past.trial(Version(settings=NOW), unrelated=[Unrelated(alert=burn, others=())]))
    assert called.now.wrongly_hidden == 0  # nobody said that of what it lies with


def test_weights_of_signals_make_the_difference(past):
    none = Settings(weights={"history": 0.0, "things": 0.0, "habit": 0.0, "place": 0.0})
    found = run(past.trial(Version(settings=none)))
    assert found.different > 0


def test_it_crosses_the_process_border_as_json(past):
    trial = past.trial(Version(settings=NOW, learned=model(1)))
    again = msgspec.json.decode(msgspec.json.encode(trial), type=Trial)
    found = run(again)
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


def test_without_alerts_there_is_nothing_to_say():
    found = run(Past(days=0).trial(Version(settings=NOW)))
    assert (found.alerts, found.different) == (0, 0)
