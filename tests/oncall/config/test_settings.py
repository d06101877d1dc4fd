from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from oncall.config import Secret, load_settings
from oncall.config.settings import CHANNEL_SETTINGS, LogFormat


def settings(tmp_path, yaml="", **environ):
    (tmp_path / "oncall.yaml").write_text(yaml)
    return load_settings(tmp_path, environ)


def test_nothing_set_gives_the_documented_defaults():
    found, problems = load_settings(None, {})
    assert problems == ()
    assert found.listen == "127.0.0.1:8080"
    assert found.address == "http://127.0.0.1:8080"
    assert found.database == f"sqlite+aiosqlite:///{Path('data') / 'oncall.db'}"
    assert found.max_body == 16_000_000


def test_the_environment_wins_over_the_file(tmp_path):
    found, problems = settings(tmp_path, "listen: 0.0.0.0:80\nlog_format: json\n", ONCALL_LISTEN="127.0.0.1:9")
    assert problems == ()
    assert found.listen == "127.0.0.1:9"
    assert found.log_format is LogFormat.JSON


def test_an_empty_variable_counts_as_not_set(tmp_path):
    found, problems = settings(tmp_path, "listen: 0.0.0.0:80\n", ONCALL_LISTEN="")
    assert (found.listen, problems) == ("0.0.0.0:80", ())


def test_an_unknown_variable_is_one_line_with_the_likely_name(tmp_path):
    _, problems = settings(tmp_path, "", ONCALL_PUBLIK_URL="https://x.example")
    assert [str(p) for p in problems] == [
        "environment: error: there is no setting ONCALL_PUBLIK_URL. Did you mean 'ONCALL_PUBLIC_URL'?"
    ]


def test_an_unknown_key_of_the_file_is_told_with_its_line(tmp_path):
    _, problems = settings(tmp_path, "listen: 127.0.0.1:1\nlog_levle: info\n")
    assert [(p.file, p.line, p.mend) for p in problems] == [("oncall.yaml", 2, "Did you mean 'log_level'?")]


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("ONCALL_LISTEN", "8080", "host:port"),
        ("ONCALL_LISTEN", "localhost:99999", "host:port"),
        ("ONCALL_PUBLIC_URL", "oncall.example.com", "http://"),
        ("ONCALL_DATABASE_URL", "mysql://u:hunter2@db/x", "postgresql://"),
        ("ONCALL_HEARTBEAT_EVERY", "often", "1h30m"),
        ("ONCALL_LOG_LEVEL", "loud", "warning"),
        ("ONCALL_LOG_FORMAT", "xml", "json"),
        ("ONCALL_MAX_BODY", "huge", "16MB"),
    ],
)
def test_a_bad_value_says_how_to_write_it_and_keeps_the_default(tmp_path, variable, value, hint):
    found, problems = settings(tmp_path, "", **{variable: value})
    assert len([p for p in problems if variable in p.what and hint in p.mend]) == 1
    assert "hunter2" not in str(problems)
    name = variable.removeprefix("ONCALL_").lower()
    assert getattr(found, name) == getattr(load_settings(None, {})[0], name)


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgresql://u:p@db/oncall", "postgresql+asyncpg://u:p@db/oncall"),
        ("postgres://u:p@db/oncall", "postgresql+asyncpg://u:p@db/oncall"),
        ("sqlite:////var/lib/x.db", "sqlite+aiosqlite:////var/lib/x.db"),
    ],
)
def test_a_database_address_gets_the_driver_the_engine_uses(tmp_path, given, driver):
    assert settings(tmp_path, "", ONCALL_DATABASE_URL=given)[0].database == driver


def test_secrets_never_show(tmp_path):
    found, _ = settings(
        tmp_path,
        "",
        ONCALL_DATABASE_URL="postgresql://u:hunter2@db/x",
        ONCALL_SLACK_BOT_TOKEN="xoxb-hunter2",
        ONCALL_SMTP_HOST="mail.example.com",
        ONCALL_SMTP_FROM="a@b.example",
        ONCALL_SMTP_PASSWORD="hunter2",
    )
    assert "hunter2" not in f"{found!r} {found} {found.database_url} {found.database_url!r} {found.channels}"
    assert found.database_url.reveal() == "postgresql+asyncpg://u:hunter2@db/x"
    assert found.channels["ONCALL_SLACK_BOT_TOKEN"] == "xoxb-hunter2"
    assert found.channels["ONCALL_SMTP_PASSWORD"] == "hunter2"


def test_half_a_provider_is_refused_with_the_rest_of_the_names(tmp_path):
    _, problems = settings(tmp_path, "", ONCALL_TWILIO_ACCOUNT_SID="AC" + "0" * 32)
    assert [p.what for p in problems] == [
        "ONCALL_TWILIO_ACCOUNT_SID needs ONCALL_TWILIO_AUTH_TOKEN, ONCALL_TWILIO_FROM"
    ]


def test_the_suites_own_variable_is_no_unknown_setting(tmp_path):
    assert settings(tmp_path, "", ONCALL_TEST_DATA="/x")[1] == ()


def test_numbers_and_lengths_of_the_file_are_read_like_those_of_the_environment(tmp_path):
    found, problems = settings(tmp_path, "max_body: 2048\nheartbeat_every: 90s\n")
    assert (found.max_body, found.heartbeat_every, problems) == (2048, timedelta(seconds=90), ())


def test_an_empty_secret_is_false():
    assert not Secret()
    assert Secret("x") == Secret("x") != Secret("y")


def test_what_a_channel_declares_is_a_setting_in_both_places(tmp_path):
    found, problems = settings(
        tmp_path, "smtp_host: mail.example.com\nsmtp_port: 2525\n", ONCALL_SMTP_FROM="oncall@shop.example"
    )
    assert problems == ()
    assert dict(found.channels) == {
        "ONCALL_SMTP_HOST": "mail.example.com",
        "ONCALL_SMTP_PORT": "2525",
        "ONCALL_SMTP_FROM": "oncall@shop.example",
    }


def test_a_channels_own_check_is_asked_and_a_secret_stays_out_of_the_answer(tmp_path):
    _, problems = settings(tmp_path, "smtp_port: many\n", ONCALL_WEBHOOK_SECRET="hunter2")
    assert [(p.file, p.line) for p in problems] == [("environment", 0), ("oncall.yaml", 1)]
    assert "hunter2" not in str(problems)
    assert "1 to 65535" in problems[1].mend


def test_half_a_channel_is_refused(tmp_path):
    _, problems = settings(tmp_path, "", ONCALL_SMTP_HOST="mail.example.com")
    assert [p.what for p in problems] == ["ONCALL_SMTP_HOST needs ONCALL_SMTP_FROM"]


@pytest.mark.parametrize("setting", CHANNEL_SETTINGS.values(), ids=lambda setting: setting.env)
def test_every_channel_setting_has_the_prefix_and_a_default_that_passes_its_check(setting):
    assert setting.env.startswith("ONCALL_")
    assert not setting.default or setting.check(setting.default) is None
