"""A review as one Markdown document, for wikis and repositories."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from oncall.review.facts import Answer, Durations, length
from oncall.review.sections import SECTIONS

#: What is to be done: text, owner's name, due day, whether it is done.
Todo = tuple[str, str, date | None, bool]


def as_markdown(
    *,
    number: int,
    title: str,
    url: str,
    sections: Mapping[str, str],
    took: Durations,
    asked: Sequence[Answer],
    names: Mapping[str, str],
    actions: Sequence[Todo],
    timezone: str,
) -> str:
    """The whole document. Times are in `timezone`; `names` gives people and teams their names."""
    lines = [f"# Review of #{number}: {_cell(title)}", "", f"<{url}>", ""]
    shown = (("Detection", took.detection), ("Acknowledgement", took.acknowledgement), ("Resolution", took.resolution))
    lines += ["| from … to … | took |", "|---|---|"]
    lines += [f"| {_SPANS[name]} | {length(seconds)} |" for name, seconds in shown if seconds is not None]
    for key in ("summary", "impact", "timeline"):
        lines += _section(key, sections)
    if asked:
        zone = ZoneInfo(timezone)
        lines += [
            "",
            f"## Who was paged (times in {timezone})",
            "",
            "| person | team | paged | answered |",
            "|---|---|---|---|",
        ]
        lines += [_asked(answer, names, zone) for answer in asked]
    for key in ("tried", "factors", "lessons"):
        lines += _section(key, sections)
    lines += ["", "## Action items", ""]
    lines += [_todo(*item) for item in actions] or ["None."]
    return "\n".join(lines) + "\n"


_SPANS = {
    "Detection": "the first alert to the incident (detection)",
    "Acknowledgement": "the incident to somebody having it (acknowledgement)",
    "Resolution": "there to the end (resolution)",
}


def _section(key: str, sections: Mapping[str, str]) -> list[str]:
    text = sections.get(key, "").strip()
    # Headings of the text stay below those of the document.
    deeper = re.sub(r"^(#{1,4}) ", r"##\1 ", text, flags=re.MULTILINE)
    return ["", f"## {SECTIONS[key][0]}", "", deeper] if text else []


def _asked(answer: Answer, names: Mapping[str, str], zone: ZoneInfo) -> str:
    waited = int((answer.answered_at - answer.asked_at).total_seconds()) if answer.answered_at else None
    answered = f"{_clock(answer.answered_at, zone)}, after {length(waited or 0)}" if answer.answered_at else "–"
    name, team = names.get(answer.person, answer.person), names.get(answer.team, answer.team)
    return f"| {_cell(name)} | {_cell(team)} | {_clock(answer.asked_at, zone)}, {', '.join(answer.channels)} | {answered} |"


def _todo(text: str, owner: str, due: date | None, done: bool) -> str:  # noqa: FBT001 - the fields of one item
    more = ", ".join(part for part in (_cell(owner), f"due {due:%Y-%m-%d}" if due else "") if part)
    return f"- [{'x' if done else ' '}] {_cell(text)}" + (f" ({more})" if more else "")


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
