"""Whether a message still asks for an answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notifiers.message import IncidentLine, Message, MessageKind, Standing
from routing.alert import Severity
from tests.notifiers.conftest import NOON

OVER = Standing(resolved=True, by="", at=NOON)


def bundle(numbers: list[int], total: int) -> Message:
    lines = tuple(IncidentLine(number=n, code="", team="", severity=Severity.CRITICAL, summary="") for n in numbers)
    return Message(kind=MessageKind.BUNDLE, page_id="p", at=NOON, lines=lines, total=total)


def test_a_page_waits_until_its_incident_stands(message):
    assert message().waits({})
    assert message().waits({1: OVER})
    assert not message().waits({4711: OVER})


@given(st.sets(st.integers(1, 50), min_size=1), st.data())
def test_a_bundle_waits_as_long_as_any_of_it_does(numbers, data):
    settled = data.draw(st.sets(st.sampled_from(sorted(numbers))))
    whole = bundle(sorted(numbers), len(numbers))
    assert whole.waits(dict.fromkeys(settled, OVER)) is (settled != numbers)


@given(st.sets(st.integers(1, 50), min_size=2), st.data())
def test_of_a_bundle_that_was_cut_those_without_a_line_count_too(numbers, data):
    settled = data.draw(st.sets(st.sampled_from(sorted(numbers))))
    cut = bundle(sorted(numbers)[:1], len(numbers))
    assert cut.waits(dict.fromkeys(settled, OVER)) is (settled != numbers)
