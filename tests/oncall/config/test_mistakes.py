"""Mistakes people make, one at a time in the example company: each is found, with file and line and how to mend it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from oncall.config import load


class Mistake(NamedTuple):
    #: What somebody did.
    name: str
    #: The file, and what in it becomes what; None stands for the file's end.
    file: str
    old: str | None
    new: str
    #: Where it is told: the file, and a text that stands on its line ("" for the whole file).
    told_in: str
    told_at: str
    #: What is told, and how to mend it.
    what: str
    mend: str
    level: str = "error"


TEAM, PEOPLE, SERVICES = "teams/payments.yaml", "people.yaml", "catalog/services.yaml"
MISTAKES = [
    Mistake(
        "a member who does not exist", TEAM, "[ana, ben, cai]", "[ana, bne, cai]",
        TEAM, "bne", "there is no person 'bne'", "Did you mean 'ben'?",
    ),
    Mistake(
        "a step that asks somebody who does not exist", TEAM, "- notify: [{schedule: primary}]", "- notify: [{person: annna}]",
        TEAM, "annna", "there is no person 'annna'", "Did you mean 'ana'?",
    ),
    Mistake(
        "a step that asks a rotation the team does not have", TEAM, "{schedule: primary}]", "{schedule: primray}]",
        TEAM, "primray", "no schedule 'primray'", "Did you mean 'primary'?",
    ),
    Mistake(
        "a step that asks a team that does not exist", TEAM, "{team: payments}", "{team: payment}",
        TEAM, "{team: payment}", "there is no team 'payment'", "Did you mean 'payments'?",
    ),
    Mistake(
        "a step that asks nobody", TEAM, "{schedule: secondary}, {slack:", "{slack:",
        TEAM, '- notify: [{slack: "#payments"}]', "step 2 asks nobody", "Add a schedule, person or team",
    ),
    Mistake(
        "a step with an empty list", TEAM, "- notify: [{schedule: primary}]", "- notify: []",
        TEAM, "- notify: []", "step 1 asks nobody", "Add a schedule, person or team",
    ),
    Mistake(
        "a team without a rotation", "teams/data.yaml", "schedules:", "email: data@shop.example\nno_schedules:",
        "teams/data.yaml", "name: Data", "team data has no schedule", "Add schedules:",
    ),
    Mistake(
        "a contact rule slower than the step's wait", PEOPLE, "important: [{via: phone}]", "important: [{via: phone, after: 7m}]",
        PEOPLE, "after: 7m", "cai is asked by phone after 7m, but step 1 of payments waits only 1m", "quicker",
    ),
    Mistake(
        "a second contact rule slower than the step's wait", PEOPLE,
        "important: [{via: phone}]", "important: [{via: phone}, {via: email, after: 5m}]",
        PEOPLE, "after: 5m", "cai is asked by email after 5m", "quicker", "warning",
    ),
    Mistake(
        "an alias of two people", PEOPLE, "aliases: [Fay N.]", "aliases: [ana r.]",
        PEOPLE, "aliases: [ana r.]", "'ana r.' names both ana (people.yaml:5) and fay", "one of them",
    ),
    Mistake(
        "a person twice", PEOPLE, "\nhua:", "\nana:  # again",
        PEOPLE, "# again", "stands twice in one mapping", "Mend the line",
    ),
    Mistake(
        "a time zone that does not exist", PEOPLE, "Europe/Madrid", "Europe/Madird",
        PEOPLE, "Madird", "no time zone: 'Europe/Madird'", "Did you mean 'Europe/Madrid'?",
    ),
    Mistake(
        "a rule for a channel without address", PEOPLE, "important: [{via: phone}]", "important: [{via: phone}, {via: webhook}]",
        PEOPLE, "via: webhook", "cai has no address for webhook", "contact: {webhook: …}",
    ),
    Mistake(
        "a rule for a channel that does not exist", PEOPLE, "important: [{via: phone}]", "important: [{via: fone}]",
        PEOPLE, "fone", "no channel: 'fone'", "Did you mean 'phone'?",
    ),
    Mistake(
        "somebody in no team", TEAM, "[ana, ben, cai]", "[ana, cai]",
        PEOPLE, "ben:", "ben is in no team", "Add them", "warning",
    ),
    Mistake(
        "a fallback team that does not exist", "oncall.yaml", "fallback_team: platform", "fallback_team: plattform",
        "oncall.yaml", "plattform", "'plattform', does not exist", "Did you mean 'platform'?",
    ),
    Mistake(
        "a calendar that is not there", TEAM, "payments-primary.ics", "payment-primary.ics",
        TEAM, "payment-primary.ics", "names no file: calendars/payment-primary.ics", "Put the calendar at",
    ),
    Mistake(
        "a key that is too short", "integrations.yaml", "demo-key-for-trying-out", "secret",
        "integrations.yaml", "key: secret", "shorter than 16", "openssl rand",
    ),
    Mistake(
        "the same key twice", "integrations.yaml", None, "staging: {key: demo-key-for-trying-out}\n",
        "integrations.yaml", "staging", "staging has the same key as production", "one of its own",
    ),
    Mistake(
        "a key_env that is not set", "integrations.yaml", "key: demo-key-for-trying-out", "key_env: AM_KEY",
        "integrations.yaml", "AM_KEY", "which is not set", "Set AM_KEY",
    ),
    Mistake(
        "an unknown key", TEAM, "slack_channel:", "slack_chanel:",
        TEAM, "slack_chanel", "there is no key 'slack_chanel'", "Did you mean 'slack_channel'?",
    ),
    Mistake(
        "an unknown key deep down", TEAM, "important: true", "urgent: true",
        TEAM, "urgent", "step 3: there is no key 'urgent'", "Known: important, notify",
    ),
    Mistake(
        "a wait without unit", TEAM, "wait: 1m", "wait: 1",
        TEAM, "wait: 1", "wait is 1", "such as 30s, 5m",
    ),
    Mistake(
        "an unquoted telephone number", PEOPLE, "holidays: SE", "mobile: +4670123456",
        PEOPLE, "mobile", "mobile is 4670123456, not a text", "Put it in quotes",
    ),
    Mistake(
        "hours that YAML 1.1 would count in sixties", PEOPLE, "22:00-07:00", "22:30",
        PEOPLE, "22:30", "quiet_hours is '22:30'", "09:00-18:00",
    ),
    Mistake(
        "a mail address that is none", PEOPLE, "ben@shop.example", "ben.shop.example",
        PEOPLE, "ben.shop.example", "email cannot be used", "write name@example.com",
    ),
    Mistake(
        "a severity that does not exist", "oncall.yaml", "ticket: warning", "ticket: warnung",
        "oncall.yaml", "warnung", "is 'warnung'", "Did you mean 'warning'?",
    ),
    Mistake(
        "a reminder after the expiry", "oncall.yaml", "{critical: 1h, warning: 8h}", "{critical: 5m, warning: 8h}",
        "oncall.yaml", "defaults:", "critical expire after 5m, before the reminder is due", "shorter",
    ),
    Mistake(
        "a pattern that does not compile", "teams/data.yaml", "(?P<name>.+)", "(?P<name>.+",
        "teams/data.yaml", "pattern", "no regular expression", "single quotes",
    ),
    Mistake(
        "a calendar alias of nobody", "teams/data.yaml", "Hua: hua", "Hua: huan",
        "teams/data.yaml", "primary:", "leads to 'huan'", "Did you mean 'hua'?",
    ),
    Mistake(
        "a role that no shift has", TEAM, "- notify: [{schedule: primary}]", "- notify: [{schedule: primary, role: backup}]",
        TEAM, "backup", "has the role 'backup'", "role:",
    ),
    Mistake(
        "a day that is none", "teams/data.yaml", "days: mon-fri", "days: mon-fryday",
        "teams/data.yaml", "fryday", "no day 'mon-fryday'", "mon-fri",
    ),
    Mistake(
        "a file that is not YAML", TEAM, "members: [ana, ben, cai]", "members: [ana, ben, cai",
        TEAM, "timezone:", "the file is not YAML", "Mend the line",
    ),
    Mistake(
        "a setting that cannot be used", "oncall.yaml", "listen: 127.0.0.1:8080", "listen: 8080",
        "oncall.yaml", "listen", "the value of listen cannot be used", "host:port",
    ),
    Mistake(
        "a policy that repeats without waiting", "teams/platform.yaml", "wait: ", "wait: 0s #",
        "teams/platform.yaml", "escalation:", "repeats after 0s", "waits of a minute",
    ),
    Mistake(
        "a service whose owner is no team", SERVICES, "owner: data", "owner: dta",
        SERVICES, "owner: dta", "kafka is owned by 'dta', which is no team", "Did you mean 'data'?",
    ),
    Mistake(
        "an alias of two services", SERVICES, "[k8s, node]", "[k8s, pg]",
        SERVICES, "[postgresql, pg]", "'pg' names both kubernetes (catalog/services.yaml:80) and postgres", "one of them",
    ),
    Mistake(
        "a service twice", SERVICES, "\nwarehouse:", "\nkafka:  # again",
        SERVICES, "# again", "stands twice in one mapping", "Mend the line",
    ),
    Mistake(
        "a dependency misspelt", SERVICES, "depends_on: [kafka, postgres]", "depends_on: [kafka, postgers]",
        SERVICES, "postgers", "depends on 'postgers', which is not in the catalog", "Did you mean 'postgres'?", "warning",
    ),
    Mistake(
        "an unknown key of a service", SERVICES, "aliases: [k8s, node]", "alias: [k8s, node]",
        SERVICES, "alias: [k8s", "there is no key 'alias'", "Did you mean 'aliases'?",
    ),
    Mistake(
        "an ownership rule for a team that does not exist", "oncall.yaml", None,
        "ownership: [{match: 'alertname=~\"Kube.*\"', team: platfrom}]\n",
        "oncall.yaml", "ownership:", "there is no team 'platfrom'", "Did you mean 'platform'?",
    ),
    Mistake(
        "matchers that cannot be read", "oncall.yaml", None, "ownership: [{match: 'alertname=~\"[\"', team: platform}]\n",
        "oncall.yaml", "ownership:", "match cannot be read", "regular expression",
    ),
    Mistake(
        "a catalog format that does not exist", "oncall.yaml", None,
        "catalog: {sources: [{name: portal, reader: backstag, files: x/*.yaml}]}\n",
        "oncall.yaml", "catalog:", "reader is 'backstag'", "Did you mean 'backstage'?",
    ),
    Mistake(
        "a catalog source that finds nothing", "oncall.yaml", None,
        "catalog: {sources: [{name: portal, reader: backstage, files: x/*.yaml}]}\n",
        "oncall.yaml", "catalog:", "finds no file", "Mend the pattern", "warning",
    ),
    Mistake(
        "precedence for a source that does not exist", "oncall.yaml", None, "catalog: {precedence: [portal]}\n",
        "oncall.yaml", "catalog:", "no catalog source 'portal'", "Known: own",
    ),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_found_with_file_and_line_and_how_to_mend_it(mistake, company):
    spoil(company, mistake)
    found = [problem for problem in load(company, {}).problems if mistake.what in str(problem)]
    assert found, [str(problem) for problem in load(company, {}).problems]
    assert (found[0].file, found[0].line) == (mistake.told_in, line_of(company, mistake))
    assert mistake.mend in found[0].mend
    assert found[0].level == mistake.level


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_only_errors_refuse_a_directory(mistake, company):
    spoil(company, mistake)
    assert (load(company, {}).directory is None) == (mistake.level == "error")


def test_all_mistakes_are_told_at_once(company):
    chosen = [m for m in MISTAKES if m.name in {"a member who does not exist", "a person twice", "a wait without unit"}]
    for mistake in chosen:
        spoil(company, mistake)
    told = "\n".join(str(problem) for problem in load(company, {}).problems)
    for mistake in chosen:
        assert mistake.what in told


def test_teams_that_hand_on_to_one_another_are_told_at_both_ends(company):
    for team, other in (("payments", "platform"), ("platform", "payments")):
        path = company / "teams" / f"{team}.yaml"
        path.write_text(path.read_text().replace(f"{{team: {team}}}", f"{{team: {other}}}"))
    told = [problem for problem in load(company, {}).problems if "ring" in problem.what]
    assert [problem.file for problem in told] == ["teams/payments.yaml", "teams/platform.yaml"]
    assert "payments -> platform -> payments" in told[0].what
    assert (company / told[0].file).read_text().splitlines()[told[0].line - 1] == "    - notify: [{team: platform}]"


def spoil(company, mistake):
    path = company / mistake.file
    text = path.read_text()
    if mistake.old is None:
        path.write_text(text + mistake.new)
        return
    assert mistake.old in text
    path.write_text(text.replace(mistake.old, mistake.new))


def line_of(company, mistake):
    lines = (company / mistake.told_in).read_text().splitlines()
    return next((number for number, line in enumerate(lines, 1) if mistake.told_at in line), 0)
