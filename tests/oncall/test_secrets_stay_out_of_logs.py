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


@pytest.fixture
def text(monkeypatch):
    """The same for people at a terminal."""
    root = logging.getLogger()
    before = root.handlers, root.level, structlog.get_config()
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure(LogLevel.DEBUG, LogFormat.TEXT)
    yield stream
    root.handlers, level, config = before
    root.setLevel(level)
    structlog.configure(**config)


def _fails(what, password=""):
    raise ValueError(what or password)


def test_a_traceback_shows_no_local_variables(text):
    """Whichever packages are installed beside us: some print every variable of every frame."""
    try:
        _fails(f"something about {len(TOKEN)} letters", password=TOKEN)
    except ValueError:
        structlog.get_logger("oncall.test").exception("it failed")
    assert f"ValueError: something about {len(TOKEN)} letters" in text.getvalue()
    assert TOKEN not in text.getvalue()


FORGED = "disk full\n2026-03-02T09:00:00Z [info] all is well \x1b[2J\r\u2028x"


@pytest.mark.parametrize("writer", ["ours", "library", "exception"])
def test_what_a_stranger_wrote_starts_no_line_and_speaks_to_no_terminal(text, writer):
    if writer == "ours":
        structlog.get_logger("oncall.test").warning("an alert", name=FORGED)
    elif writer == "library":
        logging.getLogger("some.library").warning("got %s", FORGED)
    else:
        try:
            _fails(FORGED)
        except ValueError:
            structlog.get_logger("oncall.test").exception("it failed")
    written = text.getvalue()
    assert "all is well" in written
    assert not [line for line in written.split("\n") if line.startswith("2026-03-02")]
    assert not {"\x1b", "\r", "\u2028"} & set(written)
