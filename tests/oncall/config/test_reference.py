"""The reference says what the code says: a key or setting without documentation fails here."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.config.reference import TABLES, fill, table
from oncall.config.settings import SETTING_KEYS

DOCUMENT = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_the_tables_are_those_of_the_code():
    text = DOCUMENT.read_text("utf-8")
    assert fill(text) == text, "run: make docs"


@pytest.mark.parametrize("name", ["settings", *TABLES])
def test_every_table_is_in_the_document(name):
    assert f"<!-- table: {name} -->\n| " in DOCUMENT.read_text("utf-8")


@pytest.mark.parametrize(("key", "about"), SETTING_KEYS.items())
def test_every_setting_has_a_sentence_and_its_variable(key, about):
    assert about.endswith(".")
    assert f"| `ONCALL_{key.upper()}` |" in table("settings")


def test_a_table_is_written_over_the_old_one():
    assert fill("a\n<!-- table: rule -->\nold\n<!-- end -->\nb\n") == (
        "a\n<!-- table: rule -->\n| key | meaning |\n| --- | --- |\n"
        "| `via` | channel, as `sms` |\n"
        "| `after` | how long after the page began, as `1m`; default at once |\n"
        "<!-- end -->\nb\n"
    )


def test_a_table_that_does_not_exist_is_refused():
    with pytest.raises(KeyError):
        fill("<!-- table: nothing -->\n<!-- end -->")
