"""The parsers that read what strangers send. Each may refuse, in its own words, and do nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec

from notifiers import replies, slack_inbound, twilio_inbound
from routing.catalog.readers import READERS
from routing.matchers import MatcherError, match_all, parse_matchers
from routing.sources import SOURCES, BodyError
from schedules.deadline import cpu_deadline
from schedules.identity import identity
from schedules.reading import read

CORPUS = Path(__file__).parent / "corpus"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = (BEGIN, BEGIN + timedelta(days=90))


def webhook(data: bytes) -> None:
    for source in SOURCES:
        with contextlib.suppress(BodyError):
            decoded = source.decode(data)
            seen = source.glance(data)
            assert (seen.group_key, seen.receiver) == (decoded.group.key, decoded.group.receiver)
            assert decoded.alerts or not decoded.rejected
            for alert in decoded.alerts:
                assert alert.fingerprint
                assert alert.starts_at.tzinfo is not None
                assert "\0" not in "".join([*alert.labels, *alert.labels.values(), *alert.annotations.values()])


def calendar(data: bytes) -> None:
    found = read(data, WINDOW, identity=identity(), deadline=cpu_deadline(0.5))
    assert all(begin < end for begin, end in ((s.start, s.end) for s in found.shifts))
    assert found.refused is None or not found.shifts


def reply(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    replies.parse(text)
    replies.parse_keys(text)


def catalog(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for reader in READERS:
        reader.read(text, "catalog.yaml", reader.name)


def inbound(data: bytes) -> None:
    """Forms and JSON of providers whose signature was right, or whose key was stolen."""
    form = dict(parse_qsl(data.decode("utf-8", "replace")))
    twilio_inbound.read_text(form)
    twilio_inbound.read_call(form, {})
    twilio_inbound.read_status(form, {})
    slack_inbound.read_command(form)
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        payload = msgspec.json.decode(data)
        slack_inbound.read_interaction(payload)
        slack_inbound.read_challenge(payload)


def matcher(data: bytes) -> None:
    """A silence's matchers, and the label they meet."""
    text, _, value = data.decode("utf-8", "replace").partition("\0")
    with contextlib.suppress(MatcherError):
        match_all(parse_matchers(text), {"a": value, "service": value[:40]})


#: Name (and folder of the corpus) to parser; add a file and a line.
TARGETS: tuple[tuple[str, Callable[[bytes], None]], ...] = (
    ("webhook", webhook),
    ("calendar", calendar),
    ("reply", reply),
    ("catalog", catalog),
    ("inbound", inbound),
    ("matcher", matcher),
)


def corpus(name: str) -> list[Path]:
    """What this target was found to stumble over, and good examples to mutate."""
    return sorted((CORPUS / name).iterdir())
