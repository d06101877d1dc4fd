from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from oncall.config import load

COMPANY = Path(__file__).parents[3] / "examples" / "company"


@pytest.fixture
def company(tmp_path):
    """A copy of the example company, to be spoilt."""
    return Path(shutil.copytree(COMPANY, tmp_path / "company"))


MINIMAL = {
    "oncall.yaml": "defaults: {fallback_team: ops}\n",
    "people.yaml": "ana: {name: Ana Ruiz, email: ana@shop.example}\n",
    "integrations.yaml": "main: {key: a-key-that-is-long-enough}\n",
    "teams/ops.yaml": (
        "members: [ana]\nschedules: {primary: {file: ops.ics}}\nescalation: {steps: [{notify: [{schedule: primary}]}]}\n"
    ),
    "ops.ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
}


@pytest.fixture
def write(tmp_path):
    """Writes the smallest good directory with some files replaced, and gives its path."""

    def files(**replaced):
        for name, text in {
            **MINIMAL,
            **{key.replace("__", "/") + ".yaml": text for key, text in replaced.items()},
        }.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return files


@pytest.fixture
def loaded(write):
    """The directory that such files give; fails on any error."""

    def directory(**replaced):
        found = load(write(**replaced), {})
        assert found.errors == ()
        return found.directory

    return directory


@pytest.fixture
def told(write):
    """What is told of such files, a line each."""

    def problems(**replaced):
        return [str(problem) for problem in load(write(**replaced), {}).problems]

    return problems
