from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from markdown_it import MarkdownIt

from oncall.review import Answer, Durations, as_markdown

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TOOK = Durations(detection=120, acknowledgement=240, resolution=None, whole=900)


def document(**changed: object) -> str:
    given: dict[str, object] = {
        "number": 7,
        "title": "Checkout fails",
        "url": "https://oncall.example.com/incidents/7",
        "sections": {"summary": "It broke.", "tried": "- restart", "lessons": ""},
        "took": TOOK,
        "asked": (Answer(person="ana", team="payments", asked_at=START, channels=("sms", "voice"), answered_at=START + timedelta(minutes=4)),
                  Answer(person="ben", team="payments", asked_at=START, channels=("sms",))),
        "names": {"ana": "Ana Ruiz", "payments": "Payments"},
        "actions": [("Alert before the disk is full", "Ana Ruiz", date(2026, 2, 1), False), ("Done thing", "", None, True)],
        "timezone": "Europe/Madrid",
    }  # fmt: skip
    return as_markdown(**(given | changed))  # type: ignore[arg-type]


def test_a_document_has_everything_in_order():
    text = document()
    places = [text.index(part) for part in ("# Review of #7", "## Summary", "## Who was paged", "## What was tried", "## Action items")]  # fmt: skip
    assert places == sorted(places)


def test_times_are_in_the_teams_zone_and_waits_are_said():
    assert "| Ana Ruiz | Payments | 10:00:00, sms, voice | 10:04:00, after 4 min |" in document()
    assert "| ben | Payments | 10:00:00, sms | – |" in document()


def test_what_is_not_known_is_left_out():
    text = document()
    assert "to the end (resolution)" not in text
    assert "What we learned" not in text
    assert "## Who was paged" not in document(asked=())
    assert document(actions=[]).rstrip().endswith("None.")


def test_items_are_boxes_to_tick():
    assert "- [ ] Alert before the disk is full (Ana Ruiz, due 2026-02-01)" in document()
    assert "- [x] Done thing\n" in document()


def test_headings_within_sections_stay_below_those_of_the_document():
    assert "\n### Mine\n" in document(sections={"summary": "# Mine\n\ntext"})


def test_a_title_cannot_break_tables_or_headings():
    text = document(title="a\n# b | c", actions=[("x\n# y", "", None, False)])
    assert "# Review of #7: a # b \\| c" in text
    assert "- [ ] x # y" in text


def test_it_is_markdown_that_a_parser_takes_apart_as_meant():
    html = MarkdownIt("commonmark").enable("table").render(document())
    assert html.count("<table>") == 2
    assert html.count("<h2>") == 4
