from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.slack_events import Happened, as_markdown, members, read_thread_message

MESSAGE: dict[str, Any] = {
    "type": "message",
    "channel": "C1",
    "user": "U0ANA",
    "ts": "2.0",
    "thread_ts": "1.0",
    "text": "rolled back",
}


def event(**changed: object) -> dict[str, Any]:
    return {"type": "event_callback", "event": {k: v for k, v in (MESSAGE | changed).items() if v is not None}}


def name_of(member: str) -> str:
    return {"U0ANA": "Ana Ruiz"}.get(member, "")


def test_a_message_in_a_thread_is_read():
    found = read_thread_message(event())
    assert found is not None
    assert (found.happened, found.place, found.ts, found.user, found.text) == (
        Happened.WRITTEN,
        "C1/1.0",
        "2.0",
        "U0ANA",
        "rolled back",
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"bot_id": "B1"},
        {"app_id": "A1"},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"thread_ts": None},
        {"thread_ts": "2.0"},
        {"user": None},
        {"user": ""},
        {"type": "reaction_added"},
        {"channel": None},
        {"ts": 2.0},
    ],
)
def test_what_no_person_wrote_in_a_thread_is_nothing(changed):
    assert read_thread_message(event(**changed)) is None


def test_an_edit_carries_the_new_words():
    inner = MESSAGE | {"text": "rolled back twice", "edited": {"user": "U0ANA", "ts": "3.0"}}
    found = read_thread_message(event(subtype="message_changed", message=inner, user=None))
    assert found is not None
    assert (found.happened, found.ts, found.text) == (Happened.EDITED, "2.0", "rolled back twice")


@pytest.mark.parametrize(
    "told",
    [
        {"subtype": "message_deleted", "deleted_ts": "2.0", "previous_message": MESSAGE},
        {
            "subtype": "message_changed",
            "message": MESSAGE | {"subtype": "tombstone", "text": "This message was deleted."},
        },
    ],
)
def test_a_deletion_carries_no_words(told):
    found = read_thread_message(event(**told, user=None))
    assert found is not None
    assert (found.happened, found.ts, found.text) == (Happened.DELETED, "2.0", "")


def test_an_edit_of_what_an_app_wrote_is_nothing():
    assert read_thread_message(event(subtype="message_changed", message=MESSAGE | {"bot_id": "B1"})) is None


def test_files_come_as_links_and_only_as_such():
    files = [
        {"title": "graph [1].png", "permalink": "https://shop.slack.com/files/F1"},
        {"title": "x", "permalink": "javascript:alert(1)"},
        {"title": "y", "permalink": "https://evil.example/a b"},
        "nonsense",
        {},
    ]
    found = read_thread_message(event(subtype="file_share", files=files))
    assert found is not None
    assert found.files == (("graph 1.png", "https://shop.slack.com/files/F1"),)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain", "plain"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("ask <@U0ANA>", "ask @Ana Ruiz"),
        ("ask <@U0NEW|new>", "ask @new"),
        ("ask <@U0NEW>", "ask @U0NEW"),
        ("in <#C1|payments>", "in #payments"),
        ("<!here> look", "@here look"),
        ("<!subteam^S1|@payments> look", "@payments look"),
        ("<https://x.example/a?b=1&amp;c=2>", "https://x.example/a?b=1&c=2"),
        ("<https://x.example|the graph>", "[the graph](https://x.example)"),
        ("<https://x.example/a)b|out>", "out"),
        ("<javascript:alert(1)|click>", "click"),
        ("this is *very* bad and ~wrong~", "this is **very** bad and ~~wrong~~"),
        ("2*3*4 and `a *b* c`", "2*3*4 and `a *b* c`"),
        ("```\n*x*\n``` *y*", "```\n*x*\n``` **y**"),
    ],
)
def test_slacks_markup_becomes_markdown(said, shown):
    assert as_markdown(said, name_of) == shown


def test_members_are_named_once():
    assert members("<@U0ANA> and <@U0BEN|ben> and <@U0ANA>") == ("U0ANA", "U0BEN")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*MESSAGE, "event", "subtype", "files", "message"]), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@given(anything)
def test_nothing_slack_may_send_raises(payload):
    read_thread_message(payload)
    read_thread_message({"event": payload})
    read_thread_message({"event": MESSAGE | {"subtype": "message_changed", "message": payload}})


@given(st.text(max_size=200))
def test_no_text_raises_and_none_grows_without_bound(text):
    assert len(as_markdown(text, name_of)) <= 3 * len(text) + 20
