"""Links lead to the very instance, and a label can only ever be a piece of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.catalog import Entry, Tool, ToolKind
from routing.catalog.links import alert_links, filled_url, links, template_faults

LABELS = {"instance": "web-1:9100", "path": "a/b?c&d#e", "service": "cart"}


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://x/d?var-instance={instance}", "https://x/d?var-instance=web-1%3A9100"),
        ("https://x/{path}", "https://x/a%2Fb%3Fc%26d%23e"),
        ("https://x/d?a=1&b={missing}&c={service}", "https://x/d?a=1&c=cart"),
        ("https://x/d?b={missing}", "https://x/d"),
        ("https://x/d?b={missing}#top", "https://x/d#top"),
        ("https://x/{missing}", None),
        ("https://x/#{missing}", None),
        ("https://x/%7Bjson%7D?q={}", "https://x/%7Bjson%7D?q={}"),
        ("javascript:alert({instance})", None),
    ],
)
def test_places_are_filled_and_escaped(template, url):
    assert filled_url(template, LABELS) == url


@given(st.text(min_size=1))
def test_no_label_value_leaves_its_place(value):
    url = filled_url("https://host/a/{x}/b?q={x}#f{x}", {"x": value})
    assert url.startswith("https://host/a/")
    assert (url.count("/"), url.count("?"), url.count("#"), url.count("&")) == (5, 1, 1, 0)


def test_the_runbook_comes_first_and_links_with_a_missing_label_are_left_out():
    entry = Entry(
        name="checkout",
        tools=(
            Tool(kind=ToolKind.LOGS, name="Logs", url="https://logs/{pod}"),
            Tool(kind=ToolKind.DASHBOARD, name="Board", url="https://g/{instance}?s={service}"),
            Tool(kind=ToolKind.RUNBOOK, name="Book", url="https://wiki"),
        ),
    )
    assert [(link.name, link.url) for link in links(entry, {"instance": "a"})] == [
        ("Book", "https://wiki"),
        ("Board", "https://g/a?s=checkout"),
    ]


def test_the_links_an_alert_brings_are_only_web_addresses():
    found = alert_links({"runbook_url": "https://r", "dashboard": "javascript:x"}, "http://prometheus/g")
    assert [(link.kind, link.url) for link in found] == [
        (ToolKind.RUNBOOK, "https://r"),
        (ToolKind.OTHER, "http://prometheus/g"),
    ]


def test_a_label_may_not_choose_the_host():
    assert list(template_faults(Tool(kind=ToolKind.LOGS, name="l", url="https://{host}/x")))
    assert not list(template_faults(Tool(kind=ToolKind.LOGS, name="l", url="https://x/{host}?{y}")))
