"""What every channel promises, whatever its provider does."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from notifiers.channels import CHANNELS
from notifiers.message import MessageKind, Standing
from notifiers.notifier import Follows
from notifiers.outcome import OutcomeKind
from oncall.standins.faults import Fault

NAMES = [channel.name for channel in CHANNELS]
every_channel = pytest.mark.parametrize("bench", NAMES, indirect=True)
ROOT = Path(__file__).resolve().parents[3]
#: Seconds that a busy machine may add to a timeout; what hangs, hangs for longer.
MARGIN = 4.0

TRY_AGAIN = {OutcomeKind.RETRY, OutcomeKind.UNKNOWN}
#: What may come of a fault. None of it is "accepted" where nothing was carried out, and nothing is ever "delivered".
ALLOWED = {
    Fault.HANG_BEFORE: TRY_AGAIN,
    Fault.HANG_AFTER: TRY_AGAIN,
    Fault.DROP_BEFORE: TRY_AGAIN,
    Fault.DROP_AFTER: {OutcomeKind.UNKNOWN},
    Fault.RATE_LIMITED: {OutcomeKind.RETRY},
    Fault.ERROR: TRY_AGAIN,
    Fault.UNAVAILABLE: {OutcomeKind.RETRY},
    Fault.HTML: TRY_AGAIN | {OutcomeKind.UNREACHABLE},
    Fault.REDIRECT: {OutcomeKind.BROKEN, OutcomeKind.UNREACHABLE},
    Fault.BROKEN_JSON: {OutcomeKind.UNKNOWN},
}
#: A phone of our own has no wire to drop, and a webhook's body is not read: 2xx is all it says.
NOT_ON_THIS_WIRE = {
    "phone": {Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.HTML, Fault.REDIRECT, Fault.BROKEN_JSON},
    "phone_call": {Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.HTML, Fault.REDIRECT, Fault.BROKEN_JSON},
    "webhook": {Fault.BROKEN_JSON},
    "apprise": {Fault.BROKEN_JSON},
}
#: Channels whose messages follow what becomes of the incident.
FOLLOWING = ("slack", "pushover", "pagerduty", "ntfy")
#: What tells us nothing about failures leaves us in the dark about all of them.
BLIND = {channel.name for channel in CHANNELS if not channel.counts}
CASES = [(name, fault) for name in NAMES for fault in Fault if fault not in NOT_ON_THIS_WIRE.get(name, ())]


@every_channel
async def test_a_healthy_provider_accepts_and_carries_out_once(bench, message):
    outcome = await bench.notifier.send(bench.address, message())
    assert outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED}
    assert outcome.provider_id
    assert bench.carried_out() == 1


@every_channel
@pytest.mark.parametrize("kind", list(MessageKind))
async def test_every_kind_of_message_can_be_sent(bench, message, kind):
    said = message(kind=kind, text="Your code is 123456", drill=True, summary="a < b & c\x00\r\nBcc: x" * 50)
    outcome = await bench.notifier.send(bench.address, said)
    assert outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED}


@pytest.mark.parametrize(("bench", "fault"), CASES, indirect=["bench"])
async def test_a_fault_is_classified_in_time_and_carried_out_at_most_once(bench, message, fault):
    await bench.fail(fault)
    started = asyncio.get_running_loop().time()
    outcome = await bench.notifier.send(bench.address, message())
    assert asyncio.get_running_loop().time() - started < bench.notifier.timeout + MARGIN
    blind = bench.notifier.channel in BLIND
    assert outcome.kind in ({OutcomeKind.UNKNOWN, OutcomeKind.ACCEPTED} if blind else ALLOWED[fault]), outcome
    assert outcome.detail or blind
    assert bench.carried_out() <= 1


@every_channel
async def test_a_rate_limit_hands_on_how_long_to_wait(bench, message):
    await bench.fail(Fault.RATE_LIMITED)
    outcome = await bench.notifier.send(bench.address, message())
    assert outcome.kind is OutcomeKind.RETRY or bench.notifier.channel in BLIND
    if outcome.retry_after is not None:
        assert outcome.retry_after.total_seconds() == 30


@every_channel
async def test_nobody_listening_is_worth_another_try(bench, message):
    await bench.vanish()
    outcome = await bench.notifier.send(bench.address, message())
    assert outcome.kind is OutcomeKind.RETRY or bench.notifier.channel in BLIND


@every_channel
async def test_the_next_page_gets_through_after_a_hang(bench, message):
    await bench.fail(Fault.HANG_BEFORE)
    await bench.notifier.send(bench.address, message())
    outcome = await bench.notifier.send(bench.address, message(page_id="pg_0002"))
    assert outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED}


@every_channel
async def test_hung_sends_do_not_delay_the_others(bench, message):
    for _ in range(3):
        await bench.fail(Fault.HANG_BEFORE)
    started = asyncio.get_running_loop().time()
    outcomes = await asyncio.gather(*(bench.notifier.send(bench.address, message(page_id=f"pg_{n}")) for n in range(8)))
    assert asyncio.get_running_loop().time() - started < bench.notifier.timeout * 2 + MARGIN
    accepted = [one for one in outcomes if one.kind in {OutcomeKind.ACCEPTED, OutcomeKind.DELIVERED}]
    assert len(accepted) >= 5


@pytest.mark.parametrize(
    ("bench", "fault"), [(name, fault) for name in FOLLOWING for fault in Fault], indirect=["bench"]
)
async def test_following_an_incident_comes_back_in_time_whatever_happens(bench, message, fault):
    place = (await bench.notifier.send(bench.address, message())).provider_id
    over = {4711: Standing(resolved=True, by="Ana", at=message().at)}
    await bench.fail(fault)
    started = asyncio.get_running_loop().time()
    outcome = await bench.notifier.follow(bench.address, place, message(), over)
    assert asyncio.get_running_loop().time() - started < bench.notifier.timeout + MARGIN
    assert outcome.kind is not OutcomeKind.DELIVERED
    assert (await bench.notifier.follow(bench.address, place, message(), over)).kind is OutcomeKind.ACCEPTED


@every_channel
async def test_nothing_is_left_running_after_close(bench, message):
    before = asyncio.all_tasks()
    await bench.notifier.send(bench.address, message())
    await bench.notifier.close()
    gc.collect()
    left = {
        task for task in asyncio.all_tasks() - before if "/notifiers/" in repr(task) and "/tests/" not in repr(task)
    }
    assert not left


@pytest.mark.parametrize("channel", CHANNELS, ids=NAMES)
class TestDescription:
    def test_it_has_words_for_forms_and_a_page_in_the_docs(self, channel):
        assert channel.title
        assert channel.about.endswith(".")
        page = ROOT / "docs" / channel.docs
        assert page.is_file(), f"docs/{channel.docs} is missing"
        text = page.read_text()
        assert f"`{channel.name}`" in text
        for setting in channel.settings:
            assert setting.env in text

    def test_its_example_address_is_well_formed(self, channel):
        assert channel.check_address(channel.example) is None

    @pytest.mark.parametrize("address", ["", " ", "a\r\nDATA", "\x00", "x\ny@example.com", "-- drop"])
    def test_a_broken_address_is_refused_with_a_sentence(self, channel, address):
        fault = channel.check_address(address)
        assert fault
        assert len(fault) > 10

    def test_its_settings_explain_themselves_and_secrets_are_marked(self, channel):
        for setting in channel.settings:
            assert setting.env.startswith("ONCALL_")
            assert setting.about.endswith(".")
            assert setting.secret == any(word in setting.env for word in ("TOKEN", "PASSWORD", "SECRET", "KEY"))
            assert setting.check(setting.default) is None or setting.required

    def test_it_is_off_until_its_required_settings_are_given(self, channel):
        required = [setting for setting in channel.settings if setting.required]
        assert channel.configured({}) == (not required)
        assert channel.configured({setting.env: "x" for setting in required})

    async def test_names_agree(self, channel, bench_of):
        notifier = await bench_of(channel.name)
        assert notifier.channel == channel.name
        assert notifier.two_way == channel.two_way
        assert 0 < notifier.timeout <= 10
        assert isinstance(notifier, Follows) == (channel.name in FOLLOWING)


def test_names_are_unique():
    assert len(set(NAMES)) == len(NAMES)
