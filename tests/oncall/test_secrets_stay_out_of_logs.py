"""What is secret is in no log line, whoever writes it."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
import structlog

from oncall.config import Secret, load
from oncall.config.settings import LogFormat, LogLevel
from oncall.logging import configure
from tests.oncall.web.conftest import COMPANY

TOKEN = "xoxb-very-secret-4711"


@pytest.fixture
def written(monkeypatch):
    """What goes to standard error, with logging set up as `oncall serve` does."""
    root = logging.getLogger()
    before = root.handlers, root.level, structlog.get_config()
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure(LogLevel.DEBUG, LogFormat.JSON)
    yield stream
    root.handlers, level, config = before
    root.setLevel(level)
    structlog.configure(**config)


def settings():
    environment = {"ONCALL_SLACK_BOT_TOKEN": TOKEN, "ONCALL_DATABASE_URL": f"postgresql://u:{TOKEN}@db/x"}
    return load(COMPANY, environment).settings


def test_settings_and_secrets_print_without_their_values(written):
    log = structlog.get_logger("test")
    log.info("starting", settings=settings(), token=Secret(TOKEN), channels=settings().channels)
    logging.getLogger("library").warning("settings %r", settings())
    assert "starting" in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_a_traceback_shows_no_secret_of_a_frame(written):
    def fails(token: Secret) -> None:
        given = settings()
        raise ValueError(f"cannot use {token} of {given}")

    try:
        fails(Secret(TOKEN))
    except ValueError:
        structlog.get_logger("test").exception("failed")
    assert "cannot use" in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_line_breaks_in_a_label_make_no_line_of_their_own(written):
    forged = 'x\n{"event": "page carried", "level": "info"}'
    structlog.get_logger("test").info("alert", name=forged)
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["name"] == forged
