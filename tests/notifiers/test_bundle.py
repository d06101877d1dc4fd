from __future__ import annotations

from notifiers.bundle import MOST_LINES, bundle
from notifiers.message import MessageKind
from routing.alert import Severity


def test_a_bundle_counts_all_names_the_loudest_first_and_keeps_its_code(message, now):
    pages = [message(incident=n, code=str(n), summary=f"number {n}") for n in range(1, 31)]
    one = bundle(pages, page_id="pg_b", at=now)
    assert one.kind is MessageKind.BUNDLE
    assert one.total == 30
    assert len(one.lines) == MOST_LINES
    assert (one.code, one.lines[0].summary, one.severity) == ("1", "number 1", Severity.CRITICAL)


def test_a_bundle_names_every_team_once(message, now):
    pages = [message(team="payments"), message(team="search"), message(team="payments")]
    assert bundle(pages, page_id="pg_b", at=now).team == "payments, search"


def test_a_bundle_is_a_drill_only_if_all_of_it_is(message, now):
    assert bundle([message(drill=True), message(drill=True)], page_id="b", at=now).drill
    assert not bundle([message(drill=True), message()], page_id="b", at=now).drill


def test_notices_due_together_keep_what_each_of_them_says(message, now):
    """ "2 incidents, reply to acknowledge" would be a lie about a changed shift and an incident that is over."""
    over = message(kind=MessageKind.RESOLVED, incident=7, summary="Disk full", text="every alert is resolved")
    shift = message(kind=MessageKind.NOTICE, incident=None, text="Your shifts changed")
    one = bundle([over, shift], page_id="pg_b", at=now)
    assert one.kind is MessageKind.NOTICE
    assert one.text == "#7 Disk full: every alert is resolved\nYour shifts changed"
    assert one.code == ""


def test_in_a_text_each_notice_has_a_line_of_its_own(message, now, wording):
    """Run together, "ana resolved it Ben asks for cover" says that Ana did both."""
    over = message(kind=MessageKind.RESOLVED, incident=7, summary="Disk full", text="ana resolved it")
    cover = message(kind=MessageKind.NOTICE, incident=None, text="Ben asks\tfor cover")
    one = bundle([over, cover], page_id="pg_b", at=now)
    assert wording.short(one) == "#7 Disk full: ana resolved it\nBen asks for cover"
