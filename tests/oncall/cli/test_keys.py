"""Links and tokens from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oncall.cli.main import main

COMPANY = Path(__file__).parents[3] / "examples" / "company"


@pytest.fixture
def oncall(tmp_path: Path):
    """Runs the command on a database of its own."""
    env = {"ONCALL_DATA_DIR": str(tmp_path)}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--config", str(COMPANY)], env=env)

    assert run("db", "upgrade").exit_code == 0
    return run


def test_a_sign_in_link_leads_to_the_engine(oncall) -> None:
    answer = oncall("sign-in", "ana", "--json")
    assert json.loads(answer.output)["link"].startswith("http://127.0.0.1:8080/sign-in/link/")


def test_a_token_is_printed_once(oncall) -> None:
    answer = oncall("token", "ana", "--name", "dashboards", "--json")
    assert json.loads(answer.output)["token"].startswith("oncall_")


@pytest.mark.parametrize("command", [("sign-in", "nobody"), ("token", "nobody", "--name", "x")])
def test_a_stranger_gets_nothing(oncall, command: tuple[str, ...]) -> None:
    answer = oncall(*command)
    assert answer.exit_code == 1
    assert "there is no person nobody" in answer.output


def test_a_token_never_has_more_rights_than_its_person(oncall) -> None:
    answer = oncall("token", "ben", "--name", "x", "--scope", "admin")
    assert answer.exit_code == 1
    assert "may not give the scope admin" in answer.output


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        main, ["sign-in", "ana", "--config", str(COMPANY)], env={"ONCALL_DATA_DIR": str(tmp_path)}
    )
    assert answer.exit_code == 1
    assert "oncall db upgrade" in answer.output
