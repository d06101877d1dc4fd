"""The reference says what the code says: a key or setting without documentation fails here."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.config.settings import SETTING_KEYS
from tools.reference import TABLES, fill, table

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("page", sorted(DOCS.glob("**/*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_the_tables_are_those_of_the_code(page):
    text = page.read_text("utf-8")
    assert fill(text) == text, "run: make docs"


@pytest.mark.parametrize("name", ["settings", *TABLES])
def test_every_key_and_setting_is_in_the_configuration_page(name):
    assert f"<!-- table: {name} -->\n| " in (DOCS / "configuration.md").read_text("utf-8")


def test_every_metric_is_in_the_operation_page():
    assert "<!-- table: metrics -->\n| " in (DOCS / "operation.md").read_text("utf-8")
    assert "| `oncall_deliveries_total` | counter | `channel`, `outcome` | " in table("metrics")


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
