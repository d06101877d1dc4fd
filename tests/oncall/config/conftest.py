from __future__ import annotations

import shutil
from pathlib import Path

import pytest

COMPANY = Path(__file__).parents[3] / "examples" / "company"


@pytest.fixture
def company(tmp_path):
    """A copy of the example company, to be spoilt."""
    return Path(shutil.copytree(COMPANY, tmp_path / "company"))
