"""Complaints of the decoder, as people read them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.misfit import misfit


class Step(msgspec.Struct, forbid_unknown_fields=True):
    minutes: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0


class Form(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    what_for: Annotated[str, msgspec.Meta(min_length=1, max_length=3)]
    due: date | None = None
    done: bool | None = None
    kind: Literal["a", "b"] = "a"
    code: Annotated[str, msgspec.Meta(pattern="^[0-9]*$")] = ""
    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=2)] = (Step(),)


@pytest.mark.parametrize(
    ("given_", "words", "path"),
    [
        ({}, "what for is missing", "$.what_for"),
        ({"what_for": "x", "more": 1}, "there is no field more", "$"),
        ({"what_for": "xxxx"}, "what for is too long: it may have 3 characters", "$.what_for"),
        ({"what_for": ""}, "what for is empty", "$.what_for"),
        ({"what_for": "x", "due": "2026-02-31"}, "due is no date", "$.due"),
        ({"what_for": "x", "done": "perhaps"}, "done is true or false", "$.done"),
        ({"what_for": "x", "kind": "c"}, "kind cannot be c", "$.kind"),
        ({"what_for": "x", "code": "c"}, "code is not of the right form", "$.code"),
        ({"what_for": "x", "steps": []}, "steps: choose at least 1", "$.steps"),
        ({"what_for": "x", "steps": [{}] * 3}, "steps: choose at most 2", "$.steps"),
        ({"what_for": "x", "steps": [{"minutes": "-1"}]}, "minutes is at least 0", "$.steps[0].minutes"),
        ({"what_for": "x", "steps": [{"minutes": "11"}]}, "minutes is at most 10", "$.steps[0].minutes"),
        ({"what_for": "x", "steps": [{"minutes": "ten"}]}, "minutes is a whole number", "$.steps[0].minutes"),
    ],
)
def test_a_complaint_names_the_field_and_what_it_takes(given_, words, path):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(given_, Form, strict=False)
    error = misfit(caught.value, "Correct it.")
    assert (str(error), error.path, error.mend) == (words, path, "Correct it.")


def test_the_path_begins_where_the_value_came_from():
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({"what_for": ""}, Form)
    assert misfit(caught.value, "", root="query").path == "query.what_for"


@given(st.text())
def test_what_is_not_known_is_said_as_it_is(text):
    assert str(misfit(msgspec.ValidationError(text), "")) or not text
