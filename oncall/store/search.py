"""Finding past incidents: by words, alert kind, service, who was paged, and day."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta

import msgspec
import sqlalchemy as sa

from oncall.store.schema import incident, page

#: Words of a search that count; each costs a look at every row.
MOST_WORDS = 8


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; whatever is empty does not matter."""

    words: str = ""
    kind: str = ""
    service: str = ""
    paged: str = ""
    day: date | None = None


def conditions(search: Search) -> list[sa.ColumnElement[bool]]:
    """The search as conditions on the table of incidents."""
    found = [_word(word) for word in search.words.split()[:MOST_WORDS]]
    if search.kind:
        # The list as text: as it is, and with escapes, as SQLite keeps what was once written so.
        quoted = sorted({json.dumps(search.kind, ensure_ascii=escaped) for escaped in (False, True)})
        found.append(sa.or_(*[_kinds().contains(text, autoescape=True) for text in quoted]))
    if search.service:
        found.append(incident.c.service == search.service)
    if search.paged:
        asked = sa.select(page.c.incident_id).where(
            page.c.person == search.paged, page.c.kind == "page", page.c.sent_at.is_not(None)
        )
        found.append(incident.c.id.in_(asked))
    if search.day is not None:
        begin = datetime.combine(search.day, time(), UTC)
        found += [incident.c.opened_at >= begin, incident.c.opened_at < begin + timedelta(days=1)]
    return found


def _word(word: str) -> sa.ColumnElement[bool]:
    number = re.fullmatch(r"#([0-9]{1,15})", word, re.ASCII)
    if number:
        return incident.c.id == int(number[1])
    # One text, so that a row is looked through once; no word has the spaces between the parts.
    everything = incident.c.title + " " + incident.c.service + " " + _kinds()
    return everything.icontains(word, autoescape=True)


def _kinds() -> sa.ColumnElement[str]:
    return sa.cast(incident.c.kinds, sa.Text)
