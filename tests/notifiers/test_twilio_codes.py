from __future__ import annotations

import json

import pytest

from notifiers.outcome import OutcomeKind
from notifiers.twilio_codes import TABLE, by_code

#: The classes of the recorded table, and what they may be for us.
CLASSES = {
    "permanent": {OutcomeKind.REFUSED, OutcomeKind.UNREACHABLE, OutcomeKind.BROKEN},
    "permanent until START": {OutcomeKind.REFUSED},
    "permanent-ish": {OutcomeKind.UNREACHABLE},
    "config": {OutcomeKind.BROKEN},
    "config/bug": {OutcomeKind.BROKEN},
    "bug": {OutcomeKind.BROKEN},
    "bug/config": {OutcomeKind.BROKEN},
    "transient": {OutcomeKind.RETRY, OutcomeKind.UNREACHABLE},
    "ambiguous": {OutcomeKind.UNKNOWN},
    "late": {OutcomeKind.UNREACHABLE},
}


def test_every_recorded_code_has_a_class_that_fits(shared_data):
    recorded = json.loads((shared_data / "contracts/twilio/error_codes.json").read_text())
    rows = [row for row in recorded["request_errors"] + recorded["delivery_errors"] if row["class"] in CLASSES]
    assert len(rows) > 30
    for row in rows:
        assert by_code(row["code"], row["http"] or 400).kind in CLASSES[row["class"]], row


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (21211, OutcomeKind.REFUSED),
        (21610, OutcomeKind.REFUSED),
        (21614, OutcomeKind.REFUSED),
        (30005, OutcomeKind.REFUSED),
        (30006, OutcomeKind.REFUSED),
        (30003, OutcomeKind.UNREACHABLE),
        (21612, OutcomeKind.UNREACHABLE),
        (20003, OutcomeKind.BROKEN),
        (21408, OutcomeKind.BROKEN),
        (30007, OutcomeKind.BROKEN),
        (20429, OutcomeKind.RETRY),
        (20500, OutcomeKind.UNKNOWN),
    ],
)
def test_the_codes_that_decide_a_page(code, kind):
    assert by_code(code, 400).kind is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, OutcomeKind.UNREACHABLE),
        (401, OutcomeKind.BROKEN),
        (302, OutcomeKind.BROKEN),
        (429, OutcomeKind.RETRY),
        (503, OutcomeKind.RETRY),
        (500, OutcomeKind.UNKNOWN),
        (502, OutcomeKind.UNKNOWN),
    ],
)
def test_an_unknown_code_is_classified_by_the_status(status, kind):
    assert by_code(99999, status).kind is kind
    assert by_code(None, status).kind is kind


def test_every_code_says_in_words_what_it_means():
    assert all(len(detail) > 10 for _, detail in TABLE.values())
