"""The `oncall` command: one visible list of subcommands, each imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

#: Name on the command line, and module:attribute of the click command. One line per command.
COMMANDS: tuple[tuple[str, str], ...] = (
    ("check", "oncall.cli.check:check"),
    ("db", "oncall.cli.db:db"),
    ("demo", "oncall.cli.demo:demo"),
    ("grouping", "oncall.cli.grouping:grouping"),
    ("export", "oncall.cli.export:export"),
    ("intake", "oncall.cli.intake:intake"),
    ("provider", "oncall.cli.provider:provider"),
    ("route", "oncall.cli.route:route"),
    ("schedule", "oncall.cli.schedule:schedule"),
    ("serve", "oncall.cli.serve:serve"),
    ("sign-in", "oncall.cli.sign_in:sign_in"),
    ("token", "oncall.cli.token:token"),
)


class Commands(click.Group):
    """Imports a command when it is used, so that `oncall schedule` does not load a web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, sorted."""
        return sorted({name for name, _ in COMMANDS} | set(super().list_commands(ctx)))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        where = dict(COMMANDS).get(cmd_name)
        if where is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = where.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=Commands)
@click.version_option(package_name="oncall-engine")
def main() -> None:
    """On-call and alert routing: from an Alertmanager webhook to a person who acknowledges."""
