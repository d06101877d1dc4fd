"""What a channel says about itself, from which forms, validation, settings and documentation are derived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from notifiers.http import Http
from notifiers.notifier import Notifier
from notifiers.phone_item import PhoneItem
from notifiers.throttle import ChannelLimits
from notifiers.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value the operator gives.

    Attributes:
        env: Name of the environment variable; in `oncall.yaml` the same without `ONCALL_`, in lower case.
        about: One sentence.
        default: Used when it is absent.
        required: The channel is off while it is empty.
        secret: Never shown or logged.
        check: None if the value can be used, else a sentence saying what is wrong and how to write it.
    """

    env: str
    about: str
    default: str = ""
    required: bool = False
    secret: bool = False
    check: Callable[[str], str | None] = field(default=lambda _value: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the engine lends to notifiers.

    Attributes:
        now: The clock.
        http: For fixed addresses the operator configured.
        guarded_http: For addresses a person wrote: refuses private networks.
        put: Puts a text or a call on the built-in phone, where the browser shows it; returns its id.
        public_url: Where providers and people reach this engine, without a final slash.
        wording: The words.
    """

    now: Callable[[], datetime]
    http: Http
    guarded_http: Http
    put: Callable[[PhoneItem], Awaitable[str]]
    public_url: str
    wording: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to carry a page.

    Attributes:
        name: As in contact methods and contact rules.
        title: For people.
        about: One or two sentences: what it is and when to use it.
        address: What to write as the address.
        example: An address that is well formed.
        check_address: None if the address is well formed, else a sentence saying what is wrong and how to write it.
        two_way: A person can answer through it.
        counts: May be the only method of an important page.
        limits: What one contact is spared.
        settings: What the operator gives.
        docs: Its page under `docs/`.
        build: Makes the notifier from the settings by name.
    """

    name: str
    title: str
    about: str
    address: str
    example: str
    check_address: Callable[[str], str | None]
    two_way: bool
    counts: bool = True
    limits: ChannelLimits
    settings: tuple[Setting, ...] = ()
    docs: str
    build: Callable[[Mapping[str, str], Edge], Notifier]

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """This channel's settings by name, defaults filled in."""
        return {setting.env: given.get(setting.env) or setting.default for setting in self.settings}

    def configured(self, given: Mapping[str, str]) -> bool:
        """True if every setting it cannot do without is there."""
        values = self.values(given)
        return all(values[setting.env] for setting in self.settings if setting.required)


def one_line(address: str) -> str | None:
    """The check every address starts with: printable, on one line, not empty."""
    if not address.strip():
        return "the address is empty"
    if address != address.strip() or not address.isprintable():
        return "the address has spaces around it or control characters in it: write it on one line"
    return None
