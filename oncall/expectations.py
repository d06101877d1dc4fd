"""Files of expectations about routing, which a team keeps beside its rules and runs in its own pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from oncall.walk import Path
from routing.lined_yaml import LinedDict, LinedList, YamlError, load_documents
from routing.matchers import MatcherError, MatchOp, parse_matchers
from routing.problem import Problem

#: What one expectation may hold, each key with the sentence that explains it.
KEYS: Mapping[str, str] = {
    "labels": 'the alert\'s labels, as a mapping or as text: `severity="critical", service="checkout"`',
    "at": 'when it fires, as "Sat 03:00"; default now',
    "team": "id of the team that must own it",
    "service": "the service it must be about",
    "rule": "the kind of rule that must decide: label, match, service, namespace, dependency, path or fallback",
    "severity": "the severity it must have",
    "wakes": "ids of everybody who must be asked within the first step, in any order; [] for nobody",
}


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One alert and what must become of it; None is not looked at."""

    line: int
    labels: Mapping[str, str]
    at: str = "now"
    team: str | None = None
    service: str | None = None
    rule: str | None = None
    severity: str | None = None
    wakes: tuple[str, ...] | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one expectation came out: no differences is as expected."""

    line: int
    labels: Mapping[str, str]
    differences: tuple[str, ...]


def read_expectations(text: str, file: str) -> tuple[tuple[Expectation, ...], tuple[Problem, ...]]:
    """The expectations of a file, and everything that is wrong in it."""
    try:
        documents = load_documents(text)
    except YamlError as error:
        return (), (
            Problem(file=file, line=error.line, what=f"the file is not YAML: {error.what}", mend="Mend the line"),
        )
    found: list[Expectation] = []
    problems: list[Problem] = []
    for document in documents:
        rows = zip(document, document.lines, strict=True) if isinstance(document, LinedList) else [(document, 1)]
        for row, line in rows:
            one = _expectation(row, line, file, problems)
            if one is not None:
                found.append(one)
    return tuple(found), tuple(problems)


def compare(expected: Expectation, path: Path) -> Outcome:
    """Hold a path against what was expected of it."""
    first = min((ask.step for ask in path.walk.asks if ask.person), default=0)
    woken = {ask.person for ask in path.walk.asks if ask.person and ask.step == first}
    differences = [
        f"{name}: expected {wanted!r}, got {got!r}"
        for name, wanted, got in (
            ("team", expected.team, path.ownership.team),
            ("service", expected.service, path.ownership.service or ""),
            ("rule", expected.rule, path.ownership.rule),
            ("severity", expected.severity, path.severity.severity.value),
        )
        if wanted is not None and wanted != got
    ]
    if expected.wakes is not None and set(expected.wakes) != woken:
        differences.append(f"wakes: expected {_names(expected.wakes)}, got {_names(woken)}")
    if differences:
        differences += [f"because {reason}" for reason in path.ownership.reasons]
    return Outcome(line=expected.line, labels=expected.labels, differences=tuple(differences))


def labels_of(text: str) -> dict[str, str]:
    """Labels written as `name=value` pairs, parted by commas.

    Raises:
        MatcherError: it cannot be read, or holds something other than `=`.
    """
    found: dict[str, str] = {}
    for matcher in parse_matchers(text):
        if matcher.op is not MatchOp.EQUAL:
            raise MatcherError(f"an alert's label has a value; write {matcher.name}=…, not {matcher}", 1)
        found[matcher.name] = matcher.value
    return found


def _expectation(row: object, line: int, file: str, problems: list[Problem]) -> Expectation | None:
    def wrong(at: int, what: str, mend: str) -> None:
        problems.append(Problem(file=file, line=at, what=what, mend=mend))

    if not isinstance(row, LinedDict):
        wrong(line, "an expectation is no mapping", "Write `- {labels: {...}, team: TEAM}`")
        return None
    for key in row.keys() - KEYS.keys():
        wrong(row.lines[key], f"there is no key {key!r}", f"Known: {', '.join(KEYS)}")
    try:
        labels = _labels(row.get("labels"))
    except MatcherError as error:
        wrong(
            row.lines.get("labels", line),
            f"labels cannot be read: {error}",
            'Write {service: checkout} or service="checkout"',
        )
        return None
    if row.keys() <= {"labels", "at"}:
        wrong(line, "nothing is expected", "Add team: TEAM, or wakes: [PERSON]")
    texts = {key: str(row[key]) for key in ("at", "team", "service", "rule", "severity") if row.get(key) is not None}
    wakes = row.get("wakes")
    people = tuple(map(str, wakes if isinstance(wakes, list) else [wakes])) if wakes is not None else None
    return Expectation(line=line, labels=labels, wakes=people, **texts)


def _labels(value: object) -> Mapping[str, str]:
    if isinstance(value, LinedDict):
        return {
            name: str(member).lower() if isinstance(member, bool) else str(member) for name, member in value.items()
        }
    return labels_of(value if isinstance(value, str) else "")


def _names(people: Iterable[str]) -> str:
    return ", ".join(sorted(people)) or "nobody"
