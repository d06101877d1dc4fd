"""Lints about where alerts come in and where they go when nothing else decides."""

from __future__ import annotations

from oncall.config.section import Place, Reading, suggestion
from oncall.directory import Directory


def check_fallbacks(directory: Directory, reading: Reading) -> None:
    """Fallback and heartbeat teams exist."""
    if directory.defaults.fallback_team:
        place = reading.place("defaults", "fallback_team")
        _check_team(directory, directory.defaults.fallback_team, "the fallback team", place, reading)
    for integration in directory.integrations:
        if integration.fallback_team:
            place = reading.place("integration", integration.name, "fallback_team")
            _check_team(directory, integration.fallback_team, f"{integration.name}'s fallback team", place, reading)
        if integration.heartbeat and integration.heartbeat.team != directory.defaults.fallback_team:
            place = reading.place("integration", integration.name, "heartbeat")
            _check_team(directory, integration.heartbeat.team, "the heartbeat's team", place, reading)


def _check_team(directory: Directory, team: str, what: str, place: Place, reading: Reading) -> None:
    if team not in directory.teams:
        reading.error(place, f"{what}, {team!r}, does not exist", suggestion(team, directory.teams))


def check_keys_differ(directory: Directory, reading: Reading) -> None:
    """Two integrations with one key cannot be told apart."""
    first: dict[str, str] = {}
    for integration in directory.integrations:
        owner = first.setdefault(integration.key_sha256, integration.name)
        if integration.key_sha256 and owner != integration.name:
            given = (("integration", integration.name, key) for key in ("key", "key_env", "key_sha256"))
            place = reading.place(*next(words for words in given if words in reading.places))
            what = f"integration {integration.name} has the same key as {owner}"
            reading.error(place, what, "Make one of its own with: openssl rand -hex 24")
