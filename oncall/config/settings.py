"""Settings of the process: `ONCALL_*` environment variables over the keys of `DIR/oncall.yaml`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints
from urllib.parse import urlsplit

import msgspec

from notifiers.channel import Setting as ChannelSetting
from notifiers.channels import CHANNELS
from oncall.config.secret import Secret
from oncall.config.section import Keys, Place, Reading, Section, sentence, suggestion
from oncall.config.words import parse_length, parse_size

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PREFIX = "ONCALL_"
#: Variables of this prefix that belong to the test suite; a process started by it inherits them.
NOT_SETTINGS = frozenset({"ONCALL_TEST_DATA"})


#: Settings that sign people in at an OpenID provider; one without the others is a slip.
OPENID = (f"{PREFIX}OIDC_ISSUER", f"{PREFIX}OIDC_CLIENT_ID", f"{PREFIX}OIDC_CLIENT_SECRET")
SLACK_SIGN_IN = ("ONCALL_SLACK_CLIENT_ID", "ONCALL_SLACK_CLIENT_SECRET")


class LogFormat(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe log line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a setting means, and how its text becomes a value (ValueError says how to write it)."""

    about: str
    parse: Callable[[str], Any] = str


def _secret(text: str) -> Secret:
    return Secret(text)


def _listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("write host:port, for example 127.0.0.1:8080")
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write an address that begins with http:// or https://")
    return text.rstrip("/")


def _secret_address(text: str) -> Secret:
    return Secret(_address(text))


def _database(text: str) -> Secret:
    scheme, mark, rest = text.partition("://")
    driver = {
        "sqlite": "sqlite+aiosqlite",
        "sqlite+aiosqlite": "sqlite+aiosqlite",
        "postgres": "postgresql+asyncpg",
        "postgresql": "postgresql+asyncpg",
        "postgresql+asyncpg": "postgresql+asyncpg",
    }.get(scheme)
    if not mark or driver is None:
        raise ValueError("write postgresql://user:password@host/name or sqlite:///path/to/file.db")
    return Secret(f"{driver}://{rest}")


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word) for word in text.replace(",", " ").split())
    except ValueError:
        raise ValueError("write networks such as 10.0.0.0/8, separated by commas") from None


def _log_level(text: str) -> LogLevel:
    try:
        return LogLevel(text.lower())
    except ValueError:
        raise ValueError(f"write one of {', '.join(LogLevel)}") from None


def _log_format(text: str) -> LogFormat:
    try:
        return LogFormat(text.lower())
    except ValueError:
        raise ValueError(f"write one of {', '.join(LogFormat)}") from None


class ChannelValues(Mapping[str, str]):
    """The settings that channels declare, by environment name; never shown, since some are secret."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._given = dict(given or {})

    def __getitem__(self, name: str) -> str:
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def __repr__(self) -> str:
        return f"ChannelValues({', '.join(sorted(self._given))})"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this process runs. An empty text or secret means that the feature is off."""

    listen: Annotated[str, Setting("Address and port the engine listens on.", _listen)] = "127.0.0.1:8080"
    public_url: Annotated[
        str,
        Setting(
            "Address people and providers reach the engine at; default `http://` and the listen address.", _address
        ),
    ] = ""
    data_dir: Annotated[Path, Setting("Folder for the SQLite file and keys the engine makes.", Path)] = Path("data")
    database_url: Annotated[
        Secret,
        Setting("`postgresql://…` or `sqlite:///…`; default the file `oncall.db` in the data folder.", _database),
    ] = Secret()
    heartbeat_url: Annotated[
        Secret,
        Setting(
            "Outside address that is called regularly, so that something notices when the engine stops.",
            _secret_address,
        ),
    ] = Secret()
    heartbeat_every: Annotated[timedelta, Setting("How often the outside address is called.", parse_length)] = (
        timedelta(minutes=1)
    )
    calendar_networks: Annotated[
        tuple[Network, ...],
        Setting("Internal networks calendars may be read from, as `10.0.0.0/8, 192.168.7.3`; default none.", _networks),
    ] = ()
    keep_history: Annotated[
        timedelta, Setting("How long incidents are kept after they are over; insights look back a year.", parse_length)
    ] = timedelta(days=400)
    archive_dir: Annotated[
        str, Setting("Folder that incidents are written to, a line of JSON each, before they are deleted.")
    ] = ""
    oidc_issuer: Annotated[
        str, Setting("Address of the OpenID provider people sign in at, as `https://accounts.example.com`.", _address)
    ] = ""
    oidc_client_id: Annotated[str, Setting("This engine's client id at the OpenID provider.")] = ""
    oidc_client_secret: Annotated[
        Secret, Setting("The client's secret; the redirect address is `/sign-in/oidc/back`.", _secret)
    ] = Secret()
    slack_client_id: Annotated[str, Setting("Client id of the Slack app, so that people can sign in with Slack.")] = ""
    slack_client_secret: Annotated[
        Secret, Setting("Its client secret; the redirect address is `/sign-in/slack/back`.", _secret)
    ] = Secret()
    slack_team_id: Annotated[
        str, Setting("Slack workspace (`T0123…`) that people sign in from; others are then refused.")
    ] = ""
    slack_issuer: Annotated[str, Setting("Where Slack signs people in.", _address)] = "https://slack.com"
    log_level: Annotated[LogLevel, Setting("`debug`, `info`, `warning` or `error`.", _log_level)] = LogLevel.INFO
    log_format: Annotated[LogFormat, Setting("`text` for people, `json` for machines.", _log_format)] = LogFormat.TEXT
    max_body: Annotated[int, Setting("Largest request body taken, as `16MB`; larger ones get 413.", parse_size)] = (
        16_000_000
    )

    #: What channels are built from (`Channel.build`).
    channels: ChannelValues = ChannelValues()

    @property
    def address(self) -> str:
        """The public address without a trailing slash."""
        return self.public_url or f"http://{self.listen}"

    @property
    def database(self) -> str:
        """The database's SQLAlchemy address, with the async driver. It may hold a password: never log it."""
        return self.database_url.reveal() or f"sqlite+aiosqlite:///{self.data_dir / 'oncall.db'}"


def _declared() -> dict[str, Setting]:
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if name != "channels"}


def _key(variable: str) -> str:
    return variable.removeprefix(PREFIX).lower()


def _about(setting: ChannelSetting) -> str:
    """The sentence with the channels it is for: "Its port." says little in a list of all settings."""
    titles = [channel.title for channel in CHANNELS if setting.env in {other.env for other in channel.settings}]
    return f"{', '.join(titles)}: {setting.about}"


SETTINGS: Mapping[str, Setting] = _declared()
CHANNEL_SETTINGS: Mapping[str, ChannelSetting] = {
    _key(setting.env): setting for channel in CHANNELS for setting in channel.settings
}
#: Every key that `oncall.yaml` may have for a setting.
SETTING_KEYS: Keys = {
    **{_key(setting.env): _about(setting) for channel in CHANNELS for setting in channel.settings},
    **{name: setting.about for name, setting in SETTINGS.items()},
}

ENVIRONMENT = Place("environment", 0)


def read_settings(section: Section | None, reading: Reading) -> Settings:
    """The settings, with the default in place of each wrong value; what is wrong is noted.

    `section` is `oncall.yaml`, whose keys may hold any setting in lower case without the prefix.
    """
    given: dict[str, Any] = {}
    channels: dict[str, str] = {}
    for name in SETTING_KEYS:
        variable = PREFIX + name.upper()
        if reading.environ.get(variable):
            text, place, shown = reading.environ[variable].strip(), ENVIRONMENT, variable
        elif section is not None and section.has(name):
            text, place, shown = section.plain(name), section.place(name), name
        else:
            continue
        # The value itself stays out of the messages: it may hold a password.
        what = f"the value of {shown} cannot be used"
        if name in CHANNEL_SETTINGS:
            fault = CHANNEL_SETTINGS[name].check(text)
            if fault is None:
                channels[variable] = text
            else:
                secret = CHANNEL_SETTINGS[name].secret
                reading.error(place, what, "Mend or unset it" if secret else sentence(fault))
        if name in SETTINGS:
            try:
                given[name] = SETTINGS[name].parse(text)
            except ValueError as error:
                reading.error(place, what, sentence(str(error)))
    _check_names(reading)
    _check_together(given, channels, reading)
    return Settings(**given, channels=ChannelValues(channels))


def _check_names(reading: Reading) -> None:
    known = {PREFIX + name.upper() for name in SETTING_KEYS}
    for variable in sorted(reading.environ):
        if variable.startswith(PREFIX) and variable not in known | NOT_SETTINGS:
            reading.error(ENVIRONMENT, f"there is no setting {variable}", suggestion(variable, known))


def _check_together(given: Mapping[str, Any], channels: Mapping[str, str], reading: Reading) -> None:
    """Half a provider is a slip: whoever sets one of its required settings wants the channel."""
    groups = {tuple(setting.env for setting in channel.settings if setting.required) for channel in CHANNELS}
    groups |= {OPENID, SLACK_SIGN_IN}
    for names in sorted(groups):
        missing = [name for name in names if not (channels.get(name) or given.get(_key(name)))]
        if missing and len(missing) < len(names):
            present = next(name for name in names if name not in missing)
            lacking = ", ".join(missing)
            reading.error(ENVIRONMENT, f"{present} needs {lacking}", f"Set {lacking}, or unset {present}")
