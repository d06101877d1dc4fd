from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.replies import Aim, Verb
from notifiers.slack_command import MOST_OVERRIDE, Ask, Command, read


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", Command(ask=Ask.WHO)),
        ("who", Command(ask=Ask.WHO)),
        ("who payments", Command(ask=Ask.WHO, about="payments")),
        ("who is on call for payments?", Command(ask=Ask.WHO, about="payments")),
        ("find pay", Command(ask=Ask.FIND, about="pay")),
        ("pay", Command(ask=Ask.FIND, about="pay")),
        ("checkout api", Command(ask=Ask.FIND, about="checkout api")),
        ("page payments the till is down", Command(ask=Ask.PAGE, about="payments", text="the till is down")),
        ("override payments 2h", Command(ask=Ask.OVERRIDE, about="payments", duration=timedelta(hours=2))),
        ("override payments for 1h30m", Command(ask=Ask.OVERRIDE, about="payments", duration=timedelta(minutes=90))),
        ("override payments 90 min", Command(ask=Ask.OVERRIDE, about="payments", duration=timedelta(minutes=90))),
        ("override payments 1 week", Command(ask=Ask.OVERRIDE, about="payments", duration=timedelta(weeks=1))),
        ("override payments 1.5h", Command(ask=Ask.OVERRIDE, about="payments", text="1.5h")),
        ("override payments 0h", Command(ask=Ask.OVERRIDE, about="payments", text="0h")),
        ("override payments 1000h", Command(ask=Ask.OVERRIDE, about="payments", text="1000h")),
        ("override payments 2months", Command(ask=Ask.OVERRIDE, about="payments", text="2months")),
        ("take payments", Command(ask=Ask.OVERRIDE, about="payments")),
        ("cover", Command(ask=Ask.COVER)),
        ("cover 3h", Command(ask=Ask.COVER, duration=timedelta(hours=3))),
        ("shifts", Command(ask=Ask.SHIFTS)),
        ("my shifts", Command(ask=Ask.SHIFTS)),
        ("help", Command(ask=Ask.HELP)),
        ("status 12 rolling back", Command(ask=Ask.STATUS, about="12", text="rolling back")),
        ("status #12", Command(ask=Ask.STATUS, about="12")),
        ("Impact 12 one in five fails", Command(ask=Ask.IMPACT, about="12", text="one in five fails")),
        ("role 12 commander ben", Command(ask=Ask.ROLE, about="12", role="commander", text="ben")),
        ("role 12 commander", Command(ask=Ask.ROLE, about="12", role="commander")),
        ("role 12", Command(ask=Ask.HELP)),
        ("status page", Command(ask=Ask.FIND, about="status page")),
        ("role", Command(ask=Ask.FIND, about="role")),
        ("page", Command(ask=Ask.HELP)),
        ("override", Command(ask=Ask.HELP)),
    ],
)
def test_a_command_means(text, meaning):
    assert read(text) == meaning


def test_a_reply_works_as_in_a_text():
    command = read("ack 12")
    assert command.ask is Ask.REPLY
    assert (command.reply.verb, command.reply.aim, command.reply.name) == (Verb.ACKNOWLEDGE, Aim.CODE, "12")


@given(st.integers(1, 9999), st.sampled_from(["m", "min", "h", "hours", "d", "w"]), st.booleans())
def test_an_override_is_as_long_as_was_said_or_not_at_all(number, unit, space):
    command = read(f"override payments {number}{' ' * space}{unit}")
    said = (
        number
        * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(7)}[unit[0]]
    )
    assert command.duration == (said if said <= MOST_OVERRIDE else None)
    assert bool(command.text) is (command.duration is None)


@given(st.text())
def test_every_text_means_something(text):
    assert read(text).ask in Ask
