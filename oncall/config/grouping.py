"""`grouping:` of `oncall.yaml`: what recurs, how much each signal counts, and from when on alerts join."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grouping.score import SIGNALS
from grouping.settings import Bars, KindRule, Settings
from oncall.config.section import Keys, Section, suggestion

GROUPING_KEYS: Keys = {
    "kinds": "which labels say what recurs, where an alert's own labels mislead: a list, the first that matches decides",
    "volatile": "labels that are made anew each time and name nothing, whatever was learned of them",
    "weights": "how much signals count, as `{lag: 0.5}`: 1 as measured, 0 not at all, at most 3",
    "bars": "probabilities from which alerts join, pages are held and so on",
}
KIND_KEYS: Keys = {
    "match": "labels and their exact values; an alert must have all of them; none: every alert",
    "thing": "labels that name the thing the alert is about, as `[pipeline]`; several are put together",
    "scope": "labels that say where it runs; default `cluster`, `region` and the like",
    "volatile": "labels of these alerts that are made anew each time",
}
BAR_KEYS: Keys = {
    "related": "shown as possibly related from here; default 0.35",
    "join": "an alert joins an incident from here; default 0.75",
    "same": "a page-worthy alert below this gets an incident of its own; default 0.5",
    "known": "a page-worthy alert from here may be held; below it is paged at once; default 0.83",
}
#: A bar beyond these would take in everything, or nothing at all.
LEAST_BAR, MOST_BAR = 0.05, 0.99
#: Below these nobody may go: a page hides behind another too easily.
SAFE = Bars(related=LEAST_BAR, join=0.5, same=0.3, known=0.7)
MOST_WEIGHT = 3.0
SIGNAL_NAMES = tuple(name for name, _ in SIGNALS)


def read_grouping(section: Section | None) -> Settings:
    """The settings of grouping; how long a page is held stands among the defaults."""
    if section is None:
        return Settings()
    return Settings(
        kinds=_kinds(section),
        volatile=section.words("volatile"),
        weights=_weights(section.free("weights")),
        bars=_bars(section.section("bars", BAR_KEYS, about="grouping: bars")),
    )


def _kinds(section: Section) -> tuple[KindRule, ...]:
    found: list[tuple[str, KindRule]] = []
    for part in section.sections("kinds", KIND_KEYS, about="kind"):
        match = part.free("match")
        rule = KindRule(
            match={label: match.plain(label) for label in match.value},
            thing=part.words("thing"),
            scope=part.words("scope"),
            volatile=part.words("volatile"),
        )
        hides = next((about for about, earlier in found if earlier.match.items() <= rule.match.items()), None)
        if hides is not None:
            what = f"{part.about} is never reached: {hides} matches all its alerts"
            section.reading.error(part.place(), what, f"Put it before {hides}")
        elif not (rule.thing or rule.scope or rule.volatile):
            what = f"{part.about} changes nothing"
            section.reading.error(part.place(), what, "Give it thing, scope or volatile")
        found.append((part.about, rule))
    return tuple(rule for _, rule in found)


def _weights(given: Section) -> Mapping[str, float]:
    weights = {}
    for signal in given.value:
        if signal not in SIGNAL_NAMES:
            what = f"grouping: there is no signal {signal!r}"
            given.reading.error(given.place(signal), what, suggestion(signal, SIGNAL_NAMES))
        else:
            weights[signal] = _number(given, signal, 0.0, MOST_WEIGHT, default=1.0)
    return weights


def _bars(section: Section | None) -> Bars:
    usual = Bars()
    if section is None:
        return usual
    bars = Bars(
        **{
            name: _number(section, name, getattr(SAFE, name), MOST_BAR, default=getattr(usual, name))
            for name in BAR_KEYS
        }
    )
    for lower, upper in (("related", "join"), ("same", "known")):
        if getattr(bars, lower) > getattr(bars, upper):
            what = f"grouping: bars: {lower} is above {upper}"
            section.reading.error(section.place(lower), what, f"Lower {lower} or raise {upper}")
    return bars


def _number(section: Section, key: str, least: float, most: float, *, default: float) -> float:
    def parse(text: str) -> float:
        try:
            number = msgspec.convert(text, float, strict=False)
        except msgspec.ValidationError:
            number = float("nan")
        if not least <= number <= most:
            raise ValueError(f"write a number from {least:g} to {most:g}")
        return number

    return section.parsed(key, parse, default)
