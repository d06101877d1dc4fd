"""The `oncall` command: one visible list of subcommands, each imported only when it is asked for."""

from __future__ import annotations

import click

from oncall.cli.commands import Commands

#: Name on the command line, and module:attribute of the click command. One line per command.
COMMANDS: tuple[tuple[str, str], ...] = (
    ("check", "oncall.cli.check:check"),
    ("db", "oncall.cli.db:db"),
    ("demo", "oncall.cli.demo:demo"),
    ("grouping", "oncall.cli.grouping:grouping"),
    ("export", "oncall.cli.export:export"),
    ("import", "oncall.cli.import_:import_"),
    ("intake", "oncall.cli.intake:intake"),
    ("provider", "oncall.cli.provider:provider"),
    ("route", "oncall.cli.route:route"),
    ("schedule", "oncall.cli.schedule:schedule"),
    ("serve", "oncall.cli.serve:serve"),
    ("sign-in", "oncall.cli.sign_in:sign_in"),
    ("token", "oncall.cli.token:token"),
)


@click.group(cls=Commands, lazy=COMMANDS)
@click.version_option(package_name="oncall-engine")
def main() -> None:
    """On-call and alert routing: from an Alertmanager webhook to a person who acknowledges."""
