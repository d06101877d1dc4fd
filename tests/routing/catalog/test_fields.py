"""The small fields that every format writes in its own way."""

from __future__ import annotations

import pytest

from routing.catalog import ToolKind, normalised
from routing.catalog.fields import is_web_address, tier, tool, tool_kind, unique


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("tier_1", 1),
        ("tier-2", 2),
        ("Tier 3", 3),
        ("TIER4", 4),
        ("T0", 0),
        ("p2", 2),
        ("level 1", 1),
        ("critical", 1),
        ("Mission-Critical", 1),
        ("mission_critical", 1),
        ("medium", 3),
        ("", None),
        ("tier", None),
        ("12", None),
        ("frontend", None),
    ],
)
def test_a_tier_is_a_number_however_it_is_written(text, number):
    assert tier(text) == number


@pytest.mark.parametrize(
    ("hints", "kind"),
    [
        (("runbook", "https://grafana/x"), ToolKind.RUNBOOK),
        (("", "Playbook"), ToolKind.RUNBOOK),
        (("dashboard",), ToolKind.DASHBOARD),
        (("Grafana board",), ToolKind.DASHBOARD),
        (("Kibana",), ToolKind.LOGS),
        (("", "https://loki.example/explore"), ToolKind.LOGS),
        (("Jaeger",), ToolKind.TRACES),
        (("Sentry",), ToolKind.DEBUGGER),
        (("slack",), ToolKind.CHAT),
        (("https://github.com/x/y",), ToolKind.REPOSITORY),
        (("Wiki", "https://wiki/x"), ToolKind.OTHER),
        ((), ToolKind.OTHER),
    ],
)
def test_a_links_purpose_is_read_from_the_words_about_it(hints, kind):
    assert tool_kind(*hints) is kind


def test_the_type_says_more_than_the_address():
    assert tool("Board", "https://github.com/x", "dashboard").kind is ToolKind.DASHBOARD
    assert tool("", "https://x").name == "https://x"


@pytest.mark.parametrize(
    ("url", "web"),
    [
        ("https://x", True),
        ("HTTP://x", True),
        (" https://x", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("ftp://x", False),
        ("//x", False),
        ("x/y", False),
        ("", False),
    ],
)
def test_only_http_is_a_web_address(url, web):
    assert is_web_address(url) is web


def test_texts_are_kept_once_in_order():
    assert unique(["b", "", "a", "b", "c"], "c") == ("b", "a")


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("checkout", "checkout"),
        ("CheckoutService", "checkout"),
        ("prod/checkout_svc", "checkout"),
        ("checkout-service-prod", "checkout"),
        ("HTTPProxy", "httpproxy"),
        ("service", "service"),
        ("prod-service", "prod-service"),
        ("a.b_c/d e", "a-b-c-d-e"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_the_normal_form_forgets_case_marks_and_filler(name, normal):
    assert normalised(name) == normal
