"""Taking a changed configuration directory into force: whole, or not at all."""

from __future__ import annotations

import asyncio

import structlog

from oncall.config import compare, load
from oncall.engine import Engine
from oncall.errors import Invalid
from oncall.services.operation.reorganisation import left_behind, moved
from routing.problem import Problem

log = structlog.get_logger(__name__)

#: Changes that one log line lists.
SHOWN = 50


class BadDirectory(Invalid):
    """The directory was refused; the old one stays in force."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(
            f"the configuration has {count} {'problem' if count == 1 else 'problems'}; the old one stays in force",
            "; ".join(str(problem) for problem in problems[:20]),
        )
        self.problems = problems


async def reload(engine: Engine) -> tuple[Problem, ...]:
    """Read the directory again and put it into force; the warnings it gave.

    Running escalations keep the policy they started with; people, addresses and owners are the new ones at once.

    Raises:
        BadDirectory: it has errors.
    """
    loaded = engine.adapted(await asyncio.to_thread(load, engine.config_dir))
    if loaded.directory is None:
        log.error("configuration refused", problems=[str(p) for p in loaded.errors])
        raise BadDirectory(loaded.errors)
    changes = await asyncio.to_thread(compare, engine.organisation.files, loaded.directory)
    before = engine.organisation
    engine.organisation = await asyncio.to_thread(before.reloaded, loaded.directory)
    engine.wording.phrases.replace(loaded.directory.wording)
    shown = [str(change) for change in changes[:SHOWN]]
    log.info("configuration in force", changes=shown, further=len(changes) - len(shown))
    handed = await asyncio.to_thread(moved, before, engine.organisation)
    if handed:
        log.info(
            "services moved", moves=[f"{m.service}: {m.before or '-'} to {m.after or '-'}" for m in handed[:SHOWN]]
        )
    if loaded.settings != engine.settings:
        log.warning("settings were changed; they take effect at the next start")
    left = await asyncio.to_thread(left_behind, before, engine.organisation)
    for problem in left:
        log.warning("a team is gone", problem=str(problem))
    return (*loaded.problems, *left)
