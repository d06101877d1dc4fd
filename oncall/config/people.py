"""People: `people.yaml`, or any number of files `people/*.yaml`; each a mapping from id to person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from notifiers.channels import BY_NAME
from oncall.config.section import Keys, Place, Section, sentence, suggestion
from oncall.config.teams import read_location
from oncall.config.words import parse_hours
from oncall.person import ABSENCE, Away, ContactMethod, ContactRule, Person, QuietHours, Role

#: An id is short enough to say and to type in a reply.
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
ID_FORM = "Use small letters, digits, dot, dash and underscore, such as ana or jo.smith"

PERSON_KEYS: Keys = {
    "name": "full name, as messages and views show it",
    "email": "mail address; makes the person reachable by `email`",
    "mobile": 'telephone number in quotes, as `"+34600111222"`; makes the person reachable by `sms` and `voice`',
    "slack": "Slack member id, as `U024BE7LH`; makes the person reachable by `slack`",
    "contact": "further ways to be reached, channel to address, as `{webhook: https://…}`",
    "timezone": "time zone the person lives in; default UTC",
    "language": "language of messages, as `en` or `de`; default that of the first team",
    "role": "`viewer`, `responder` (default), `editor` of own teams, or `admin`",
    "aliases": "other spellings by which calendars name this person",
    "holidays": "whose public holidays count, as `DE` or `US-CA`",
    "important": "contact rules for important pages, as `[{via: slack}, {via: sms, after: 1m}]`",
    "ordinary": "contact rules for ordinary pages",
    "quiet_hours": "hours in the person's zone in which ordinary pages wait, as `22:00-07:00`",
    "away": "calendar of the person's absences; those that overlap shifts ask for cover by themselves",
}
AWAY_KEYS: Keys = {
    "file": "calendar file, relative to the configuration directory",
    "url": "address of a calendar feed: `https://…` or `caldavs://…`",
    "timezone": "zone of all-day events where the calendar names none; default the person's",
    "credentials_env": "name of an environment variable that holds `user:password` for the calendar",
    "match": "regular expression of summaries that mean an absence; default the usual words, as `Out of office`",
}
RULE_KEYS: Keys = {
    "via": "channel, as `sms`",
    "after": "how long after the page began, as `1m`; default at once",
}

#: Rules of somebody for whom neither the person nor the defaults give any; a channel without an address is left out.
BUILT_IN_RULES = (
    ContactRule(channel="slack"),
    ContactRule(channel="email"),
    ContactRule(channel="sms", after=timedelta(minutes=1)),
    ContactRule(channel="voice", after=timedelta(minutes=3)),
)
#: The channels everybody has, texts and calls: a view in the browser, addressed by the person's id.
BUILT_IN = ("phone", "phone_call")

Rules = tuple[ContactRule, ...]


def read_rules(section: Section, key: str) -> Rules:
    """Contact rules in the order they are used."""
    rules = []
    for part in section.sections(key, RULE_KEYS, about=f"{section.about}: {key} rule"):
        channel = part.text("via", required=True)
        if channel and channel not in BY_NAME:
            part.wrong("via", f"names no channel: {channel!r}", suggestion(channel, BY_NAME))
        rules.append(ContactRule(channel=channel, after=part.length("after", timedelta(0))))
    return tuple(sorted(rules, key=lambda rule: rule.after))


def read_person(id_: str, section: Section, defaults: Mapping[str, Rules], directory: Path) -> Person:
    """One person; `defaults` holds the company's `important` and `ordinary` rules."""
    section.reading.places["person", id_] = section.place()
    methods = _methods(id_, section)
    for key in ("name", "email", "important", "ordinary"):
        section.reading.places["person", id_, key] = section.place(key)
    for alias, place in section.word_places("aliases"):
        section.reading.places["person", id_, "aliases", alias] = place
    return Person(
        id=id_,
        name=section.text("name", id_, required=True),
        email=section.text("email"),
        timezone=section.zone("timezone", "UTC"),
        language=section.text("language", "en"),
        role=section.choice("role", Role, Role.RESPONDER),
        aliases=section.words("aliases"),
        methods=methods,
        important=_rules(section, "important", defaults, methods),
        ordinary=_rules(section, "ordinary", defaults, methods),
        quiet_hours=section.parsed("quiet_hours", _quiet_hours, None),
        holidays=section.text("holidays").upper(),
        away=_away(section, directory),
    )


def _away(section: Section, directory: Path) -> Away | None:
    part = section.section("away", AWAY_KEYS, about=f"{section.about}: away")
    if part is None:
        return None
    match = part.text("match") or ABSENCE
    try:
        re.compile(f"(?is:{match})")
    except re.error as wrong:
        part.wrong("match", f"is no regular expression: {wrong}", 'Write one such as "out of office|vacation"')
        match = ABSENCE
    return Away(
        location=read_location(part, directory),
        timezone=part.zone("timezone", section.zone("timezone", "UTC")),
        credentials_env=part.variable("credentials_env"),
        match=match,
    )


def _quiet_hours(word: str) -> QuietHours:
    since, until = parse_hours(word)
    return QuietHours(since=since, until=until)


def _rules(section: Section, key: str, defaults: Mapping[str, Rules], methods: tuple[ContactMethod, ...]) -> Rules:
    if section.has(key):
        return read_rules(section, key)
    # What holds for everybody names channels that not everybody has.
    channels = {method.channel for method in methods}
    wanted = defaults.get(key) or BUILT_IN_RULES
    usable = tuple(rule for rule in wanted if rule.channel in channels)
    if not usable and key == "important" and not channels <= {*BUILT_IN} and section.text("role") != "viewer":
        # Somebody without any address is told by a lint; this one has some, and looks well.
        named = " or ".join(dict.fromkeys(rule.channel for rule in wanted))
        what = f"{section.about} has no {named}, by which defaults ask, so only the phone in the browser rings"
        mend = f"Give them {named}, or important: rules of their own"
        section.reading.warn(section.place(), what, mend)
    return usable or (ContactRule(channel=BUILT_IN[0]),)


def _methods(id_: str, section: Section) -> tuple[ContactMethod, ...]:
    addresses: dict[str, str] = {}
    if slack := section.text("slack"):
        addresses["slack"] = slack
    if mobile := section.text("mobile").replace(" ", ""):
        if re.fullmatch(r"\+[1-9][0-9]{6,14}", mobile) is None:
            section.wrong("mobile", f"is {mobile!r}", 'Write the number with country code, as "+34600111222"')
        addresses["sms"] = addresses["voice"] = mobile
    if email := section.text("email"):
        addresses["email"] = email
        _check_address("email", email, section.place("email"), section)
    further = section.free("contact")
    for channel in further.value:
        address = further.text(channel, required=True)
        if channel not in BY_NAME:
            section.reading.error(
                further.place(channel), f"there is no channel {channel!r}", suggestion(channel, BY_NAME)
            )
        elif address:
            addresses[channel] = address
            _check_address(channel, address, further.place(channel), section)
    addresses.update(dict.fromkeys(BUILT_IN, id_))
    return tuple(ContactMethod(channel=channel, address=address) for channel, address in addresses.items())


def _check_address(channel: str, address: str, place: Place, section: Section) -> None:
    fault = BY_NAME[channel].check_address(address)
    if fault is not None:
        section.reading.error(place, f"{section.about}: {channel} cannot be used", sentence(fault))
