"""A changed directory comes into force whole, or not at all."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from oncall import wiring
from oncall.clock import SystemClock
from oncall.config import Settings, load
from oncall.demo import neighbours
from oncall.engine import Organisation
from oncall.services.operation.reload import BadDirectory, reload
from routing.catalog import Entry, Origin
from routing.catalog.assembly import SourceContent
from routing.problem import ProblemLevel

COMPANY = Path(__file__).parents[3] / "examples" / "company"


@pytest.fixture
def company(tmp_path):
    return Path(shutil.copytree(COMPANY, tmp_path / "company"))


@pytest.fixture
async def engine(company, tmp_path):
    settings = Settings(data_dir=tmp_path)
    engine = wiring.open_engine(load(company, {}).directory, settings, SystemClock(), config_dir=company)
    yield engine
    await wiring.close(engine)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


async def test_what_changed_is_in_force_and_in_the_log(engine, company):
    edit(company / "catalog" / "services.yaml", "owner: data", "owner: platform")
    with capture_logs() as logs:
        await reload(engine)
    assert engine.organisation.resolver.resolve({"service": "kafka"}).team == "platform"
    (line,) = [line for line in logs if line["event"] == "configuration in force"]
    assert line["changes"] == ["service kafka changed (owner)", "service warehouse changed (owner)"]


async def test_a_directory_with_errors_is_refused_whole_and_the_old_one_stays(engine, company):
    before = engine.organisation
    edit(company / "catalog" / "services.yaml", "owner: data", "owner: platform")
    edit(company / "people.yaml", "Europe/Madrid", "Europe/Madird")
    with pytest.raises(BadDirectory) as refused:
        await reload(engine)
    assert engine.organisation is before
    assert "people.yaml:4: error" in refused.value.mend


async def test_warnings_let_it_through_and_come_back(engine, company):
    (company / "team").mkdir()
    (problem,) = await reload(engine)
    assert problem.level is ProblemLevel.WARNING


async def test_settings_wait_for_the_next_start_and_that_is_said(engine, company):
    edit(company / "oncall.yaml", "listen: 127.0.0.1:8080", "listen: 127.0.0.1:9999")
    with capture_logs() as logs:
        await reload(engine)
    assert engine.settings.listen == "127.0.0.1:8080"
    assert any(line["log_level"] == "warning" and "next start" in line["event"] for line in logs)


async def test_services_that_change_hands_are_told(engine, company):
    edit(company / "catalog" / "services.yaml", "owner: data", "owner: platform")
    with capture_logs() as logs:
        await reload(engine)
    (line,) = [line for line in logs if line["event"] == "services moved"]
    assert line["moves"] == ["kafka: data to platform", "warehouse: data to platform"]


async def test_what_still_names_a_team_that_is_gone_is_told(engine, company):
    entry = Entry(name="lake", owner="data", origins={"owner": Origin(source="ci", file="pushed by ana")})
    further = (SourceContent(source="ci", entries=(entry,)),)
    engine.organisation = Organisation(engine.organisation.files, further, 1)
    (company / "teams" / "data.yaml").unlink()
    edit(company / "catalog" / "services.yaml", "owner: data", "owner: platform")
    with capture_logs():
        problems = await reload(engine)
    told = [problem for problem in problems if "is gone" in problem.what]
    assert [(p.file, p.what) for p in told] == [
        ("pushed by ana (ci)", "the team data is gone, but the service lake still names it")
    ]
    assert "platform is asked" in told[0].mend


async def test_a_workspace_that_stands_in_for_slack_outlives_a_reload(engine, company):
    """Whoever tries the engine out edits its files, and is still reached in the workspace on this machine."""
    async with neighbours.local_slack(load(company, {}).directory, "http://127.0.0.1:8080") as slack:
        engine.adapted = functools.partial(neighbours.joined, slack=slack)
        engine.settings = neighbours.connected(load(company, {}).settings, slack)
        edit(company / "catalog" / "services.yaml", "owner: data", "owner: platform")
        with capture_logs() as logs:
            await reload(engine)
    assert engine.organisation.resolver.resolve({"service": "kafka"}).team == "platform"
    assert all(person.address("slack") for person in engine.directory.people.values())
    assert not [line for line in logs if line["log_level"] == "warning"]
