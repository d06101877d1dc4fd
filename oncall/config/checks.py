"""`checks:` of `oncall.yaml`: a company's own checks on its services, and by when a check should be passed by all."""

from __future__ import annotations

from datetime import date

from oncall.checks import CHECKS, CustomCheck, Level
from oncall.config.section import Keys, Section, sentence, suggestion
from routing.catalog.expression import ExpressionError, parse_expression

CHECKS_KEYS: Keys = {
    "custom": "checks of your own, a list",
    "due": "by when all services should pass a check, as `{runbook: 2027-03-01}`",
}
CUSTOM_KEYS: Keys = {
    "name": "short name, by which outcomes are reported; required",
    "title": "what holds when it is passed, as `has a backup`; default the name",
    "level": "`1` somebody comes, `2` they find their way, `3` they have done it before; default 2",
    "expect": 'expression over the service, as `tier is None or has_tool("runbook")`; without, outcomes are reported by API',
    "applies": "expression that says which services are checked; default all",
}


def read_checks(section: Section | None) -> tuple[tuple[CustomCheck, ...], dict[str, date]]:
    """The custom checks, and when which check is due."""
    if section is None:
        return (), {}
    custom: list[CustomCheck] = []
    names = {check.name for check in CHECKS}
    for part in section.sections("custom", CUSTOM_KEYS, about="check"):
        name = part.text("name", required=True)
        if name in names:
            part.wrong("name", f"stands twice: {name}", "Give each check a name of its own")
        names.add(name)
        custom.append(
            CustomCheck(
                name=name,
                title=part.text("title", name),
                level=Level(part.number("level", Level.EQUIPPED, least=1, most=3)),
                expect=_expression(part, "expect"),
                applies=_expression(part, "applies"),
            )
        )
    return tuple(custom), _due(section, names)


def _expression(part: Section, key: str) -> str:
    text = part.text(key)
    if text:
        try:
            parse_expression(text)
        except ExpressionError as error:
            part.wrong(key, "cannot be used", sentence(str(error)))
            return ""
    return text


def _due(section: Section, names: set[str]) -> dict[str, date]:
    days = section.free("due")
    for name in days.value:
        if name not in names:
            days.reading.error(days.place(name), f"there is no check {name!r}", suggestion(name, names))
    return {name: day for name in days.value if (day := days.parsed(name, _day, date.max)) != date.max}


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise ValueError("write a day such as 2027-03-01") from error
