"""Rotations in the browser and as CSV."""

from __future__ import annotations

import csv
import io

import pytest

from oncall.services import rotations
from oncall.web.rotations import _cell


@pytest.fixture
async def read(engine):
    """Every calendar of the company was read."""
    await rotations.refresh(engine)


async def test_the_list_leads_to_each_rotation(sign_in, read, engine):
    text = await (await sign_in("ana")).text("/rotations")
    for team in engine.directory.teams.values():
        for schedule in team.schedules:
            assert f'href="/rotations/{team.id}/{schedule}"' in text


async def test_one_rotation_answers_the_three_questions_before_all_else(sign_in, read):
    text = await (await sign_in("ana")).text("/rotations/payments/primary")
    order = [
        text.index(part)
        for part in ("Who carries too much", "When nobody can be reached", "What to do", '<svg class="rota"')
    ]
    assert order == sorted(order)
    assert "Ana Ruiz" in text


async def test_the_table_is_csv_with_a_row_for_every_piece_and_every_person(sign_in, read):
    response = await (await sign_in("ana")).get("/rotations/payments/primary.csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="payments-primary.csv"'
    rows = list(csv.reader(io.StringIO(await response.text())))
    assert rows[0] == ["start_utc", "end_utc", "person", "role"]
    assert ["person", "hours", "fair_hours", "night_hours", "free_day_hours", "pages"] in rows


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_name_from_a_calendar_is_never_a_formula(text):
    assert _cell(text) == f"'{text}"
    assert _cell("Ana") == "Ana"


async def test_a_rotation_that_is_not_there_is_404(sign_in, read):
    assert (await (await sign_in("ana")).get("/rotations/payments/none")).status == 404
