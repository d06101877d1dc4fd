from __future__ import annotations

from typing import Any

import pytest

from oncall.weekly import PersonWeek, TeamWeek, digest, lines

ADDRESS = "https://oncall.example.com"


def week(**changed: Any) -> TeamWeek:
    given: dict[str, Any] = {
        "team": "payments",
        "name": "Payments",
        "incidents": 4,
        "before": 6,
        "pages": 5,
        "nights": 1,
        "minutes_to_answer": 3.5,
        "people": (PersonWeek(name="Ana Ruiz", pages=5, nights=1),),
        "noise": (),
        "unusual": (),
        "overdue": (),
        "open_items": 0,
        "unreviewed": (),
        "practised": "",
    }
    return TeamWeek(**(given | changed))


def test_a_week_is_one_line_and_where_to_look():
    assert lines(week(), ADDRESS) == [
        "4 incidents (2 fewer than the week before), 5 pages, 1 night broken, answered after 3.5 min.",
        f"{ADDRESS}/insights?team=payments&days=7",
    ]


@pytest.mark.parametrize(
    ("before", "said"),
    [(4, "as many as the week before"), (3, "1 more than the week before"), (5, "1 fewer than the week before")],
)
def test_it_is_held_against_the_week_before(before, said):
    assert said in lines(week(before=before), ADDRESS)[0]


def test_a_quiet_week_says_so():
    quiet = week(incidents=0, before=0, pages=0, nights=0, minutes_to_answer=None, people=())
    assert lines(quiet, ADDRESS)[0] == "No incident, nobody was paged."


def test_an_answer_within_a_minute_is_in_seconds():
    assert "answered after 30 s" in lines(week(minutes_to_answer=0.5), ADDRESS)[0]


def test_whoever_was_woken_often_is_pointed_out():
    people = (PersonWeek(name="Ana Ruiz", pages=9, nights=3), PersonWeek(name="Ben Okafor", pages=2, nights=1))
    assert "• Ana Ruiz: 9 pages, 3 nights broken" in lines(week(people=people), ADDRESS)
    assert not any("Ben" in line for line in lines(week(people=people), ADDRESS))


def test_what_is_overdue_is_named_and_the_rest_counted():
    overdue = tuple((f"item {n}", "Ana Ruiz" if n else "", n + 1) for n in range(5))
    said = lines(week(overdue=overdue), ADDRESS)
    assert "• overdue by 1 day: item 0 (nobody has it)" in said
    assert "• overdue by 2 days: item 1 (Ana Ruiz)" in said
    assert "• and 2 more overdue action items" in said


def test_noise_unusual_days_reviews_and_practice_have_a_line_each():
    said = lines(
        week(
            noise=(("Flap", "Went away by itself all 9 times."),),
            unusual=("Mon 05 Jan with 30 incidents, 4 were to be expected",),
            unreviewed=((7, "Checkout"), (9, "Ledger")),
            practised="Never practised.",
        ),
        ADDRESS,
    )
    assert said[1:5] == [
        "• unusual: Mon 05 Jan with 30 incidents, 4 were to be expected",
        "• Flap: Went away by itself all 9 times.",
        "• not reviewed yet: #7, #9",
        "• Never practised.",
    ]


def test_long_and_many_lined_texts_stay_one_short_line():
    said = lines(week(noise=(("x" * 500, "y\n" * 400),), overdue=(("z" * 500, "", 1),)), ADDRESS)
    assert all(len(line) < 300 and "\n" not in line for line in said)


def test_a_manager_reads_the_team_with_most_broken_nights_first():
    text = digest([week(), week(team="data", name="Data", nights=4)], ADDRESS)
    assert text.index("Data") < text.index("Payments")
    assert text.endswith(f"Not wanted? {ADDRESS}/digest")


def test_nobody_reads_an_empty_page():
    assert "no team" in digest([], ADDRESS)
