"""OpsLevel descriptors as people write them, with the empty keys its export leaves."""

from __future__ import annotations

import pytest

from routing.catalog import Origin, Tool, ToolKind
from tests.routing.catalog.reading import entries, problems

CONSOLE = """\
---
version: 1
service:
  name: Support Console
  lifecycle: end-of-life
  tier: tier_3
  product: Support
  system: tools
  owner: internal_tools
  language: Ruby
  framework: Sinatra
  description: 'Used by support. '
  aliases:
  - console
  tags:
  - key: db
    value: mysql
  - key: public
    value: false
  tools:
  - name: Splunk
    category: logs
    url: https://logs.example/console
    environment: Production
  - name: Sentry
    category: errors
    url: https://sentry.example/console
    environment:
  - name: Board
    category: metrics
    url: https://datadog.example/console
  - name: Broken
    category: other
    url: console
  repositories:
  - name: shop/console
    path: "/"
    provider: github
  dependencies:
  - alias: fraud_detection
  - billing
  alert_sources:
  - type: pagerduty
    external_id: PX
  properties:
    vpc_enabled:
"""


def test_every_documented_field_is_read():
    entry = entries("opslevel", CONSOLE)["Support Console"]
    assert entry.owner == "internal_tools"
    assert entry.tier == 3
    assert entry.lifecycle == "end-of-life"
    assert entry.description == "Used by support."
    assert entry.aliases == ("console", "support_console")
    assert entry.depends_on == ("fraud_detection", "billing")
    assert entry.tags == ("db:mysql", "public:false")
    assert entry.tools == (
        Tool(kind=ToolKind.LOGS, name="Splunk Production", url="https://logs.example/console"),
        Tool(kind=ToolKind.DEBUGGER, name="Sentry", url="https://sentry.example/console"),
        Tool(kind=ToolKind.DASHBOARD, name="Board", url="https://datadog.example/console"),
        Tool(kind=ToolKind.REPOSITORY, name="shop/console", url="https://github.com/shop/console"),
    )
    assert entry.origin("owner") == Origin(source="opslevel", file="f", line=9)
    assert entry.origin("depends_on").line == 39


def test_a_service_is_lately_called_component():
    assert entries("opslevel", "version: 1\ncomponent:\n  name: a\n  owner: x\n")["a"].owner == "x"


def test_empty_keys_mean_nothing():
    text = "version: 1\nservice:\n  name: a\n  owner: x\n  aliases:\n  tags:\n  tools:\n  dependencies: []\n"
    assert entries("opslevel", text)["a"].tools == ()
    assert problems("opslevel", text) == []


def test_a_repository_is_named_by_the_folder_its_file_lies_in():
    text = "---\nversion: 1\nrepository:\n  owner: cloud-platform\n  tier: tier_2\n  tags:\n"
    found = entries("opslevel", text, "checkouts__go-auth__opslevel.yml")
    assert (found["go-auth"].owner, found["go-auth"].tier) == ("cloud-platform", 2)


def test_several_services_may_stand_in_one_file():
    text = "version: 1\nservice: {name: a, owner: x}\n---\nversion: 1\nservice: {name: b, owner: y}\n"
    assert set(entries("opslevel", text)) == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("version: 2\nservice: {name: a}\n", 1, "version is '2'"),
        ("service: {name: a}\n", 1, "version is missing"),
        ("version: 1\n", 1, "there is neither service:, component: nor repository:"),
        ("version: 1\nservice:\n  owner: x\n", 3, "the service has no name"),
        ("version: 1\nservice:\n  name: a\n  tier: gold plated\n", 4, "the tier 'gold plated' has no number"),
        ("version: 1\nservice:\n  name: a\n  dependencies:\n  - {}\n", 5, "a dependency names no service"),
        (CONSOLE, 34, "the tool's address 'console' is no web address"),
        ("version: 1\nrepository: {owner: x}\n", 2, "the repository has no name of its own"),
    ],
)
def test_a_fault_is_told_with_its_line(text, line, what):
    assert (line, what) in problems("opslevel", text)
