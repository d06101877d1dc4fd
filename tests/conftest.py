"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded material that is read in place (`ONCALL_TEST_DATA`, else `../shared`).

    Missing, the test is skipped with the reason; in CI (`CI=true`) missing is a failure.
    """
    folder = Path(os.environ.get("ONCALL_TEST_DATA") or _DEFAULT)
    if folder.is_dir():
        return folder
    reason = f"recorded material is not at {folder}; point ONCALL_TEST_DATA at it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
