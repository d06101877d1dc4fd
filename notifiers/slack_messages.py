"""Messages and incidents as Slack shows them: text for the notification, blocks for the eye. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from notifiers.incident_card import CardStatus, IncidentCard, Moment
from notifiers.message import Link, Message, MessageKind, Standing
from notifiers.phrases import Phrasebook
from notifiers.slack_blocks import (
    Block,
    ButtonValue,
    actions,
    button,
    confirmation,
    context,
    cut,
    cut_plain,
    escape,
    fitted,
    header,
    link,
    section,
)
from notifiers.wording import Wording

ACKNOWLEDGE = "page.ack"
RESOLVE = "page.resolve"
ESCALATE = "page.escalate"
SNOOZE = "page.snooze"
REASSIGN = "page.reassign"
NOTE = "page.note"
RELATED = "page.related"
UNRELATED = "page.unrelated"
BELONGS = "page.belongs"
#: Questions on one card.
MOST_QUESTIONS = 3
WORKS = "contact.works"
#: What is sent to see whether it arrives.
PROVES = frozenset({MessageKind.TEST, MessageKind.CHECK})
#: Opens an address; nothing to do for us.
OPEN = "page.open"

SNOOZE_MINUTES = 60
#: chat.update takes no more, so nothing sends more.
MOST_TEXT = 4000
#: Longest summary before the words on how an incident stands, which are never cut off.
MOST_SUMMARY = 500


#: How the incidents of a message stand by now, by number; one without still waits for an answer.
Standings = Mapping[int, Standing]
_WAITING: Standings = {}


def page_text(message: Message, wording: Wording, standings: Standings = _WAITING) -> str:
    """The line a notification shows: everything that matters, without blocks."""
    rich = wording.rich(message)
    lines = [rich.title, *wording.stand(message, standings), *rich.body]
    return cut(escape("\n".join(lines)), MOST_TEXT)


def page_blocks(message: Message, wording: Wording, standings: Standings = _WAITING) -> list[Block]:
    """A direct message about a page, with the buttons that still apply."""
    rich = wording.rich(message)
    blocks = [header(rich.title)]
    if stand := wording.stand(message, standings):
        blocks.append(section("\n".join(f"*{escape(line)}*" for line in stand)))
    body = "\n".join(escape(line) for line in rich.body)
    if body or rich.facts:
        blocks.append(section(body or escape(message.summary) or " ", rich.facts))
    if rich.context:
        blocks.append(context([escape(line) for line in rich.context]))
    elements = _page_buttons(message, wording.phrases, standings) if rich.asks else []
    if message.kind in PROVES:
        say = wording.phrases.say(message.language, "button_works")
        elements.append(button(say, WORKS, ButtonValue(page=message.page_id), style="primary"))
    elements += _links(message.url, message.links, wording.phrases.say(message.language, "button_open"))
    if elements:
        blocks.append(actions(f"act.{message.page_id}", elements))
    return fitted(blocks)


def card_text(card: IncidentCard, phrases: Phrasebook) -> str:
    """The notification line of an incident's message."""
    drill = phrases.say(card.language, "drill") + " " if card.drill else ""
    by = card.by or phrases.say(card.language, "by_alerts")
    state = phrases.say(card.language, f"card_{card.status.value}", by=by, at=_clock(card.at))
    return cut(escape(f"{drill}#{card.number} {cut_plain(card.summary, MOST_SUMMARY)} - {state}"), MOST_TEXT)


def card_blocks(card: IncidentCard, phrases: Phrasebook) -> list[Block]:
    """The living message of an incident in its team's channel."""
    say = partial(phrases.say, card.language)
    drill = say("drill") + " " if card.drill else ""
    state = say(f"card_{card.status.value}", by=card.by or say("by_alerts"), at=_clock(card.at))
    blocks = [header(f"{drill}#{card.number} {card.summary}")]
    facts = [(say("fact_severity"), say(card.severity.value)), (say("fact_alerts"), str(card.alerts)), *card.teams]
    opened = _local(card.opened_at, "{date_short_pretty} {time}")
    blocks.append(section(f"*{escape(state)}*\n{escape(say('fact_opened'))} {opened}", facts))
    if card.record:
        said = "\n".join(f"*{escape(name)}:* {escape(line)}" for name, line in card.record)
        blocks.append(section(cut(said, MOST_TEXT)))
    if card.context:
        blocks.append(context([escape(line) for line in card.context]))
    elements = _card_buttons(card, phrases) + _links(card.url, card.links, say("button_open"))
    if elements:
        blocks.append(actions(f"act.{card.number}", elements))
    if card.status is not CardStatus.RESOLVED:
        asked = [*_related(card, phrases), *_belonging(card, phrases)][:MOST_QUESTIONS]
        blocks += [block for question in asked for block in question]
    return fitted(blocks)


def _related(card: IncidentCard, phrases: Phrasebook) -> Iterator[tuple[Block, Block]]:
    say = partial(phrases.say, card.language)
    for question in card.questions:
        asked = say("card_related", number=question.incident, summary=question.summary)
        value = ButtonValue(incident=card.number, other=question.incident)
        answers = [button(say("button_related"), RELATED, value), button(say("button_unrelated"), UNRELATED, value)]
        yield _asked(asked, question.reason), actions(f"rel.{card.number}.{question.incident}", answers)


def _belonging(card: IncidentCard, phrases: Phrasebook) -> Iterator[tuple[Block, Block]]:
    say = partial(phrases.say, card.language)
    for doubt in card.doubts:
        value = ButtonValue(incident=card.number, alert=doubt.alert)
        answers = [button(say("button_belongs"), BELONGS, value), button(say("button_unrelated"), UNRELATED, value)]
        asked = say("card_doubt", kind=doubt.kind)
        yield _asked(asked, doubt.reason), actions(f"in.{card.number}.{doubt.alert}", answers)


def _asked(question: str, reason: str) -> Block:
    return section(f"{escape(question)}\n_{escape(reason)}_")


def thread_text(parts: Sequence[str | Moment]) -> str:
    """Lines of the timeline, for the thread."""
    said = ""
    for part in parts:
        if isinstance(part, str):
            more, plainly = escape(part), escape(part)
        else:
            more, plainly = _local(part.at, "{date_short} {time}" if part.dated else "{time}"), _clock(part.at)
        if len(said) + len(more) > MOST_TEXT:
            # Half of Slack's word for an instant would be a riddle, so the last one is plain.
            return cut(said + plainly, MOST_TEXT)
        said += more
    return said


def _page_buttons(message: Message, phrases: Phrasebook, standings: Standings) -> list[Block]:
    value = ButtonValue(page=message.page_id, incident=message.incident)
    elements = []
    if message.waits(standings):
        say = phrases.say(message.language, "button_acknowledge")
        elements.append(button(say, ACKNOWLEDGE, value, style="primary"))
    standing = standings.get(message.incident) if message.incident is not None else None
    if message.incident is not None and not (standing and standing.resolved):
        elements += _further(value, message.language, phrases)
    return elements


def _card_buttons(card: IncidentCard, phrases: Phrasebook) -> list[Block]:
    if card.status is CardStatus.RESOLVED:
        return []
    value = ButtonValue(incident=card.number)
    elements = []
    if card.status is CardStatus.TRIGGERED:
        elements.append(button(phrases.say(card.language, "button_acknowledge"), ACKNOWLEDGE, value, style="primary"))
    elements += _further(value, card.language, phrases)
    elements.append(button(phrases.say(card.language, "button_reassign"), REASSIGN, value))
    elements.append(button(phrases.say(card.language, "button_note"), NOTE, value))
    return elements


def _further(value: ButtonValue, language: str, phrases: Phrasebook) -> list[Block]:
    say = partial(phrases.say, language)
    sure = confirmation(
        cut_plain(say("confirm_resolve_title", number=value.incident), 100),
        say("confirm_resolve"),
        say("button_resolve"),
        say("button_cancel"),
    )
    snooze = ButtonValue(page=value.page, incident=value.incident, minutes=SNOOZE_MINUTES)
    return [
        button(say("button_resolve"), RESOLVE, value, confirm=sure),
        button(say("button_escalate"), ESCALATE, value, style="danger"),
        button(say("button_snooze"), SNOOZE, snooze),
    ]


def _links(url: str, links: Sequence[Link], word: str) -> list[Block]:
    """Buttons to addresses: the incident first, then runbook and dashboards; Slack takes http(s) up to 3,000."""
    named = [Link(name=word, url=url), *links]
    usable = [one for one in named if one.url.startswith(("http://", "https://")) and len(one.url) <= 3000]
    return [link(one.name, f"{OPEN}.{n}", one.url) for n, one in enumerate(usable[:6])]


def _local(at: datetime, form: str) -> str:
    """An instant that Slack shows in the reader's zone: docs.slack.dev, "Formatting text: date formatting"."""
    return f"<!date^{int(at.timestamp())}^{form}|{_clock(at)}>"


def _clock(at: datetime | None) -> str:
    return f"{at:%H:%M} UTC" if at is not None else ""
