"""Integrations: `integrations.yaml`, a mapping from name to who may post alerts with which key."""

from __future__ import annotations

import re
from datetime import timedelta

from oncall.config.secret import key_digest
from oncall.config.section import Keys, Section, suggestion
from oncall.config.settings import PREFIX
from oncall.directory import Heartbeat, Integration
from routing.sources import SOURCES, source

INTEGRATION_KEYS: Keys = {
    "key": "the secret part of the address Alertmanager posts to; at least 16 characters",
    "key_env": "name of an environment variable that holds the key, so that it stays out of the files",
    "key_sha256": "SHA-256 of the key in hex, so that it stays out of the files",
    "source": "format of what is posted; default `alertmanager`",
    "heartbeat": "an alert that must keep coming (the Prometheus Watchdog); a team is paged when it stops",
    "limit": "bodies a second this source may send for long, bursts of a minute's worth aside; default no limit",
    "fallback_team": "team that owns what no rule resolves from this source, before the global fallback",
}
HEARTBEAT_KEYS: Keys = {
    "alertname": "name of the alert; default `Watchdog`",
    "every": "how often the alert is sent again; the team is paged when three in a row are missed; default 5m",
    "team": "the team that is paged; default the fallback team",
}
#: A key is the only thing between the world and somebody's sleep.
SHORTEST_KEY = 16


def read_integration(name: str, section: Section, fallback_team: str) -> Integration:
    """One source of alerts; of its key only the digest is kept."""
    places = section.reading.places
    for key in INTEGRATION_KEYS:
        if section.has(key):
            places["integration", name, key] = section.place(key)
    places["integration", name] = section.place()
    part = section.section("heartbeat", HEARTBEAT_KEYS, about=f"{section.about}: heartbeat")
    return Integration(
        name=name,
        key_sha256=_digest(section),
        source=_source(section),
        heartbeat=_heartbeat(part, fallback_team) if part else None,
        fallback_team=section.text("fallback_team") or None,
        limit=section.number("limit", 0, least=1, most=1_000_000) or None,
    )


def _source(section: Section) -> str:
    name = section.text("source", "alertmanager")
    if source(name) is None:
        section.wrong("source", f"names no source: {name!r}", suggestion(name, [member.name for member in SOURCES]))
    return name


def _heartbeat(section: Section, fallback_team: str) -> Heartbeat:
    usual = Heartbeat(team=fallback_team)
    every = section.length("every", usual.every)
    if every < timedelta(seconds=30):
        section.wrong(
            "every", "is too short", "Write at least 30s; Alertmanager's group_interval sets what can be kept"
        )
    return Heartbeat(
        alertname=section.text("alertname", usual.alertname), every=every, team=section.text("team", fallback_team)
    )


def _digest(section: Section) -> str:
    given = [key for key in ("key", "key_env", "key_sha256") if section.has(key)]
    if len(given) != 1:
        what = f"{section.about} has {' and '.join(given) or 'no key'}"
        section.reading.error(section.place(), what, "Give it one of key, key_env or key_sha256")
        return ""
    word = section.text(given[0])
    if given == ["key_sha256"]:
        if re.fullmatch(r"[0-9a-f]{64}", word.lower()) is None:
            section.wrong("key_sha256", "is no SHA-256", "Write 64 hex digits: printf %s KEY | sha256sum")
        return word.lower()
    if given == ["key_env"]:
        if word.startswith(PREFIX):
            section.wrong(
                "key_env", f"is {word}", f"Choose a name that does not begin with {PREFIX}: those are settings"
            )
        if not section.reading.environ.get(word):
            section.wrong(
                "key_env",
                f"names {word}, which is not set",
                f"Set {word} in the environment of the engine; in a pipeline, to any 16 letters",
            )
            return ""
        word = section.reading.environ[word]
    if len(word) < SHORTEST_KEY:
        section.wrong(given[0], f"is shorter than {SHORTEST_KEY} characters", "Make one with: openssl rand -hex 24")
    if re.fullmatch(r"[A-Za-z0-9._~-]*", word) is None:
        section.wrong(given[0], "has characters that an address cannot hold", "Use letters, digits and . _ ~ -")
    return key_digest(word)
