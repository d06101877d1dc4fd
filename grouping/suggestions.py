"""What past alerts suggest about the rules themselves: numbers and a diff, for people to decide. Nothing is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

import msgspec

from grouping.kinds import SCOPE, THING, Kind
from grouping.past import Occurrence, Past, expression, wilson_low

#: How many episodes it takes before anything is said, and how sure (95 %) a share must be.
LEAST_EPISODES = 5
REDUNDANT_SHARE = 0.6
FAMILY_SHARE = 0.5
LEADS_SHARE = 0.5
#: How many times more often than by chance.
LEAST_LIFT = 5.0
#: Companions begin within this many seconds of one another.
TOGETHER = 900.0
#: A rule of a family begins within this of the others.
AT_ONCE = 300.0
#: A warning that began this much earlier was first; where that is usual, it is no mere echo.
FIRST = 60.0
MOSTLY = 0.8
#: An early sign comes at most so long before the page, and at least so long to be of use.
AHEAD, USEFUL = 3600.0, 60.0
MOST = 50


class About(StrEnum):
    """What a suggestion is about."""

    REDUNDANT = "redundant"
    FAMILY = "family"
    LEADS = "leads"


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """One suggestion, with its numbers and the change that would do it."""

    about: About
    #: The alerts it would change, readable; rules alone where it holds for whatever thing.
    alerts: tuple[str, ...]
    #: The page that comes with them, "" for a family.
    page: str
    #: In how many of the alert's episodes it was so.
    together: int
    episodes: int
    #: The share that is sure (lower bound of the 95 % Wilson interval).
    sure: float
    #: How many times more often than by chance.
    lift: float
    #: Median seconds from the alert to the page, for an early sign.
    lead_seconds: float | None
    sentence: str
    #: A diff of the Prometheus rule, or of Alertmanager's configuration.
    diff: str


@dataclass(frozen=True, slots=True)
class Found:
    """A suggestion with the pairs of alerts (by index) it rests on."""

    suggestion: Suggestion
    cases: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Two alerts, named by kind or by rule, with every case in which both began."""

    one: list[Occurrence]
    other: list[Occurrence]
    cases: list[tuple[Occurrence, Occurrence]]
    #: Both names are rules, and the cases are of one and the same thing.
    by_rule: bool

    @property
    def lags(self) -> list[float]:
        """Seconds from the one to the other; negative where the other came first."""
        return [b.at - a.at for a, b in self.cases]


def suggest(past: Past, acted_alone: Collection[str] = ()) -> list[Found]:
    """Everything worth saying, surest first; `acted_alone`: kinds (readable) that somebody acted on by themselves."""
    found = [*_leads(past), *_redundant(past, frozenset(acted_alone)), *_families(past)]
    return sorted(found, key=lambda f: (-f.suggestion.sure, -f.suggestion.episodes, f.suggestion.sentence))[:MOST]


# -- which alerts met which ----------------------------------------------------------------------------------------------


def _met(
    past: Past,
    wanted: Callable[[Occurrence, Occurrence], bool],
    before: float,
    after: float,
) -> Iterable[_Pairs]:
    """Every two names that met: rules at one and the same thing first, then kinds."""
    kinds: dict[tuple[Kind, Kind], list[tuple[Occurrence, Occurrence]]] = defaultdict(list)
    rules: dict[tuple[str, str], list[tuple[Occurrence, Occurrence]]] = defaultdict(list)
    for one in past.all:
        seen: set[Kind] = set()
        for other in past.around(one.at, before, after):
            if other.kind in seen or not wanted(one, other):
                continue
            seen.add(other.kind)
            kinds[one.kind, other.kind].append((one, other))
            if _same_thing(one, other):
                rules[one.kind.rule, other.kind.rule].append((one, other))
    for (rule, other_rule), cases in rules.items():
        yield _Pairs(past.by_rule[rule], past.by_rule[other_rule], cases, by_rule=True)
    for (kind, other_kind), cases in kinds.items():
        yield _Pairs(past.by_kind[kind], past.by_kind[other_kind], cases, by_rule=False)


def _same_thing(one: Occurrence, other: Occurrence) -> bool:
    return (one.kind.thing, one.kind.scope) == (other.kind.thing, other.kind.scope)


class _Said:
    """What was said of two rules need not be said again of each thing they are about."""

    def __init__(self) -> None:
        self._rules: set[tuple[str, str]] = set()

    def already(self, pairs: _Pairs) -> bool:
        one, other = pairs.cases[0]
        return not pairs.by_rule and _same_thing(one, other) and (one.kind.rule, other.kind.rule) in self._rules

    def note(self, pairs: _Pairs) -> None:
        one, other = pairs.cases[0]
        if pairs.by_rule:
            self._rules.add((one.kind.rule, other.kind.rule))


def _lift(past: Past, pairs: _Pairs, window: float) -> float:
    """Against how often the other would have begun in such a window by chance; by rule, at the same thing."""
    things = len({(o.kind.thing, o.kind.scope) for o in pairs.other}) if pairs.by_rule else 1
    chance = past.chance(max(1, len(pairs.other) // max(1, things)), window)
    return len(pairs.cases) / max(1e-9, len(pairs.one) * chance)


# -- redundant -----------------------------------------------------------------------------------------------------------


def _redundant(past: Past, acted_alone: frozenset[str]) -> Iterable[Found]:
    """Warnings that hardly ever come without a page, are not the first to tell, and that nobody acts on alone."""
    said = _Said()
    for pairs in _met(past, lambda a, b: not a.pages and b.pages, TOGETHER, TOGETHER):
        n, joint = len(pairs.one), len(pairs.cases)
        if n < LEAST_EPISODES or wilson_low(joint, n) < REDUNDANT_SHARE or said.already(pairs):
            continue
        lift = _lift(past, pairs, 2 * TOGETHER)
        first = sum(lag > FIRST for lag in pairs.lags)
        acted = {o.kind.readable for o in pairs.one} & acted_alone
        if lift < LEAST_LIFT or first > (1 - MOSTLY) * joint or acted:
            continue
        warning, page = _name(pairs, pairs.one[0]), _name(pairs, pairs.other[0])
        sentence = (
            f"{warning} came with {page} {joint} of {n} times, {lift:.0f} times more often than by chance;"
            f" it was the first to tell in {first} of them, and nobody acted on it alone"
        )
        said.note(pairs)
        yield _found(About.REDUNDANT, pairs, lift, sentence, _inhibition(pairs), page=page)


def _inhibition(pairs: _Pairs) -> str:
    warning, page = pairs.one[0], pairs.other[0]
    equal = _equal_labels(pairs) if pairs.by_rule else []
    own = [] if pairs.by_rule else _matchers(warning)
    others = [] if pairs.by_rule else _matchers(page)
    lines = [
        "--- alertmanager.yml",
        "+++ alertmanager.yml",
        " inhibit_rules:",
        f"+  - source_matchers: [{', '.join([_matcher('alertname', page), *others])}]",
        f"+    target_matchers: [{', '.join([_matcher('alertname', warning), *own])}]",
    ]
    if equal:
        lines.append(f"+    equal: [{', '.join(equal)}]")
    return "\n".join(lines) + "\n"


def _equal_labels(pairs: _Pairs) -> list[str]:
    """The labels of thing and place that had one value in every case, so that only the same thing is inhibited."""
    named = [label for label in (*SCOPE, *THING) if all(a.labels.get(label) for a, _ in pairs.cases)]
    return [label for label in named if all(a.labels.get(label) == b.labels.get(label) for a, b in pairs.cases)]


def _matchers(occurrence: Occurrence) -> list[str]:
    return [_matcher(label, occurrence) for label in (*SCOPE, *THING) if _names(occurrence, label)]


def _names(occurrence: Occurrence, label: str) -> bool:
    value = occurrence.labels.get(label, "")
    return bool(value) and value in (occurrence.kind.thing, occurrence.kind.scope)


def _matcher(label: str, occurrence: Occurrence) -> str:
    value = occurrence.labels.get(label, "").replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")
    return _one_line(f"'{label}=\"{value}\"'".replace("\n", "\\n"))


def _one_line(text: str) -> str:
    """What alerts carry must not make lines of its own in a diff."""
    return " ".join(text.split())


# -- families ------------------------------------------------------------------------------------------------------------


def _families(past: Past) -> Iterable[Found]:
    """Rules of one thing that begin together nearly always, whichever of them began: they say one thing."""
    tied: dict[tuple[str, str], dict[tuple[str, str], _Pairs]] = defaultdict(dict)
    said = _Said()
    for pairs in _met(past, lambda a, b: a.kind.rule < b.kind.rule and a.pages == b.pages, AT_ONCE, AT_ONCE):
        one, other = pairs.cases[0]
        enough = len(pairs.cases) >= LEAST_EPISODES and wilson_low(len(pairs.cases), _either(pairs)) >= FAMILY_SHARE
        if enough and _same_thing(one, other) and not said.already(pairs):
            said.note(pairs)
            thing = ("", "") if pairs.by_rule else (one.kind.thing, one.kind.scope)
            tied[thing][one.kind.rule, other.kind.rule] = pairs
    for of_thing in tied.values():
        for rules in _cliques(of_thing):
            found = _family(past, rules, [of_thing[a, b] for a in rules for b in rules if (a, b) in of_thing])
            if found is not None:
                yield found


def _either(pairs: _Pairs) -> int:
    """In how many cases one of the two began, with or without the other."""
    return len(pairs.one) + len(pairs.other) - len(pairs.cases)


def _family(past: Past, rules: tuple[str, ...], tied: list[_Pairs]) -> Found | None:
    weakest = min(tied, key=lambda pairs: len(pairs.cases) / _either(pairs))
    joint, either = len(weakest.cases), _either(weakest)
    lift = min(_lift(past, pairs, 2 * AT_ONCE) for pairs in tied)
    if lift < LEAST_LIFT:
        return None
    names = " and ".join([", ".join(rules[:-1]), rules[-1]])
    first = weakest.one[0].kind
    of = "the same thing" if weakest.by_rule else f"{first.thing}{f' in {first.scope}' if first.scope else ''}"
    sentence = (
        f"{names} of {of} began within five minutes of one another {joint} of {either} times,"
        f" {lift:.0f} times more often than by chance: one rule would say as much"
    )
    examples = [past.by_rule[rule][0] for rule in rules]
    return _found(About.FAMILY, weakest, lift, sentence, _one_rule(examples), alerts=rules, episodes=either, page="")


def _cliques(tied: dict[tuple[str, str], _Pairs]) -> Iterable[tuple[str, ...]]:
    """Rules each of which is tied to each, every rule in one family only, the largest families first."""
    left = {rule for pair in tied for rule in pair}
    while left:
        best: tuple[str, ...] = ()
        for start in sorted(left):
            clique = [start]
            for rule in sorted(left - {start}):
                if all((min(rule, other), max(rule, other)) in tied for other in clique):
                    clique.append(rule)
            if len(clique) > len(best):
                best = tuple(sorted(clique))
        if len(best) < 2:
            return
        yield best
        left -= set(best)


def _one_rule(rules: list[Occurrence]) -> str:
    expressions = [_one_line(expression(o.query_url)) or f"<expr of {_rule(o)}>" for o in rules]
    lines = ["--- rules.yml", "+++ rules.yml", " - rules:"]
    lines += [f"-    - alert: {_rule(o)}" for o in rules]
    lines += [f"+    - alert: {_rule(rules[0])}", "+      expr: |"]
    lines += [f"+        {'' if place == 0 else 'or '}({text})" for place, text in enumerate(expressions)]
    return "\n".join(lines) + "\n"


# -- early signs ---------------------------------------------------------------------------------------------------------


def _leads(past: Past) -> Iterable[Found]:
    """Warnings that begin before a page and are followed by it: an earlier call."""
    said = _Said()
    for pairs in _met(past, lambda a, b: not a.pages and b.pages and b.at > a.at, 0.0, AHEAD):
        n, joint = len(pairs.one), len(pairs.cases)
        if n < LEAST_EPISODES or wilson_low(joint, n) < LEADS_SHARE or said.already(pairs):
            continue
        ahead = median(pairs.lags)
        lift = _lift(past, pairs, AHEAD)
        early = sum(lag >= USEFUL for lag in pairs.lags)
        if ahead < USEFUL or lift < LEAST_LIFT or early < MOSTLY * joint:
            continue
        sign, page = _name(pairs, pairs.one[0]), _name(pairs, pairs.other[0])
        sentence = (
            f"{sign} was followed by {page} {joint} of {n} times (precision {joint / n:.0%}), {ahead / 60:.0f} min"
            f" later at the median, {lift:.0f} times more often than by chance; calling for it would have called for"
            f" nothing {n - joint} {'time' if n - joint == 1 else 'times'}"
        )
        said.note(pairs)
        yield _found(About.LEADS, pairs, lift, sentence, _louder(pairs), page=page, lead=ahead)


def _louder(pairs: _Pairs) -> str:
    sign, page = pairs.one[0], pairs.other[0]
    lines = ["--- rules.yml", "+++ rules.yml", f"     - alert: {_rule(sign)}"]
    text = _one_line(expression(sign.query_url))
    lines += [f"       expr: {text}"] if text else []
    lines.append("       labels:")
    lines.append(f"-        severity: {_one_line(sign.labels.get('severity', 'warning'))}")
    lines.append(f"+        severity: {_one_line(page.labels.get('severity', 'critical'))}")
    return "\n".join(lines) + "\n"


# -- putting it together -------------------------------------------------------------------------------------------------


def _rule(occurrence: Occurrence) -> str:
    """As the rule file names it."""
    return _one_line(occurrence.labels.get("alertname", occurrence.kind.rule))


def _name(pairs: _Pairs, occurrence: Occurrence) -> str:
    return occurrence.kind.rule if pairs.by_rule else occurrence.kind.readable


def _found(
    about: About,
    pairs: _Pairs,
    lift: float,
    sentence: str,
    diff: str,
    *,
    page: str,
    alerts: tuple[str, ...] = (),
    episodes: int = 0,
    lead: float | None = None,
) -> Found:
    n, joint = episodes or len(pairs.one), len(pairs.cases)
    same = " of the same thing" if pairs.by_rule and about is not About.FAMILY else ""
    return Found(
        suggestion=Suggestion(
            about=about,
            alerts=alerts or (_name(pairs, pairs.one[0]),),
            page=page,
            together=joint,
            episodes=n,
            sure=round(wilson_low(joint, n), 3),
            lift=round(lift, 1),
            lead_seconds=lead,
            sentence=sentence.replace(f" {page} {joint} of", f" {page}{same} {joint} of", 1),
            diff=diff,
        ),
        cases=tuple((a.index, b.index) for a, b in pairs.cases),
    )
