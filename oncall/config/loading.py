"""From a directory of files to one value, or to everything that is wrong with them."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from oncall.config.catalog import CATALOG_KEYS, read_catalog
from oncall.config.checks import CHECKS_KEYS, read_checks
from oncall.config.defaults import DEFAULT_KEYS, ONCALL_KEYS, read_default_rules, read_defaults
from oncall.config.files import check_layout, entries, read_file, yaml_files
from oncall.config.grouping import GROUPING_KEYS, read_grouping
from oncall.config.integrations import INTEGRATION_KEYS, read_integration
from oncall.config.lint import lint
from oncall.config.ownership import read_ownership
from oncall.config.people import ID, ID_FORM, PERSON_KEYS, Rules, read_person
from oncall.config.section import Place, Reading, Section
from oncall.config.settings import Settings, read_settings
from oncall.config.teams import TEAM_KEYS, read_team
from oncall.config.wording import read_wording
from oncall.directory import Defaults, Directory, Integration, Team
from oncall.person import Person
from routing.problem import Problem, ProblemLevel
from routing.rules import default_rules


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a directory gave.

    Attributes:
        directory: The organisation; None where a problem is an error, so that nobody runs on half of it.
        settings: The settings, with defaults in place of wrong values.
        problems: Everything found, by file and line.
    """

    directory: Directory | None
    settings: Settings
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that refuse the directory."""
        return tuple(problem for problem in self.problems if problem.level is ProblemLevel.ERROR)


def load(path: Path | str, environ: Mapping[str, str] = os.environ) -> Loaded:
    """Read a configuration directory; never raises for what the files say.

    Blocking: reads files and parses YAML, so a running engine calls it in a thread.
    """
    with _without_collector():
        return _load(Path(path), environ)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A large catalog makes millions of values and no garbage; looking for it would stop the engine's loop for long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(directory: Path, environ: Mapping[str, str]) -> Loaded:
    reading = Reading(environ=environ)
    if not directory.is_dir():
        reading.error(Place(str(directory), 0), "there is no such directory", "Name a directory with oncall.yaml in it")
        return Loaded(None, read_settings(None, reading), tuple(reading.problems))
    if (directory / "oncall.yaml").is_file():  # else this is some other directory, and everything in it a surprise
        check_layout(directory, reading)
    main = _main_section(directory, reading)
    settings = read_settings(main, reading)
    defaults_section = main.section("defaults", DEFAULT_KEYS, about="defaults") if main else None
    if main and defaults_section is None and not main.has("defaults"):
        reading.error(main.place(), "defaults are missing", "Add defaults: with fallback_team: TEAM")
    defaults = read_defaults(defaults_section) if defaults_section else Defaults(fallback_team="")
    found = read_catalog(directory, main.section("catalog", CATALOG_KEYS, about="catalog") if main else None, reading)
    checks, due = read_checks(main.section("checks", CHECKS_KEYS, about="checks") if main else None)
    result = Directory(
        people=_people(directory, read_default_rules(defaults_section), reading),
        teams=_teams(directory, reading),
        catalog=found.catalog,
        contents=found.contents,
        precedence=found.precedence,
        feeds=found.feeds,
        checks=checks,
        checks_due=due,
        ownership=read_ownership(main) if main else default_rules(),
        integrations=_integrations(directory, defaults.fallback_team, reading),
        defaults=defaults,
        grouping=read_grouping(main.section("grouping", GROUPING_KEYS, about="grouping") if main else None),
        wording=read_wording(directory, reading),
    )
    lint(result, reading)
    problems = tuple(sorted(set(reading.problems)))
    refused = any(problem.level is ProblemLevel.ERROR for problem in problems)
    return Loaded(None if refused else result, settings, problems)


def load_settings(
    path: Path | str | None, environ: Mapping[str, str] = os.environ
) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings alone, for commands that need the database and no people."""
    reading = Reading(environ=environ)
    directory = Path(path) if path is not None else None
    main = _main_section(directory, reading) if directory and directory.is_dir() else None
    return read_settings(main, reading), tuple(sorted(set(reading.problems)))


def _main_section(directory: Path, reading: Reading) -> Section | None:
    path = directory / "oncall.yaml"
    if not path.is_file():
        reading.error(
            Place("oncall.yaml", 0), "the file is missing", "Create it with defaults: and fallback_team: in it"
        )
        return None
    content = read_file(path, directory, reading)
    return Section(content, ONCALL_KEYS, about="oncall.yaml", file="oncall.yaml", reading=reading) if content else None


def _people(directory: Path, rules: Mapping[str, Rules], reading: Reading) -> dict[str, Person]:
    single = directory / "people.yaml"
    paths = [*([single] if single.is_file() else []), *yaml_files(directory, "people", reading)]
    people = {}
    for id_, section in entries(paths, directory, PERSON_KEYS, "person", reading):
        _check_id(id_, section.place(), "person", reading)
        people[id_] = read_person(id_, section, rules, directory)
    if not people:
        reading.error(Place("people.yaml", 0), "there are no people", "Add people.yaml with at least one person")
    return people


def _teams(directory: Path, reading: Reading) -> dict[str, Team]:
    teams = {}
    for path in yaml_files(directory, "teams", reading):
        file, content = str(path.relative_to(directory)), read_file(path, directory, reading)
        _check_id(path.stem, Place(file, 0), "team", reading)
        if content is not None:
            section = Section(content, TEAM_KEYS, about=f"team {path.stem}", file=file, reading=reading)
            teams[path.stem] = read_team(path.stem, section, directory)
    if not teams:
        reading.error(Place("teams", 0), "there are no teams", "Add teams/NAME.yaml with members and escalation")
    return teams


def _integrations(directory: Path, fallback_team: str, reading: Reading) -> tuple[Integration, ...]:
    path = directory / "integrations.yaml"
    found = entries([path] if path.is_file() else [], directory, INTEGRATION_KEYS, "integration", reading)
    integrations = tuple(read_integration(name, section, fallback_team) for name, section in found)
    if not path.is_file():
        mend = "Add integrations.yaml with a name and a key for each Alertmanager"
        reading.warn(Place("integrations.yaml", 0), "nobody may post alerts", mend)
    return integrations


def _check_id(id_: str, place: Place, kind: str, reading: Reading) -> None:
    if ID.fullmatch(id_) is None:
        reading.error(place, f"{id_!r} is no id for a {kind}", ID_FORM)
