"""A team is found however it is written, and never guessed where two could be meant."""

from __future__ import annotations

import pytest

from routing.team_names import TeamNames

NAMES = TeamNames(
    ("payments", "search-web", "search_web2", "data"),
    {"Money": "payments", "pay@shop.example": "payments", "Gone": "dissolved"},
    [("pay-1", "Payments"), ("both", "payments", "data"), ("nobody", "knows")],
)


@pytest.mark.parametrize(
    ("name", "team"),
    [
        ("payments", "payments"),
        (" PAYMENTS ", "payments"),
        ("Money", "payments"),
        ("pay@shop.example", "payments"),
        ("@shop/payments", "payments"),
        ("group:default/payments", "payments"),
        ("Payments Team", "payments"),
        ("payments_team", "payments"),
        ("search web", "search-web"),
        ("pay-1", "payments"),
        ("both", None),
        ("nobody", None),
        ("Gone", None),
        ("", None),
        ("team", None),
    ],
)
def test_a_name_means_a_team(name, team):
    assert NAMES.find(name) == team


def test_a_plain_form_that_two_teams_share_means_neither():
    assert TeamNames(("a-b", "ab")).find("a_b") is None
    assert TeamNames(("a-b", "ab")).find("ab") == "ab"
