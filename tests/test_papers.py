"""What the papers promise is there: links, commands, make targets, and the bodies a newcomer sends."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from oncall.cli.main import COMMANDS
from oncall.config import key_digest, load
from oncall.metrics import Metrics
from routing.lined_yaml import load_documents
from routing.owner import Resolver
from routing.sources import source

ROOT = Path(__file__).parents[1]
PAPERS = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if "0000-" not in path.name)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_COMMAND = re.compile(r"(?<![\w/.-])(?:\.venv/bin/)?oncall ([a-z][a-z-]*)(?=[ `\n])")
_YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def directory():
    return load(ROOT / "examples" / "company", {}).directory


def name(path):
    return str(path.relative_to(ROOT))


def installed(tool):
    path = shutil.which(tool)
    if path is None:
        reason = f"{tool} is not installed"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return path


@pytest.mark.parametrize("paper", PAPERS, ids=name)
def test_every_relative_link_leads_somewhere(paper):
    targets = [target for target in _LINK.findall(paper.read_text("utf-8")) if "://" not in target]
    assert [target for target in targets if not (paper.parent / target).exists()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=name)
def test_every_make_target_exists(paper):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^ {4}|`)make ([a-z]+)", paper.read_text("utf-8"), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("paper", PAPERS, ids=name)
def test_every_command_exists(paper):
    code = re.findall(r"`oncall [^`]+`|^ {4}.*$|^```\n.*?^```", paper.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    named = {command for piece in code for command in _COMMAND.findall(piece + "\n")}
    assert named <= {command for command, _ in COMMANDS}


@pytest.mark.parametrize("paper", PAPERS, ids=name)
def test_every_yaml_example_is_yaml(paper):
    for block in _YAML.findall(paper.read_text("utf-8")):
        load_documents(block)


@pytest.mark.parametrize("command", [command for command, _ in COMMANDS])
def test_every_command_is_in_the_papers(command):
    assert any(f"oncall {command}" in paper.read_text("utf-8") for paper in PAPERS if paper.name != "CHANGELOG.md")


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("**/*.md")), ids=name)
def test_every_page_is_reached_from_the_index(page):
    if page.parent.name == "adr" or page.name == "index.md":
        return
    assert f"({page.relative_to(ROOT / 'docs')}" in (ROOT / "docs" / "index.md").read_text("utf-8")


def test_the_body_that_a_newcomer_sends_is_good_and_is_owned_by_payments(directory):
    decoded = source("alertmanager").decode((ROOT / "examples" / "alert.json").read_bytes())
    assert decoded.rejected == ()
    (alert,) = decoded.alerts
    resolver = Resolver(directory.catalog, tuple(directory.teams), directory.defaults.fallback_team)
    assert resolver.resolve(alert.labels).team == "payments"


def blocks(paper, sign):
    """The YAML examples of a paper that hold these words, as they stand where they are not part of a list."""
    return [b for b in map(textwrap.dedent, _YAML.findall((ROOT / paper).read_text("utf-8"))) if sign in b]


def test_two_sites_that_watch_each_other_are_a_directory_that_loads(tmp_path):
    (block,) = blocks("docs/high-availability.md", "heartbeat:")
    copied = shutil.copytree(ROOT / "examples" / "company", tmp_path / "company")
    with (copied / "integrations.yaml").open("a") as file:
        file.write(block)
    loaded = load(copied, {"SITE_B_KEY": "0" * 48})
    assert loaded.problems == ()
    (heartbeat,) = (one.heartbeat for one in loaded.directory.integrations if one.name == "site-b")
    assert (heartbeat.alertname, heartbeat.every, heartbeat.team) == ("Watchdog", timedelta(minutes=1), "platform")
    missing = load(copied, {})
    assert missing.directory is None
    assert "SITE_B_KEY" in str(missing.problems[0])


def test_the_balancer_in_the_papers_is_one_that_haproxy_takes(tmp_path):
    haproxy = shutil.which("haproxy", path="/usr/sbin") or installed("haproxy")
    page = (ROOT / "docs" / "high-availability.md").read_text("utf-8")
    block = textwrap.dedent(page[page.index("    defaults\n") : page.index("With nginx")])
    file = tmp_path / "haproxy.cfg"
    file.write_text(block.replace(" ssl crt /etc/haproxy/oncall.pem", ""))  # whose certificate is not here
    checked = subprocess.run([haproxy, "-c", "-f", file], capture_output=True, text=True, timeout=20, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("paper", ["README.md", "docs/quickstart.md", "docs/alertmanager.md"])
def test_the_key_in_the_papers_opens_the_example(paper, directory):
    keys = re.findall(r"/api/v1/alertmanager/([\w-]+)", (ROOT / paper).read_text("utf-8"))
    known = {integration.key_sha256 for integration in directory.integrations}
    assert keys
    assert all(key_digest(key) in known for key in keys)


@pytest.mark.parametrize("paper", ["docs/alertmanager.md", "docs/high-availability.md"])
def test_the_route_in_the_papers_is_one_that_alertmanager_takes(tmp_path, paper):
    amtool = installed("amtool")
    file = tmp_path / "alertmanager.yml"
    file.write_text(blocks(paper, "route:")[0])
    checked = subprocess.run([amtool, "check-config", file], capture_output=True, text=True, timeout=20, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_scraping_in_the_papers_is_such_that_prometheus_takes(tmp_path):
    promtool = installed("promtool")
    file = tmp_path / "prometheus.yml"
    (block,) = blocks("docs/high-availability.md", "scrape_configs:")
    file.write_text(block)
    checked = subprocess.run(
        [promtool, "check", "config", file], capture_output=True, text=True, timeout=20, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("paper", ["alertmanager.md", "operation.md"])
def test_the_rules_in_the_papers_are_such_that_prometheus_takes(tmp_path, paper):
    promtool = installed("promtool")
    file = tmp_path / "rules.yml"
    file.write_text(blocks(f"docs/{paper}", "groups:")[0])
    checked = subprocess.run(
        [promtool, "check", "rules", file], capture_output=True, text=True, timeout=20, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_metrics_in_the_rules_exist():
    block = blocks("docs/operation.md", "groups:")[0]
    known = {family.name for family in Metrics().registry.collect()}
    named = {re.sub(r"_(total|bucket)$", "", metric) for metric in re.findall(r"\boncall_\w+", block)}
    assert named
    assert named <= known
