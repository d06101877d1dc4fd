"""What is wrong between files, where each file for itself is well formed. One line per lint."""

from __future__ import annotations

from collections.abc import Callable

from oncall.config.lint.catalog import (
    check_aliases_differ,
    check_dependencies,
    check_owners,
    check_ownership_rules,
)
from oncall.config.lint.escalation import (
    check_cycles,
    check_repeats,
    check_rule_delays,
    check_steps_ask_somebody,
    check_targets,
)
from oncall.config.lint.integrations import check_fallbacks, check_keys_differ
from oncall.config.lint.people import check_everybody_has_a_team, check_names_differ, check_reachable
from oncall.config.lint.teams import check_calendar_names, check_members, check_reminder, check_schedules
from oncall.config.section import Reading
from oncall.directory import Directory

#: Each takes the whole directory and notes what it finds.
LINTS: tuple[Callable[[Directory, Reading], None], ...] = (
    check_names_differ,
    check_reachable,
    check_everybody_has_a_team,
    check_members,
    check_schedules,
    check_calendar_names,
    check_targets,
    check_steps_ask_somebody,
    check_cycles,
    check_rule_delays,
    check_repeats,
    check_reminder,
    check_fallbacks,
    check_keys_differ,
    check_owners,
    check_aliases_differ,
    check_dependencies,
    check_ownership_rules,
)


def lint(directory: Directory, reading: Reading) -> None:
    """Run every lint; what they find is noted in `reading`."""
    for check in LINTS:
        check(directory, reading)
