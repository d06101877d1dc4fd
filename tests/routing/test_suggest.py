"""An unowned alert comes with a likely owner, why, and the line that settles it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.catalog import Catalog, Entry
from routing.lined_yaml import load_documents
from routing.matchers import parse_matchers
from routing.owner import Resolver
from routing.suggest import rule_line, suggest

CATALOG = Catalog.of(
    [
        Entry(name="checkout-frontend", owner="storefront"),
        Entry(name="billing", owner="payments", namespaces=("money",), depends_on=("oracle",)),
        Entry(name="invoices", owner="accounts", namespaces=("money",), depends_on=("oracle",)),
    ]
)
RESOLVER = Resolver(CATALOG, ("storefront", "payments", "accounts", "sre"), "sre")


def likely(labels, **acknowledged):
    return suggest(labels, CATALOG, RESOLVER, acknowledged)


def test_a_name_that_reads_alike_suggests_its_owner():
    first = likely({"service": "chekout-frontent"})[0]
    assert first.team == "storefront"
    assert first.reasons == ('service="chekout-frontent" reads like the service checkout-frontend',)


def test_who_took_such_alerts_before_counts_most():
    first = likely({"namespace": "money"}, accounts=9, payments=1)[0]
    assert (first.team, first.reasons[0]) == ("accounts", "acknowledged 9 of 10 such alerts")


def test_several_neighbours_are_all_named():
    assert {found.team for found in likely({"database": "x", "service": "oracle"})} == {"payments", "accounts"}


def test_a_team_named_in_the_alert_is_suggested():
    assert likely({"alertname": "PaymentsQueueFull"})[0].team == "payments"


def test_more_evidence_scores_higher_and_never_over_one():
    weak = likely({"alertname": "PaymentsQueueFull"})[0]
    strong = likely({"alertname": "PaymentsQueueFull", "service": "biling"}, payments=50)[0]
    assert weak.score < strong.score <= 1


def test_nothing_known_suggests_nothing():
    assert likely({"instance": "10.0.0.1"}) == ()
    assert likely({}) == ()


@pytest.mark.parametrize(
    ("labels", "matcher"),
    [
        ({"service": "x", "alertname": "A"}, {"service": "x"}),
        ({"alertname": "a\"b'c\\d"}, {"alertname": "a\"b'c\\d"}),
        ({"zone": "1", "http.code": "5"}, {"http.code": "5"}),
        ({}, {}),
    ],
)
def test_the_printed_line_is_yaml_that_matches_the_alert(labels, matcher):
    ((rule,),) = load_documents(rule_line(labels, "payments"))
    assert rule["team"] == "payments"
    assert all(found.matches(matcher) for found in parse_matchers(rule["match"]))


@given(
    st.dictionaries(st.sampled_from(["service", "alertname", "team", "zone", "http.code"]), st.text(), max_size=3),
    st.sampled_from(["payments", "no", "on", "1e3", "0x1f", "12", "null", "a.b_c-d", "2026-01-01"]),
)
def test_whatever_stands_in_the_labels_the_line_is_one_rule_that_matches_them(labels, team):
    ((rule,),) = load_documents(rule_line(labels, team))
    assert rule["team"] == team
    assert "\n" not in rule_line(labels, team)
    assert all(found.matches(labels) for found in parse_matchers(rule["match"]))


words = st.sampled_from(["chekout", "billing", "oracle", "money", "storefront", "PaymentsQueueFull", "x", ""])


@given(
    st.dictionaries(st.sampled_from(["service", "alertname", "namespace", "app"]), words, max_size=4),
    st.dictionaries(st.sampled_from(["storefront", "payments", "accounts"]), st.integers(0, 20), max_size=3),
)
def test_suggestions_are_few_sure_to_a_part_each_with_a_reason_and_likeliest_first(labels, acknowledged):
    found = likely(labels, **acknowledged)
    assert len(found) <= 3
    assert len({one.team for one in found}) == len(found)
    assert all(0 < one.score <= 1 and one.reasons for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    again = likely(dict(reversed(labels.items())), **acknowledged)
    assert [(one.team, one.score) for one in again] == [(one.team, one.score) for one in found]
