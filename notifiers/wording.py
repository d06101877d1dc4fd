"""What a message says in each medium: short (a text), spoken (a call), rich (chat, push, webhook) and mail.

All wording comes from here, so that every medium says the same and a drill is marked in each. Alert content is
never trusted: it is flattened to one line here, and escaped where a medium has markup, by that medium's notifier.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from notifiers import gsm7
from notifiers.message import Link, Message, MessageKind, Standing
from notifiers.phrases import Phrasebook

#: Segments one text may take. A page is two at most; a bundle earns a third.
PAGE_SEGMENTS = 2
BUNDLE_SEGMENTS = 3
#: Lines of a bundle that a text names; the rest is counted.
SHORT_LINES = 5
#: A call says this much of a summary; more is not understood at night.
SPOKEN_SUMMARY = 200
#: A title says this much of it; the rest is in the body.
TITLE_SUMMARY = 150

_ASKS = frozenset({MessageKind.PAGE, MessageKind.BUNDLE})


class Rich(msgspec.Struct, frozen=True, kw_only=True):
    """A message with structure, for media that can show it; all of it plain text.

    Attributes:
        title: One line.
        body: Lines under it: what happened, the incidents of a bundle, prepared text.
        facts: Name and value, in order.
        context: Warnings and deploys around it.
        asks: True if an answer is wanted, so that buttons make sense.
    """

    title: str
    body: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    context: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    asks: bool = False


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as plain text; the subject is one line."""

    subject: str
    body: str


class Wording:
    """Words for messages, in the language of each message."""

    def __init__(self, phrases: Phrasebook | None = None) -> None:
        self.phrases = phrases or Phrasebook()

    def short(self, message: Message) -> str:
        """For a text message: GSM 7-bit, as few segments as possible; the summary gives way, never the reply."""
        limit = BUNDLE_SEGMENTS if message.kind is MessageKind.BUNDLE else PAGE_SEGMENTS
        return _fitted(lambda room: gsm7.transliterate(self._short(message, room)), limit)

    def spoken(self, message: Message) -> str:
        """For a voice: sentences without addresses or symbols, and without the keys (`spoken_keys` says those)."""
        said = message.text
        if message.kind in _SPOKEN:
            said = self._say(
                message,
                _SPOKEN[message.kind],
                team=_speakable(message.team),
                severity=self._severity(message),
                number=message.incident or "",
                total=message.total,
                summary=_cut(_speakable(message.summary), SPOKEN_SUMMARY).rstrip(" .-—"),
            )
        drill = f"{self._say(message, 'spoken_drill')} " if message.drill else ""
        return drill + (said if message.kind in _SPOKEN else _speakable(said))

    def spoken_keys(self, message: Message) -> str:
        """What to press; empty where no answer is wanted."""
        key = _KEYS.get(message.kind)
        return self._say(message, key) if key else ""

    def rich(self, message: Message) -> Rich:
        """For chat, push and webhooks."""
        facts = []
        if message.team and message.kind is not MessageKind.BUNDLE:
            facts.append((self._say(message, "fact_team"), _line(message.team)))
        if message.kind is MessageKind.PAGE:
            facts.append((self._say(message, "fact_severity"), self._severity(message)))
        if message.reason:
            facts.append((self._say(message, "fact_reason"), _line(message.reason)))
        return Rich(
            title=self._title(message),
            body=tuple(self._body(message)),
            facts=tuple(facts),
            context=tuple(_line(line) for line in message.context),
            links=message.links,
            asks=message.kind in _ASKS,
        )

    def stand(self, message: Message, standings: Mapping[int, Standing]) -> list[str]:
        """Who took each incident of the message, or that it is over, and when; a line each."""
        lines = []
        for number in message.numbers:
            if (standing := standings.get(number)) is None:
                continue
            key = "card_resolved" if standing.resolved else "card_acknowledged"
            by = standing.by or self._say(message, "by_alerts")
            said = self._say(message, key, by=by, at=f"{standing.at:%H:%M} UTC")
            lines.append(f"#{number}: {said}" if message.lines else said)
        return lines

    def mail(self, message: Message) -> Mail:
        """For a mailbox: plain text, the acknowledge address first."""
        rich = self.rich(message)
        lines = list(rich.body)
        if message.ack_url and rich.asks:
            lines += ["", self._say(message, "line_acknowledge", url=message.ack_url)]
        if message.url:
            lines += ["", self._say(message, "line_open", url=message.url)]
        lines += [""] + [f"{name}: {value}" for name, value in rich.facts]
        lines += [f"{link.name}: {link.url}" for link in rich.links]
        if rich.context:
            lines += ["", self._say(message, "fact_context") + ":"] + [f"- {line}" for line in rich.context]
        return Mail(subject=rich.title[:200], body="\n".join(lines).strip() + "\n")

    def _short(self, message: Message, room: int) -> str:
        """With at most `room` characters for what may give way: a summary, a line of a bundle, prepared text."""
        drill = f"{self._say(message, 'drill')} " if message.drill else ""
        number = message.incident or ""
        summary = _cut(_line(message.summary), room)
        match message.kind:
            case MessageKind.PAGE:
                said = self._say(
                    message,
                    "short_page",
                    team=_line(message.team),
                    severity=self._severity(message),
                    number=number,
                    summary=summary,
                )
                said += self._reply(message, "short_reply")
            case MessageKind.BUNDLE:
                said = self._short_bundle(message, room) + self._reply(message, "short_bundle_reply")
            case MessageKind.REMINDER:
                said = self._say(message, "short_reminder", number=number, summary=summary)
                said += self._reply(message, "short_reminder_reply")
            case MessageKind.RESOLVED:
                said = self._say(message, "short_resolved", team=_line(message.team), number=number, summary=summary)
            case MessageKind.TEST:
                said = self._say(message, "short_test")
            case _:
                said = _cut("\n".join(_line(line) for line in message.text.splitlines()), room)
        return drill + said

    def _short_bundle(self, message: Message, room: int) -> str:
        lines = [self._say(message, "short_bundle", total=message.total, team=_line(message.team))]
        for line in message.lines[:SHORT_LINES]:
            severity = self._say(message, line.severity.value)
            text = _cut(_line(line.summary), room)
            lines.append(
                self._say(message, "short_bundle_line", code=line.code or line.number, severity=severity, summary=text)
            )
        more = message.total - min(len(message.lines), SHORT_LINES)
        if more > 0:
            lines.append(self._say(message, "short_bundle_more", more=more))
        return "\n".join(lines)

    def _reply(self, message: Message, key: str) -> str:
        return "\n" + self._say(message, key, code=message.code) if message.code else ""

    def _title(self, message: Message) -> str:
        key = f"title_{message.kind.value}"
        if message.kind is MessageKind.ANSWER:
            return _line(message.text)
        title = self._say(
            message,
            key,
            severity=self._severity(message),
            number=message.incident or "",
            team=_line(message.team),
            total=message.total,
            summary=_cut(_line(message.summary or message.text), TITLE_SUMMARY),
        )
        return f"{self._say(message, 'drill')}: {title}" if message.drill else title

    def _body(self, message: Message) -> Iterator[str]:
        for line in message.lines:
            severity = self._say(message, line.severity.value)
            yield f"#{line.number} [{severity}] {_line(line.team)}: {_line(line.summary)}"
        if message.lines and message.total > len(message.lines):
            yield self._say(message, "line_more", more=message.total - len(message.lines))
        if message.text:
            yield from message.text.splitlines()
        elif len(message.summary) > TITLE_SUMMARY and not message.lines:
            yield _line(message.summary)

    def _severity(self, message: Message) -> str:
        return self._say(message, message.severity.value)

    def _say(self, message: Message, key: str, **fields: object) -> str:
        return self.phrases.say(message.language, key, **fields)


_SPOKEN = {
    MessageKind.PAGE: "spoken_page",
    MessageKind.BUNDLE: "spoken_bundle",
    MessageKind.REMINDER: "spoken_reminder",
    MessageKind.RESOLVED: "spoken_resolved",
    MessageKind.TEST: "spoken_test",
}
_KEYS = {
    MessageKind.PAGE: "spoken_keys",
    MessageKind.BUNDLE: "spoken_keys_bundle",
    MessageKind.REMINDER: "spoken_keys_reminder",
    MessageKind.TEST: "spoken_keys_test",
}
_ADDRESS = re.compile(r"https?://\S+")
_SILENT = re.compile(r"[_*`<>{}\[\]|\\^~#=/]+")


def _line(text: str) -> str:
    """On one line, without control characters."""
    legible = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(legible.split())


def _speakable(text: str) -> str:
    """Without addresses and the symbols a voice would spell out."""
    return " ".join(_SILENT.sub(" ", _ADDRESS.sub(" ", _line(text))).split())


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 3, 0)].rstrip() + "..."


def _fitted(render: Callable[[int], str], limit: int) -> str:
    """The text with the most room for what may give way that stays within so many segments."""
    low, high = 0, 160 * limit
    # Most texts fit as they are, and need no search.
    whole = render(high)
    if gsm7.segments(whole) <= limit:
        return whole
    while low < high:
        middle = (low + high + 1) // 2
        if gsm7.segments(render(middle)) <= limit:
            low = middle
        else:
            high = middle - 1
    return gsm7.cut(render(low), limit)
