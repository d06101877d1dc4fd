from __future__ import annotations

import pytest

from routing.catalog import Origin, Tool, ToolKind
from tests.routing.catalog.reading import company, entries, problems

SHOP = """\
checkout:
  owner: payments
  tier: 1
  lifecycle: production
  description: >
    Takes the cart
    to a paid order.
  aliases: [cart-api, cart-api]
  depends_on: ledger
  namespaces: [shop]
  paths: [/src/checkout/]
  tags: [pci]
  tools:
    runbook: https://wiki/checkout
    dashboard:
      Latency: https://grafana/d/a?var-instance={instance}
    logs: [https://logs/1, https://logs/2]
ledger: {owner: no, tier: tier_2}
"""


def test_every_field_is_read():
    checkout = entries("own", SHOP)["checkout"]
    assert checkout.owner == "payments"
    assert checkout.tier == 1
    assert checkout.lifecycle == "production"
    assert checkout.description == "Takes the cart to a paid order."
    assert checkout.aliases == ("cart-api",)
    assert checkout.depends_on == ("ledger",)
    assert checkout.namespaces == ("shop",)
    assert checkout.paths == ("/src/checkout/",)
    assert checkout.tags == ("pci",)
    assert checkout.tools == (
        Tool(kind=ToolKind.RUNBOOK, name="runbook", url="https://wiki/checkout"),
        Tool(kind=ToolKind.DASHBOARD, name="Latency", url="https://grafana/d/a?var-instance={instance}"),
        Tool(kind=ToolKind.LOGS, name="logs 1", url="https://logs/1"),
        Tool(kind=ToolKind.LOGS, name="logs 2", url="https://logs/2"),
    )


def test_every_field_knows_its_file_and_line():
    checkout = entries("own", SHOP)["checkout"]
    assert checkout.origin() == Origin(source="own", file="f", line=1)
    assert checkout.origin("owner") == Origin(source="own", file="f", line=2)
    assert checkout.origin("tools.runbook.runbook") == Origin(source="own", file="f", line=13)


def test_words_of_yaml_1_1_stay_words():
    assert entries("own", SHOP)["ledger"].owner == "no"


def test_anchors_and_merge_keys_are_understood():
    text = "a: &base\n  owner: x\n  tier: 2\nb:\n  <<: *base\n  tier: 1\n"
    assert entries("own", text)["b"].owner == "x"
    assert entries("own", text)["b"].tier == 1


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a:\n  owner: x\n  ownr: y\n", 3, "service a: there is no key 'ownr'"),
        ("a:\n  tier: 1\n", 1, "service a: owner is missing"),
        ("a:\n  owner: x\n  tier: big\n", 3, "service a: tier is 'big'"),
        ("a: 7\n", 1, "service a is no mapping"),
        ("a:\n  owner: x\na:\n  owner: y\n", 3, "the file is not YAML: the key 'a' stands twice in one mapping"),
        ("a:\n  owner: x\n  tools:\n    runbok: https://x\n", 4, "service a: there is no kind of tool 'runbok'"),
        (
            "a:\n  owner: x\n  tools:\n    runbook: javascript:alert(1)\n",
            4,
            "service a: runbook 'runbook' is no web address: 'javascript:alert(1)'",
        ),
        ("a:\n  owner: true\n", 2, "owner is true, not a text"),
        (
            "a:\n  owner: x\n  tools:\n    logs: https://{host}/x\n",
            4,
            "service a: logs 'logs': the host may not come from a label",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(text, line, what):
    assert (line, what) in problems("own", text)


def test_one_bad_file_costs_that_file():
    content = company("own", good="a: {owner: x}\n", bad="b: [\n")
    assert [entry.name for entry in content.entries] == ["a"]
    assert [problem.file for problem in content.problems] == ["bad"]


def test_a_service_in_two_files_is_told_with_both_places():
    content = company("own", one="a: {owner: x}\n", two="\na: {owner: y}\n")
    assert [entry.owner for entry in content.entries] == ["x"]
    assert [(p.file, p.line, p.mend) for p in content.problems] == [("two", 2, "Remove one; the other is at one:1")]
