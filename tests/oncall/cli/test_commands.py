"""Commands are imported when they are asked for, and what they import is no work for the collector afterwards."""

from __future__ import annotations

import gc
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from oncall.cli.commands import Commands

HELLO = """
    import click, gc

    WATCHED = gc.isenabled()
    KEPT = [["something that lives as long as the module"]]

    @click.command()
    def hello():
        click.echo("hello")
"""


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    (tmp_path / "late_hello.py").write_text(textwrap.dedent(HELLO))
    (tmp_path / "late_broken.py").write_text("import gc\nraise RuntimeError(f'broken, {gc.isenabled()}')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield Commands("all", lazy=[("hello", "late_hello:hello"), ("broken", "late_broken:broken")])
    sys.modules.pop("late_hello", None)


def test_commands_are_listed_without_importing_them(group: Commands) -> None:
    assert group.list_commands(click.Context(group)) == ["broken", "hello"]
    assert "late_hello" not in sys.modules


def test_a_command_is_imported_when_it_is_run(group: Commands) -> None:
    assert CliRunner().invoke(group, ["hello"]).output == "hello\n"


def test_the_collector_rests_during_an_import_and_leaves_alone_what_came_of_it(group: Commands) -> None:
    CliRunner().invoke(group, ["hello"])
    module = sys.modules["late_hello"]
    assert module.WATCHED is False
    assert gc.isenabled()
    assert not any(one is module.KEPT for one in gc.get_objects())


def test_what_is_there_already_is_not_set_aside_again(group: Commands) -> None:
    CliRunner().invoke(group, ["hello"])
    made_since = [[]]
    CliRunner().invoke(group, ["hello"])
    assert any(one is made_since for one in gc.get_objects())


def test_the_collector_works_on_after_an_import_that_failed(group: Commands) -> None:
    failed = CliRunner().invoke(group, ["broken"])
    assert isinstance(failed.exception, RuntimeError)
    assert str(failed.exception) == "broken, False"
    assert gc.isenabled()


def test_an_unknown_command_is_clicks_to_explain(group: Commands) -> None:
    assert "No such command" in CliRunner().invoke(group, ["nothing"]).output
