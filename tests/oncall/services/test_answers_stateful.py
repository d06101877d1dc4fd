"""Sends, lost answers, look-ups, reports, clicks, texts, keys and time in any order: no page is lost, nothing
acknowledges without a human act, nothing acknowledges twice, nothing is sent a third time, and what stands in chat is
true (invariants 2, 4, 7 and 9)."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from notifiers.channels import BY_NAME
from notifiers.message import Message, MessageKind, Standing
from notifiers.outcome import Outcome, OutcomeKind
from notifiers.twilio_inbound import InboundCall
from oncall import wiring
from oncall.config import Settings, load
from oncall.engine import Organisation
from oncall.incident import EntryKind, IncidentStatus, InvolvementStatus
from oncall.person import ContactMethod, ContactRule
from oncall.services import escalation
from oncall.services.answers import calls, replies
from oncall.services.answers.replies import Incoming
from oncall.services.delivery import delivery, incident_posts, lost_answers
from oncall.services.delivery import reports as delivery_reports
from oncall.services.intake import intake
from oncall.store import deliveries as delivery_rows
from oncall.store import incidents as incident_rows
from oncall.store import pages as page_rows
from oncall.store import rotations
from oncall.store.pages import PageStatus
from oncall.store.rotations import StoredSegment
from oncall.store.schema import metadata

COMPANY = Path(__file__).resolve().parents[3] / "examples" / "company"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NUMBERS = {"ana": "+34600000001", "ben": "+44700000002"}
METHODS = {"ana": ("sms", "voice"), "ben": ("slack", "sms")}
#: Outcomes of which nothing was carried out for certain.
NOT_CARRIED_OUT = {OutcomeKind.RETRY, OutcomeKind.REFUSED, OutcomeKind.UNREACHABLE, OutcomeKind.BROKEN}


class Clock:
    """Moves when told."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        await event.wait()


@dataclass
class World:
    """What providers will answer, whether they can be asked, and what they have carried out."""

    #: The class of each answer to come, and whether a lost one was carried out.
    outcomes: list[tuple[OutcomeKind, bool]] = field(default_factory=list)
    listed: bool = True
    #: What is reported of the next messages before their answer.
    reported: list[OutcomeKind] = field(default_factory=list)
    carried: list[tuple[str, str, Message]] = field(default_factory=list)


Report = Callable[[str, str, Outcome], Awaitable[None]]


class Provider:
    """Answers with what comes next in the world, else accepts."""

    two_way = True
    timeout = 5.0

    def __init__(self, channel: str, world: World, report: Report) -> None:
        self.channel = channel
        self.world = world
        self.report = report

    async def send(self, address: str, message: Message) -> Outcome:
        kind, done = self.world.outcomes.pop(0) if self.world.outcomes else (OutcomeKind.ACCEPTED, True)
        name = ""
        if kind not in NOT_CARRIED_OUT and done:
            self.world.carried.append((self.channel, address, message))
            name = self.name(len(self.world.carried))
            if self.world.reported:
                early = Outcome(kind=self.world.reported.pop(0), provider_id=name, code="30003", detail="early")
                await self.report(self.channel, message.page_id, early)
        named = name if kind is OutcomeKind.ACCEPTED else ""
        trace = message.page_id if kind is OutcomeKind.UNKNOWN and self.channel == "sms" else ""
        return Outcome(kind=kind, provider_id=named, code="x", detail="as told", trace=trace)

    def name(self, number: int) -> str:
        return f"{self.channel}/{number}"

    async def close(self) -> None:
        """Nothing is held."""


class Texts(Provider):
    """Can be asked what it has sent."""

    def trace(self, _address: str, message: Message) -> str:
        return message.page_id

    async def find(self, address: str, trace: str, _since: datetime) -> tuple[Outcome, ...] | None:
        if not self.world.listed:
            return None
        return tuple(
            Outcome(kind=OutcomeKind.ACCEPTED, provider_id=self.name(number))
            for number, (channel, to, message) in reversed(list(enumerate(self.world.carried, 1)))
            if (channel, to, message.page_id) == (self.channel, address, trace)
        )


class Chat(Provider):
    """Its messages can be rewritten; remembers how the incidents of each stand."""

    def __init__(self, channel: str, world: World, report: Report) -> None:
        super().__init__(channel, world, report)
        self.standings: dict[str, Mapping[int, Standing]] = {}

    async def follow(self, _address: str, place: str, _message: Message, standings: Mapping[int, Standing]) -> Outcome:
        self.standings[place] = dict(standings)
        return Outcome(kind=OutcomeKind.ACCEPTED, provider_id=place)


class Answers(RuleBasedStateMachine):
    """One engine, one team, one provider that behaves as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.world = World()
        self.carried = self.world.carried
        self.human: set[int] = set()
        self.names = 0
        self.replies = 0

    @initialize()
    def begin(self) -> None:
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        directory = load(COMPANY, {}).directory
        assert directory is not None
        people = dict(directory.people)
        for name, number in NUMBERS.items():
            methods = tuple(ContactMethod(channel=channel, address=number) for channel in METHODS[name])
            first, *rest = (ContactRule(channel=channel) for channel in METHODS[name])
            rules = (first, *(replace(rule, after=timedelta(minutes=2)) for rule in rest))
            people[name] = replace(people[name], methods=methods, important=rules, ordinary=rules)
        home = Path(tempfile.mkdtemp(prefix="oncall-answers-"))
        given = Settings(data_dir=home, public_url="https://oncall.example.com")
        self.engine = wiring.open_engine(directory, given, self.clock, config_dir=COMPANY)
        teams = {name: replace(team, slack_channel="") for name, team in directory.teams.items()}
        self.engine.organisation = Organisation(replace(directory, people=people, teams=teams))
        self.chat = Chat("slack", self.world, self._report)
        self.engine.notifiers = {
            "sms": Texts("sms", self.world, self._report),
            "voice": Provider("voice", self.world, self._report),
            "slack": self.chat,
        }
        self.engine.channels = {name: BY_NAME[name] for name in self.engine.notifiers}
        async with self.engine.database.write() as tx:
            await tx.run_sync(metadata.create_all)
            for schedule, person in (("payments/primary", "ana"), ("payments/secondary", "ben")):
                span = (START - timedelta(days=1), START + timedelta(days=9))
                pairs = ((person, ""),)
                segment = StoredSegment(schedule=schedule, starts_at=span[0], ends_at=span[1], on_call=pairs)
                await rotations.replace_segments(tx, schedule, [segment])
        self.engine.inbox.start()

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.runner.run(wiring.close(self.engine))
        self.runner.close()

    async def _settle(self) -> None:
        for _ in range(60):
            done = await intake.process_due(self.engine) + await escalation.advance_due(self.engine)
            sending = await delivery.send_due(self.engine)
            await asyncio.gather(*sending)
            done += await incident_posts.show_due(self.engine)
            if not done and not sending:
                return
        raise AssertionError("the engine does not come to rest")

    @precondition(lambda self: self.names < 3)
    @rule()
    def an_alert_fires(self) -> None:
        self.names += 1
        labels = {
            "alertname": f"A{self.names}",
            "severity": "critical",
            "team": "payments",
            "service": f"s{self.names}",
        }
        alert = {"status": "firing", "labels": labels, "annotations": {}, "startsAt": "2026-01-05T08:59:00Z"}
        key = f"g{self.names}"
        body = {"version": "4", "groupKey": key, "receiver": "oncall", "status": "firing", "alerts": [alert]}

        async def receive() -> None:
            (integration,) = self.engine.directory.integrations
            await intake.accept(self.engine, integration, json.dumps(body).encode())
            await self._settle()

        self.runner.run(receive())

    @rule(answers=st.lists(st.tuples(st.sampled_from(list(OutcomeKind)), st.booleans()), min_size=1, max_size=3))
    def the_provider_will_answer(self, answers: list[tuple[OutcomeKind, bool]]) -> None:
        self.world.outcomes.extend((kind, done or kind is not OutcomeKind.UNKNOWN) for kind, done in answers)

    @rule(kinds=st.lists(st.sampled_from(list(OutcomeKind)), min_size=1, max_size=3))
    def the_provider_will_report_before_it_answers(self, kinds: list[OutcomeKind]) -> None:
        self.world.reported.extend(kinds)

    async def _report(self, channel: str, page_id: str, outcome: Outcome) -> None:
        await delivery_reports.report(self.engine, channel=channel, page_id=page_id, outcome=outcome)

    @rule(carried=st.booleans(), times=st.integers(1, 4))
    def answers_get_lost(self, carried: bool, times: int) -> None:
        self.world.outcomes.extend([(OutcomeKind.UNKNOWN, carried)] * times)

    @rule(listed=st.booleans())
    def the_list_of_texts_works_or_not(self, listed: bool) -> None:
        self.world.listed = listed

    @rule()
    def what_is_in_doubt_is_looked_up(self) -> None:
        async def look() -> None:
            await lost_answers.ask(self.engine)
            await self._settle()

        self.runner.run(look())

    @rule(seconds=st.sampled_from([1, 15, 61, 130, 400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.at += timedelta(seconds=seconds)
        self.runner.run(self._settle())

    @precondition(lambda self: self.carried)
    @rule(data=st.data(), kind=st.sampled_from(list(OutcomeKind)), times=st.integers(1, 3))
    def a_report_comes(self, data: st.DataObject, kind: OutcomeKind, times: int) -> None:
        channel, _, message = data.draw(st.sampled_from(self.carried))

        async def report() -> None:
            for _ in range(times):
                outcome = Outcome(kind=kind, provider_id=f"late-{message.page_id}", code="30003", detail="late")
                await delivery_reports.report(self.engine, channel=channel, page_id=message.page_id, outcome=outcome)
            await self._settle()

        self.runner.run(report())

    @precondition(lambda self: self.carried)
    @rule(
        data=st.data(),
        body=st.sampled_from(
            ["ack", "CODEa", "aa", "CODE a", "resolve", "CODEr", "what?", "do not ack", "who", "help"]
        ),
    )
    def a_text_comes(self, data: st.DataObject, body: str) -> None:
        channel, address, message = data.draw(st.sampled_from(self.carried))
        text = body.replace("CODE", message.code or "1")
        before = self._numbers_of(address)
        if body in {"ack", "CODEa", "aa", "CODE a"}:
            self.human |= before
        self.replies += 1
        incoming = Incoming(
            id=f"text:{self.replies}", channel="sms" if channel == "voice" else channel, address=address, text=text
        )

        async def reply() -> None:
            first = await replies.handle(self.engine, incoming)
            assert await replies.handle(self.engine, incoming) == first
            await self._settle()

        self.runner.run(reply())

    def _numbers_of(self, address: str) -> set[int]:
        """Every incident this phone was ever told of: what a bare word may be about."""
        numbers: set[int] = set()
        for _, to, message in self.carried:
            if to == address:
                numbers |= {line.number for line in message.lines}
                numbers |= {message.incident} if message.incident is not None else set()
        return numbers

    @precondition(lambda self: any(channel == "voice" for channel, _, _ in self.carried))
    @rule(data=st.data(), digits=st.sampled_from(["4", "4", "7", "", "1", "44"]), machine=st.booleans())
    def a_call_is_answered(self, data: st.DataObject, digits: str, machine: bool) -> None:
        rung = [(to, message) for channel, to, message in self.carried if channel == "voice"]
        address, message = data.draw(st.sampled_from(rung))
        self.replies += 1
        call = InboundCall(
            sid=f"CA{self.replies}", person=address, page_id=message.page_id, digits=digits, machine=machine
        )
        if digits == "4":
            self.human |= self._numbers_of(address)

        async def answer() -> None:
            await calls.speak(self.engine, call)
            if digits:
                await calls.press(self.engine, call)
            await self._settle()

        self.runner.run(answer())

    @rule(body=st.sampled_from(["ack all", "1a", "ack"]))
    def a_stranger_writes(self, body: str) -> None:
        self.replies += 1
        incoming = Incoming(id=f"text:{self.replies}", channel="sms", address="+15005550006", text=body)
        assert self.runner.run(replies.handle(self.engine, incoming)) == ""

    @invariant()
    def everything_holds(self) -> None:
        if hasattr(self, "engine"):
            self.runner.run(self._check())

    async def _check(self) -> None:
        now = self.clock.now()
        async with self.engine.database.read() as tx:
            for incident in await incident_rows.listed(tx, limit=50):
                history = [entry for _, entry in await incident_rows.entries(tx, incident.id)]
                self._nobody_acknowledged_for_them(incident.id, incident.status, history)
                for part in incident.involvements:
                    if part.status is InvolvementStatus.TRIGGERED:
                        said = any(entry.kind is EntryKind.EXHAUSTED for entry in history)
                        assert part.next_due_at is not None or said, "an involvement that nobody looks at again"
                for page in await page_rows.of_incident(tx, incident.id):
                    assert page.status is not PageStatus.SENDING, "a page that nobody carries to the end"
                    assert page.status is not PageStatus.PLANNED or page.due_at > now, (
                        "a page that is due and forgotten"
                    )
            await self._chat_tells_the_truth(tx)
        sent = Counter(message.page_id for _, _, message in self.carried if message.kind is MessageKind.PAGE)
        assert all(count <= 2 for count in sent.values()), "a page that was carried out a third time"

    async def _chat_tells_the_truth(self, tx: AsyncConnection) -> None:
        """What was sent and is known by its place says who has it, once everything due is done."""
        for number, (channel, _, message) in enumerate(self.carried, 1):
            place = self.chat.name(number)
            if channel != "slack" or message.kind is not MessageKind.PAGE or message.incident is None:
                continue
            (incident,) = (await incident_rows.get(tx, [message.incident])).values()
            page = await page_rows.get(tx, message.page_id)
            followed = any(one.provider_id == place for one in await delivery_rows.of_pages(tx, [message.page_id]))
            if page is None or not followed or page.status is PageStatus.FAILED:
                continue  # what was reported unreachable stands before nobody's eyes
            part = incident.of(page.team)
            standing = self.chat.standings.get(place, {}).get(incident.id)
            said = "waiting" if standing is None else "over" if standing.resolved else standing.by
            taken = part is not None and part.status is InvolvementStatus.ACKNOWLEDGED
            names = {person.id: person.name for person in self.engine.directory.people.values()}
            true = "over" if incident.resolved_at else names[part.acknowledged_by] if taken and part else "waiting"
            assert said == true, f"{place} says {said}, but it is {true}"

    def _nobody_acknowledged_for_them(self, number: int, status: IncidentStatus, history: list) -> None:
        if status is IncidentStatus.ACKNOWLEDGED:
            assert number in self.human, "an acknowledgement without a human act"
        held = False
        for entry in history:
            if entry.kind is EntryKind.ACKNOWLEDGED:
                assert not held, "acknowledged twice"
                held = True
            elif entry.kind in {EntryKind.EXPIRED, EntryKind.REOPENED, EntryKind.INVOLVED, EntryKind.RELEASED}:
                held = False


TestAnswers = Answers.TestCase
TestAnswers.settings = settings(
    max_examples=12, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck)
)
