"""The contract of an alert source, and the bounds every source keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from routing.alert import Alert, SourceGroup

#: Longest text kept of one annotation, in characters; Alertmanager lets a megabyte pass.
ANNOTATION_LIMIT = 16_384
#: Longest label value, and longest name of a label or annotation, kept, in characters.
LABEL_LIMIT = 4_096
#: Most labels, and most annotations, kept of one alert.
PAIRS_LIMIT = 512
#: Longest raw text kept of an alert that cannot be used, in characters.
RAW_LIMIT = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One alert that cannot be used, in a body that otherwise can: it goes to the quarantine."""

    #: Place in the body's list, from 0.
    index: int
    #: JSON path of the wrong part ("$.alerts[3].labels").
    path: str
    reason: str
    #: The alert's own JSON text, without bytes a database cannot hold, cut at `RAW_LIMIT`.
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What one body says."""

    group: SourceGroup
    alerts: tuple[Alert, ...]
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """As much of a body as the door needs: whether it is one, whose turn it is, and how loud it may be."""

    group_key: str
    receiver: str
    #: What the severity labels of its firing alerts say, "" for one without.
    severities: frozenset[str]


class BodyError(ValueError):
    """The body is not what the source promises; `path` is the JSON path of the wrong part."""

    def __init__(self, what: str, path: str = "$") -> None:
        super().__init__(what)
        self.what = what
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A kind of system that posts alerts.

    `decode` is pure, raises `BodyError` and nothing else, and never fails a whole body for one bad alert among
    good ones. `glance` refuses what `decode` refuses, without building a single alert: senders wait for it.
    `example` is a body both accept; the documentation and the contract tests use it.
    """

    #: Name in an integration's `source:` and in the address alerts are posted to.
    name: str
    title: str
    decode: Callable[[bytes], Decoded]
    glance: Callable[[bytes], Glance]
    example: bytes


def bounded(pairs: Mapping[str, str], limit: int, *, nul: bool) -> Mapping[str, str]:
    """The pairs as the engine keeps them: values cut at `limit` characters with a mark, at most `PAIRS_LIMIT` pairs.

    With `nul`, NUL characters become U+FFFD: PostgreSQL text cannot hold them.
    """
    kept = {_cut(name, LABEL_LIMIT): _cut(value, limit) for name, value in list(pairs.items())[:PAIRS_LIMIT]}
    if nul:
        kept = {without_nul(name): without_nul(value) for name, value in kept.items()}
    return kept


def without_nul(text: str) -> str:
    """The text with NUL characters shown as U+FFFD."""
    return text.replace("\0", "\ufffd")


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    mark = f"… [cut, {len(text)} characters]"
    return text[: limit - len(mark)] + mark
