from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from notifiers.phrases import Phrasebook
from oncall.config import load

COMPANY = Path(__file__).resolve().parents[3] / "examples" / "company"


@pytest.fixture
def company(tmp_path):
    shutil.copytree(COMPANY, tmp_path / "company")
    return tmp_path / "company"


def test_own_phrases_are_laid_over_the_shipped_ones(company):
    (company / "wording.yaml").write_text('en:\n  short_resolved: "Over: #{number}"\n')
    directory = load(company, {}).directory
    assert Phrasebook(directory.wording).say("en", "short_resolved", number=7, team="x", summary="y") == "Over: #7"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('en:\n  short_resolved: "{who}"\n', 2, "unknown field who"),
        ('en:\n  short_test: "ok"\n  shrt: "x"\n', 3, "no phrase en.shrt"),
        ("en: 7\n", 1, "en is no mapping"),
        ("en:\n  short_test: 7\n", 2, "is no text"),
    ],
)
def test_a_phrase_that_cannot_be_used_refuses_the_directory_and_names_the_line(company, text, line, what):
    (company / "wording.yaml").write_text(text)
    loaded = load(company, {})
    (problem,) = loaded.errors
    assert loaded.directory is None
    assert (problem.file, problem.line) == ("wording.yaml", line)
    assert what in problem.what
    assert problem.mend
