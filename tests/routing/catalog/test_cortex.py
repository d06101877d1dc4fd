"""Cortex descriptors as people write them, old spellings included."""

from __future__ import annotations

import pytest

from routing.catalog import Tool, ToolKind
from tests.routing.catalog.reading import company, entries, problems

LEDGER = """\
openapi: 3.0.1
info:
  title: The Ledger
  description: Keeps the books.
  x-cortex-tag: ledger
  x-cortex-type: service
  x-cortex-lifecycle: production
  x-cortex-groups: [tier-one, money]
  x-cortex-owners:
    - {type: group, name: shop/payments, provider: GITHUB, description: x}
    - {type: EMAIL, email: ledger@shop.example}
    - {type: SLACK, channel: ops, notificationsEnabled: true}
  x-cortex-parents:
    - tag: payments-platform
  x-cortex-dependency:
    - {tag: vault, method: GET, path: /cards}
    - tag: fx
  x-cortex-link:
    - {name: How to, type: runbook, url: https://wiki/ledger}
    - {name: Docs, type: documentation, url: docs/readme.md}
  x-cortex-dashboards:
    embeds:
      - {type: grafana, url: https://grafana/d/ledger}
  x-cortex-git:
    github: {repository: shop/ledger, basepath: src}
  x-cortex-custom-metadata: {tier: 1, other: {value: 2}}
  x-cortex-oncall:
    pagerduty: {id: 12435, type: SCHEDULE}
"""


def test_every_documented_field_is_read():
    entry = entries("cortex", LEDGER)["ledger"]
    assert (entry.owner, entry.other_owners) == ("shop/payments", ("ledger@shop.example",))
    assert entry.tier == 1
    assert entry.lifecycle == "production"
    assert entry.description == "Keeps the books."
    assert entry.aliases == ("The Ledger",)
    assert entry.depends_on == ("vault", "fx")
    assert entry.tags == ("tier-one", "money")
    assert entry.tools == (
        Tool(kind=ToolKind.RUNBOOK, name="How to", url="https://wiki/ledger"),
        Tool(kind=ToolKind.DASHBOARD, name="grafana", url="https://grafana/d/ledger"),
        Tool(kind=ToolKind.REPOSITORY, name="shop/ledger", url="https://github.com/shop/ledger"),
    )
    assert entry.origin("owner").line == 9
    assert problems("cortex", LEDGER) == []


def domain(tag, *owners, parents=""):
    rows = "".join(f"    - {{type: group, name: {name}, inheritance: {mode}}}\n" for name, mode in owners)
    above = f"  x-cortex-parents: [{{tag: {parents}}}]\n" if parents else ""
    return f"info:\n  x-cortex-tag: {tag}\n  x-cortex-type: domain\n  x-cortex-owners:\n{rows}{above}"


def service(owners=""):
    return f"info:\n  x-cortex-tag: a\n  x-cortex-parents: [{{tag: d}}]\n  x-cortex-owners: {owners}\n"


def test_a_fallback_owner_of_a_parent_counts_where_a_service_has_none():
    above = domain("d", ("leads", "NONE"), ("platform", "FALLBACK"))
    assert company("cortex", x=service(), y=above).entries[0].owner == "platform"
    own = service("[{type: group, name: mine}]")
    assert company("cortex", x=own, y=above).entries[0].owner == "mine"


def test_an_owner_that_is_not_handed_down_stays_with_the_parent():
    assert company("cortex", x=service(), y=domain("d", ("leads", "NONE"))).entries[0].owner == ""


def test_inheritance_reaches_over_several_levels():
    content = company("cortex", x=service(), y=domain("d", parents="e"), z=domain("e", ("top", "fallback")))
    assert content.entries[0].owner == "top"


def test_keys_beside_info_and_the_old_group_key_are_understood():
    text = "openapi: 3.0.0\ninfo: {title: A}\nx-cortex-tag: a\nx-cortex-owners: [{type: GROUP, groupName: x}]\n"
    assert entries("cortex", text)["a"].owner == "x"
    old = "info: {x-cortex-tag: a, x-cortex-service-groups: [automation], x-cortex-link: }\n"
    assert entries("cortex", old)["a"].tags == ("automation",)


def test_the_longer_form_of_dependencies_is_understood():
    text = "info: {x-cortex-tag: a, x-cortex-dependency: {cortex: [{tag: b}], aws: {tags: []}}}\n"
    assert entries("cortex", text)["a"].depends_on == ("b",)


def test_teams_are_groups_not_services():
    text = "info:\n  title: Payments\n  x-cortex-tag: pay\n  x-cortex-type: team\n  x-cortex-team:\n    groups: [{name: shop/pay, provider: GITHUB}]\n"
    content = company("cortex", f=text)
    assert content.entries == ()
    assert content.groups[0].names == ("pay", "Payments", "shop/pay")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("openapi: 3.0.1\ninfo:\n  title: A\n", 3, "x-cortex-tag is missing"),
        ("info:\n  x-cortex-tag: a\n  x-cortex-owners:\n  - {type: group}\n", 4, "an owner of type group names nobody"),
        (
            "info:\n  x-cortex-tag: a\n  x-cortex-dependency:\n  - {x: y}\n",
            4,
            "x-cortex-dependency has a member without tag",
        ),
        (
            "info:\n  x-cortex-tag: a\n  x-cortex-link:\n  - {name: x, url: 'javascript:x'}\n",
            4,
            "the link's address 'javascript:x' is no web address",
        ),
        (domain("d", ("x", "SOMETIMES")), 5, "inheritance is 'sometimes'"),
    ],
)
def test_a_fault_is_told_with_its_line(text, line, what):
    assert (line, what) in problems("cortex", text)


def test_relationships_that_are_dependencies_count():
    text = (
        "info:\n  x-cortex-tag: a\n  x-cortex-relationships:\n"
        "    - {type: depends-on, destinations: [{tag: b}, {tag: c}]}\n    - {type: documents, destinations: [{tag: d}]}\n"
    )
    assert entries("cortex", text)["a"].depends_on == ("b", "c")


def test_a_whole_company_in_several_files():
    team = "openapi: 3.0.1\ninfo: {title: Payments Team, x-cortex-tag: pay, x-cortex-type: team}\n"
    above = """\
openapi: 3.0.1
info:
  title: Commerce
  x-cortex-tag: commerce
  x-cortex-type: domain
  x-cortex-owners:
    - {type: group, name: leads, provider: CORTEX}
    - {type: group, name: platform, provider: CORTEX, inheritance: FALLBACK}
"""
    below = """\
openapi: 3.0.1
info:
  title: Money
  x-cortex-tag: money
  x-cortex-type: domain
  x-cortex-domain-parents: [{tag: commerce}]
  x-cortex-owners:
    - {type: group, name: pay, provider: CORTEX, inheritance: APPEND}
"""
    services = """\
openapi: 3.0.1
info: {title: Ledger, x-cortex-tag: ledger, x-cortex-type: service, x-cortex-parents: [{tag: money}]}
---
openapi: 3.0.1
info: {title: Carts, x-cortex-tag: carts, x-cortex-parents: [{tag: commerce}]}
---
openapi: 3.0.1
info:
  title: Topic
  x-cortex-tag: orders
  x-cortex-type: kafka-topic
  x-cortex-owners: [{type: email, email: data@shop.example}, {type: group, name: data}]
---
openapi: 3.0.1
info: {title: Alone, x-cortex-tag: alone, x-cortex-parents: [{tag: nowhere}]}
"""
    content = company("cortex", team=team, above=above, below=below, services=services)
    assert {entry.name: (entry.owner, entry.other_owners) for entry in content.entries} == {
        "ledger": ("pay", ()),
        "carts": ("platform", ()),
        "orders": ("data", ("data@shop.example",)),
        "alone": ("", ()),
    }
    assert [group.names for group in content.groups] == [("pay", "Payments Team")]
    assert content.problems == ()
