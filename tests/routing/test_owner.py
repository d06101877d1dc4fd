"""Every alert has an owner, the first rule that knows one decides, and the answer tells the path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.catalog import Catalog, Entry, Origin
from routing.catalog.reading import CodeOwner, Group
from routing.matchers import parse_matchers
from routing.owner import Resolver
from routing.rules import LabelRule, MatchRule, ServiceRule, default_rules

CATALOG = Catalog.of(
    [
        Entry(
            name="checkout",
            owner="payments",
            aliases=("cart-api",),
            namespaces=("shop",),
            depends_on=("ledger-db",),
            origins={"owner": Origin(source="own", file="catalog/shop.yaml", line=4)},
        ),
        Entry(name="SearchService", owner="discovery", namespaces=("search",), paths=("/src/search/",)),
        Entry(name="indexer", owner="discovery", namespaces=("search", "shared"), paths=("*.idx",)),
        Entry(name="billing", owner="Money", namespaces=("shared",)),
        Entry(name="abandoned", owner="dissolved-team"),
        Entry(name="kube-state-metrics", owner="platform"),
    ]
)
TEAMS = ("payments", "discovery", "platform", "sre")


def resolver(*matchers, rules=None):
    return Resolver(CATALOG, TEAMS, "sre", rules or default_rules(matchers), {"Money": "payments", "Gone": "dissolved"})


def match_rule(text, **changes):
    return MatchRule(matchers=parse_matchers(text), **changes)


@pytest.mark.parametrize(
    ("labels", "team", "service", "rule"),
    [
        ({"team": "payments"}, "payments", None, "label"),
        ({"team": "PAYMENTS", "service": "indexer"}, "payments", "indexer", "label"),
        ({"team": "Money"}, "payments", None, "label"),
        ({"owner": "discovery"}, "discovery", None, "label"),
        ({"team": "nobody", "service": "checkout"}, "payments", "checkout", "service"),
        ({"service": "checkout"}, "payments", "checkout", "service"),
        ({"app": "CART-API"}, "payments", "checkout", "service"),
        ({"job": "prod/checkout_svc"}, "payments", "checkout", "service"),
        ({"service": "search"}, "discovery", "SearchService", "service"),
        ({"service": "billing"}, "payments", "billing", "service"),
        ({"namespace": "shop"}, "payments", "checkout", "namespace"),
        ({"namespace": "search"}, "discovery", None, "namespace"),
        ({"database": "ledger-db"}, "payments", "checkout", "dependency"),
        ({"job": "ledger-db"}, "payments", "checkout", "dependency"),
        ({"module": "src.search.index"}, "discovery", "SearchService", "path"),
        ({"path": "/src/search/rank.py"}, "discovery", "SearchService", "path"),
        ({"file": "deep/down/x.idx"}, "discovery", "indexer", "path"),
        ({"job": "kube-state-metrics", "namespace": "shop"}, "payments", "checkout", "namespace"),
        ({"job": "kube-state-metrics"}, "platform", "kube-state-metrics", "service"),
        ({"service": "abandoned"}, "sre", "abandoned", "fallback"),
        ({"namespace": "shared"}, "sre", None, "fallback"),
        ({"instance": "db1"}, "sre", None, "fallback"),
        ({}, "sre", None, "fallback"),
    ],
)
def test_the_first_rule_that_knows_a_team_decides(labels, team, service, rule):
    found = resolver().resolve(labels)
    assert (found.team, found.service, found.rule) == (team, service, rule)
    assert found.reasons


def test_the_answer_names_the_file_and_line_that_decided():
    found = resolver().resolve({"service": "checkout"})
    assert found.source == "catalog/shop.yaml:4 (own)"
    assert found.reasons == ('service="checkout" is the service checkout, owned by payments',)


def test_the_answer_tells_what_was_tried_before():
    found = resolver().resolve({"team": "nobody", "service": "abandoned", "namespace": "shared"})
    assert found.tried[:3] == (
        'label team="nobody": no such team',
        'service="abandoned" is the service abandoned, which no team there is owns',
        'namespace="shared" is the namespace of billing, indexer, whose owners differ',
    )


def test_the_fallback_of_the_integration_comes_before_the_general_one():
    assert resolver().resolve({"instance": "db1"}, "platform").team == "platform"
    assert resolver().resolve({"service": "checkout"}, "platform").team == "payments"


def test_matcher_rules_are_asked_in_order_before_the_catalog():
    rules = [
        match_rule('alertname=~"Node.*", env!="dev"', team="platform", origin="oncall.yaml:9"),
        match_rule('env="prod"', team="discovery"),
        match_rule('alertname="NodeDown"', service="checkout"),
    ]
    found = resolver(*rules).resolve({"alertname": "NodeDown", "env": "prod", "service": "checkout"})
    assert (found.team, found.rule, found.source) == ("platform", "match", "oncall.yaml:9")
    assert resolver(*rules).resolve({"alertname": "Other", "env": "prod"}).team == "discovery"
    found = resolver(*rules).resolve({"alertname": "NodeDown", "env": "dev"})
    assert (found.team, found.service) == ("payments", "checkout")


def test_a_matcher_rule_for_a_team_that_is_gone_is_passed_over_and_said():
    found = resolver(match_rule("service=checkout", team="gone")).resolve({"service": "checkout"})
    assert found.team == "payments"
    assert "names no team there is" in found.tried[0]


def test_the_declared_order_is_kept():
    rules = (ServiceRule(labels=("service",)), LabelRule(labels=("team",)))
    assert resolver(rules=rules).resolve({"service": "checkout", "team": "sre"}).team == "payments"


names = st.sampled_from(["team", "service", "app", "job", "namespace", "path", "module", "database", "x"])
values = st.sampled_from([entry.name for entry in CATALOG.entries] + ["shop", "shared", "a/b", "", "*", "payments"])


@given(st.dictionaries(names | st.text(), values | st.text()))
def test_every_label_set_yields_a_team_there_is_and_a_reason(labels):
    found = resolver(match_rule('x=~".*y.*"', team="platform")).resolve(labels)
    assert found.team in TEAMS
    assert all(found.reasons)


@given(st.permutations(CATALOG.entries), st.dictionaries(names, values))
def test_the_order_of_entries_changes_nothing(entries, labels):
    shuffled = Resolver(Catalog.of(entries), TEAMS, "sre", None, {"Money": "payments"})
    assert shuffled.resolve(labels) == resolver(rules=default_rules()).resolve(labels)


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "x", "xy", "yx", "z"]))
OPS = st.sampled_from(['a="x"', 'a=""', 'b!="x"', 'a=~"x.*"', 'a=~".*"', 'b!~"y.*"', 'c=~"x|z"', 'c=~"(x|y)+"'])


@given(st.lists(st.lists(OPS, min_size=1, max_size=3), max_size=6), LABELS)
def test_looking_rules_up_finds_what_trying_each_would(texts, labels):
    rules = [match_rule(", ".join(text), team="payments", origin=str(n)) for n, text in enumerate(texts)]
    first = next((r for r in rules if all(m.matches(labels) for m in r.matchers)), None)
    found = Resolver(CATALOG, TEAMS, "sre", rules).resolve(labels)
    assert found.source == (first.origin if first else "")


def code(pattern, *owners, repository="", line=1):
    origin = Origin(source="code", file="CODEOWNERS", line=line)
    return CodeOwner(pattern=pattern, owners=owners, repository=repository, origin=origin)


CODE = Catalog.of(
    [Entry(name="rank", owner="discovery", paths=("/src/rank/",))],
    [
        code("*", "shop/sre", repository="web"),
        code("/src/", "shop/payments", repository="web", line=2),
        code("/src/legacy/", "jane", repository="web", line=3),
        code("/src/", "shop/discovery", repository="api"),
    ],
)


@pytest.mark.parametrize(
    ("labels", "team", "source"),
    [
        ({"path": "src/rank/x.py"}, "discovery", ""),
        ({"path": "src/x.py", "repository": "shop/web"}, "payments", "CODEOWNERS:2 (code)"),
        ({"path": "web/src/x.py"}, "payments", "CODEOWNERS:2 (code)"),
        ({"path": "README", "repo": "web"}, "sre", "CODEOWNERS:1 (code)"),
        ({"path": "src/x.py", "repository": "api"}, "discovery", "CODEOWNERS:1 (code)"),
    ],
)
def test_a_path_is_owned_by_a_service_first_and_by_its_code_owners_next(labels, team, source):
    found = Resolver(CODE, TEAMS, "platform").resolve(labels)
    assert (found.team, found.rule, found.source) == (team, "path", source)


@pytest.mark.parametrize(
    ("labels", "tried"),
    [
        ({"path": "src/x.py"}, 'path="src/x.py": the code owners\' line /src/ differs between repositories'),
        (
            {"path": "src/legacy/x", "repo": "web"},
            'path="src/legacy/x": the code owners\' line /src/legacy/ names no team there is',
        ),
    ],
)
def test_code_owners_that_differ_or_are_no_team_decide_nothing(labels, tried):
    found = Resolver(CODE, TEAMS, "platform").resolve(labels)
    assert found.rule == "fallback"
    assert tried in found.tried


def test_the_first_of_several_owners_that_is_a_team_counts():
    catalog = Catalog.of([Entry(name="a", owner="gone", other_owners=("jane@shop.example", "Payments Team", "sre"))])
    assert Resolver(catalog, TEAMS, "platform").resolve({"service": "a"}).team == "payments"


def test_a_sources_own_names_of_a_team_are_understood():
    origin = Origin(source="portal")
    catalog = Catalog.of([Entry(name="a", owner="pay-1")], groups=[Group(names=("pay-1", "Payments"), origin=origin)])
    assert Resolver(catalog, TEAMS, "platform").resolve({"service": "a"}).team == "payments"


@pytest.mark.parametrize("exporter", ["node-exporter", "postgres_exporter", "kube-state-metrics", "blackbox"])
def test_an_exporter_is_asked_last_for_it_reports_on_others(exporter):
    catalog = Catalog.of(
        [Entry(name=exporter, owner="platform"), Entry(name="ledger", owner="payments", namespaces=("money",))]
    )
    resolver = Resolver(catalog, TEAMS, "sre")
    assert resolver.resolve({"job": exporter, "namespace": "money"}).team == "payments"
    assert resolver.resolve({"job": exporter, "namespace": "elsewhere"}).team == "platform"
