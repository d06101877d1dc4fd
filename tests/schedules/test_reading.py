"""Every recorded feed gives the answer that independent implementations agree on."""

from __future__ import annotations

import pytest

from tests.schedules.expected import DATA, THIRDPARTY, document, names_in, pieces, reading

FEEDS = DATA / "feeds"
MALFORMED = DATA / "malformed"
REFUSING = {"reject_keep_last", "reject_keep_last_or_partial"}


def accepted(expected):
    return expected.get("segments_wall", expected.get("segments"))


@pytest.mark.parametrize("name", names_in(FEEDS))
def test_a_feed_gives_its_segments(name):
    expected = document(FEEDS, name)
    found = reading(FEEDS, name, expected)
    assert pieces(found.segments) == accepted(expected)


@pytest.mark.parametrize("name", [name for name in names_in(FEEDS) if "by_role" in document(FEEDS, name)])
def test_a_feed_with_roles_gives_the_segments_of_each(name):
    expected = document(FEEDS, name)
    found = reading(FEEDS, name, expected)
    assert {role: pieces(found.segments, role) for role in expected["by_role"]} == expected["by_role"]


@pytest.mark.parametrize("name", names_in(THIRDPARTY))
def test_a_feed_of_another_projects_test_suite_gives_its_segments(name, shared_data):
    folder = shared_data / "ical" / "thirdparty"
    expected = document(folder, name)
    found = reading(folder, name, expected)
    assert pieces(found.segments) == accepted(expected)


@pytest.mark.parametrize("name", names_in(MALFORMED))
def test_broken_input_is_refused_or_costs_only_what_is_broken(name):
    expected = document(MALFORMED, name)
    found = reading(MALFORMED, name, expected)
    if expected["expect"] in REFUSING:
        assert found.refused is not None
    else:
        assert found.refused is None
        assert pieces(found.segments) == expected["segments_of_good_events"]
        assert len(found.warnings) == len(expected["ignore_names"])
        assert not {shift.person for shift in found.shifts} & set(expected["ignore_names"])
