"""How people want to be reached, laid over what the files give them."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from oncall.person import ContactMethod, ContactRule, Person, Preference

CHANNELS = ("slack", "sms", "voice", "email", "pushover")
NOW, LATER = timedelta(0), timedelta(minutes=2)


def person(*rules: ContactRule) -> Person:
    methods = tuple(ContactMethod(channel=rule.channel, address=f"{rule.channel} of Ana") for rule in rules)
    return Person(id="ana", name="Ana", methods=methods, important=rules, ordinary=rules[:1])


ANA = person(ContactRule(channel="slack"), ContactRule(channel="sms"), ContactRule(channel="voice", after=LATER))


def reached(somebody: Person) -> list[tuple[str, timedelta]]:
    return [(rule.channel, rule.after) for rule in somebody.important]


def test_whoever_prefers_nothing_is_reached_as_the_files_say():
    assert ANA.preferring(Preference()) == ANA


def test_the_order_changes_and_the_waits_stay():
    preferring = ANA.preferring(Preference(order=("voice", "sms", "slack")))
    assert reached(preferring) == [("voice", NOW), ("sms", NOW), ("slack", LATER)]
    assert [method.channel for method in preferring.methods] == ["voice", "sms", "slack"]


def test_what_is_left_out_is_not_used_and_the_next_moves_up():
    preferring = ANA.preferring(Preference(left_out=("slack", "sms")))
    assert reached(preferring) == [("voice", NOW)]
    assert preferring.address("slack") is None


def test_a_method_the_files_add_later_comes_last():
    with_mail = person(*ANA.important, ContactRule(channel="email", after=LATER))
    preferring = with_mail.preferring(Preference(order=("voice", "sms", "slack")))
    assert [channel for channel, _ in reached(preferring)] == ["voice", "sms", "slack", "email"]


@given(
    rules=st.lists(
        st.builds(ContactRule, channel=st.sampled_from(CHANNELS), after=st.sampled_from([NOW, LATER])),
        unique_by=lambda rule: rule.channel,
    ),
    order=st.permutations(CHANNELS),
    left_out=st.sets(st.sampled_from(CHANNELS)),
)
def test_nothing_is_invented_or_lost_and_the_first_never_waits_longer(rules, order, left_out):
    somebody = person(*rules)
    preferring = somebody.preferring(Preference(order=tuple(order), left_out=tuple(left_out)))
    assert {channel for channel, _ in reached(preferring)} == {rule.channel for rule in rules} - left_out
    waits = [after for _, after in reached(preferring)]
    assert waits == sorted(waits)
    assert waits == sorted(rule.after for rule in rules)[: len(waits)]
    assert set(preferring.methods) <= set(somebody.methods)
