"""What is remembered of which alerts begin together: the numbers that scoring reads and learning writes."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from grouping.counts import COMPANIONS, ComponentCount, Counts, HabitCounts, KindCount, PairCounts, TieCounts
from grouping.decay import WINDOW, observed_seconds, weight_at
from grouping.kinds import Kind
from grouping.neighbours import Neighbours
from grouping.positions import PlacesFrom, Positions
from grouping.relations import PLACES, RELATIONS, Calls
from grouping.rows import Changes, from_text, to_text

#: Where the lag between two alerts falls; the last bin is everything beyond.
LAG_BINS = (15.0, 45.0, 90.0, 150.0, 300.0, 600.0)
#: Pseudo-counts of the hour-of-day shape, so that a kind seen twice is not believed to keep office hours.
HOUR_PRIOR = 8.0
#: How far back arrivals are kept to see what chance would have put together at the same hour of earlier days.
LOG_SECONDS = 3 * 86400.0 + 3700.0
MAX_LOG = 60_000

#: What a new installation believes of each place before it has seen anything: pseudo-counts seen for one by chance.
PRIOR_SEEN = (6.0, 4.0, 4.0, 2.0, 2.0, 1.5, 1.2, 2.0, 1.5, 1.5, 1.2, 1.2, 1.1, 1.0)
PRIOR_SLOW_SEEN = 1.5
#: And which share of the companions met there it believes to be firm ones.
PRIOR_FIRM = (0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.02, 0.1, 0.05, 0.05, 0.03, 0.03, 0.02, 0.01)
PRIOR_LAG = 3.0


def lag_bin(seconds: float) -> int:
    """The index of the lag's bin."""
    return bisect_right(LAG_BINS, seconds)


def habit_key(rule: int, earlier_rule: int, place: int) -> int:
    """The key of "this rule after that rule, in this place"."""
    return (rule << 24 | earlier_rule) << 8 | place


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTerms:
    """What a place alone says of two alerts in it."""

    #: The share of companions there that are firm ones: what to expect of a pair never seen.
    base: float
    #: How much more often than by chance anything follows anything there, within minutes and within an hour.
    lift: float
    log_lift: float
    slow_lift: float
    #: How usual each lag is there, as a logarithm.
    lags: tuple[float, ...]


class Statistics:
    """Every count, and the cheap questions scoring asks of them. Call `at` before asking for an instant."""

    def __init__(self, changes: Changes, calls: Calls) -> None:
        self.changes = changes
        self.calls = calls
        self.kinds: dict[int, KindCount] = {}
        self.components: dict[int, ComponentCount] = {}
        self.rules: dict[str, int] = {}
        self._kind_ids: dict[tuple[str, str, str], int] = {}
        self._component_ids: dict[tuple[str, str], int] = {}
        self._next_id = 1
        self._next_rule = 1
        self.pairs = PairCounts("pair", changes)
        self.ties = TieCounts("tie", changes)
        self.slow_pairs = PairCounts("slow_pair", changes)
        self._pair_counts, self._tie_counts = self.pairs.by_key, self.ties.by_key
        self.habits = HabitCounts("habit", changes)
        self.slow_habits = HabitCounts("slow_habit", changes)
        #: By place: 0.. seen together against chance; PLACES.. the same, slow; 2*PLACES.. firm ties of all looked at.
        self.places = HabitCounts("place", changes)
        #: By relation and lag bin, and (negative keys) by hour of the day.
        self.shapes = HabitCounts("shape", changes)
        self.pair_tables = (self.pairs, self.ties, self.slow_pairs)
        self.habit_tables = (self.habits, self.slow_habits)
        tables: tuple[Counts, ...] = (*self.pair_tables, *self.habit_tables, self.places, self.shapes)
        self._tables = {counts.table: counts for counts in tables}
        self.log_times: list[float] = []
        self.log_kinds: list[int] = []
        self._log_components: list[int] = []
        self._log_first = 0
        self.since: float | None = None
        self._positions = Positions(calls, self.components)
        self._neighbours = Neighbours(calls, self._component_ids)
        self._terms: list[PlaceTerms | None] = [None] * PLACES
        self._terms_stamp = -1.0
        self.now = 0.0
        self.weight = 1.0
        self.seconds = 1.0
        self.hour = 0
        #: Which five minutes it is: rates are asked anew no more often.
        self.stamp = 0.0

    def at(self, now: float) -> None:
        """Ask and learn as of this instant."""
        if self.since is None:
            self.since = now
            self.changes.touch("since", "")
        if now != self.now:
            self.now = now
            self.weight = weight_at(now)
            self.seconds = observed_seconds(self.since, now)
            self.hour = int(now % 86400 // 3600)
            self.stamp = now // WINDOW

    def know_calls(self, calls: Calls) -> None:
        """Take a changed catalog into force."""
        self.calls = calls
        self._positions = Positions(calls, self.components)
        self._neighbours = Neighbours(calls, self._component_ids)

    def kind(self, kind: Kind, namespace: str, team: str) -> KindCount:
        """The counts of this kind, numbered when it is first met."""
        name = (kind.rule, kind.thing, kind.scope)
        known = self._kind_ids.get(name)
        component = self._component(kind.thing, kind.scope, namespace, team)
        if known is not None:
            return self.kinds[known]
        rule = self.rules.get(kind.rule)
        if rule is None:
            rule = self.rules[kind.rule] = self._next_rule
            self._next_rule += 1
            self.changes.touch("rule", kind.rule)
        number = self._number()
        found = KindCount(id=number, rule=rule, component=component.id, name=name)
        self.kinds[number] = found
        self._kind_ids[name] = number
        self.changes.touch("kind", number)
        return found

    def kind_named(self, name: tuple[str, str, str], team: str) -> KindCount:
        """The counts of a kind known by its name alone."""
        known = self._kind_ids.get(name)
        return self.kinds[known] if known is not None else self.kind(Kind(*name), "", team)

    def _component(self, thing: str, scope: str, namespace: str, team: str) -> ComponentCount:
        known = self._component_ids.get((thing, scope))
        if known is None:
            number = self._number()
            self._component_ids[thing, scope] = number
            found = self.components[number] = ComponentCount(number, thing, scope, namespace, team)
            self._neighbours.added(found)
        else:
            found = self.components[known]
            if found.namespace == namespace and found.team == team:
                return found
            found.namespace = namespace
            found.team = team
            self._positions.forget()
        self.changes.touch("component", found.id)
        return found

    def place(self, component: int, earlier: int) -> int:
        """The `Relation` of two components, plus `RELATIONS` where their scopes differ."""
        return self.places_from(component)[earlier]

    def places_from(self, component: int) -> PlacesFrom:
        """The same for whatever earlier component; to be asked at once, not kept."""
        return self._positions.of(component)

    def near(self, component: int, among: AbstractSet[int]) -> set[int]:
        """Those of some components that may still belong together with it an hour apart: neighbours, or companions."""
        components = self.components
        mine = components[component]
        found = set(self._neighbours.of(mine) & among)
        companions = self.ties.companions.get(component)
        for i in companions & among if companions else ():
            other = components.get(i)
            if other is not None and other.thing != mine.thing and self.tie_count(component, i) >= COMPANIONS:
                found.add(i)
        return found

    def tie_count(self, a: int, b: int) -> float:
        """How often the two components began together, decayed."""
        found = self._tie_counts.get(a << 32 | b if a < b else b << 32 | a)
        return found[0] / self.weight if found else 0.0

    def pair_count(self, a: int, b: int) -> float:
        """How often the two kinds began together, decayed."""
        found = self._pair_counts.get(a << 32 | b if a < b else b << 32 | a)
        return found[0] / self.weight if found else 0.0

    def chance(self, kind: KindCount) -> float:
        """The chance that this kind begins within the window around now for reasons of its own."""
        if kind.chance[0] == self.stamp:
            return kind.chance[1]
        n = kind.count / self.weight
        usual = self.hour_share()
        own = kind.hours.get(self.hour, 0.0) / self.weight
        factor = (own + HOUR_PRIOR * usual) / (n + HOUR_PRIOR) * 24
        value = -math.expm1(-2 * WINDOW * (n + 0.3) / self.seconds * factor)
        kind.chance = (self.stamp, value)
        return value

    def component_chance(self, component: ComponentCount) -> float:
        """The same for anything of a component."""
        if component.chance[0] == self.stamp:
            return component.chance[1]
        value = -math.expm1(-2 * WINDOW * (component.count / self.weight + 0.3) / self.seconds)
        component.chance = (self.stamp, value)
        return value

    def terms(self, place: int) -> PlaceTerms:
        """What a place says of any pair in it, as of these five minutes."""
        if self.stamp != self._terms_stamp:
            self._terms_stamp = self.stamp
            self._terms = [None] * PLACES
        found = self._terms[place]
        if found is None:
            found = self._terms[place] = self._fresh_terms(place)
        return found

    def _fresh_terms(self, place: int) -> PlaceTerms:
        weight = self.weight
        firm, looked_at = self.places.get(2 * PLACES + place)
        seen, by_chance = self.places.get(place)
        slow_seen, slow_by_chance = self.places.get(PLACES + place)
        spans = (LAG_BINS[0], *(b - a for a, b in pairwise(LAG_BINS)))
        lags = [self.shapes.get(place % RELATIONS * 8 + i)[0] / weight + PRIOR_LAG for i in range(len(LAG_BINS))]
        together = sum(lags)
        density = [n / together / (span / LAG_BINS[-1]) for n, span in zip(lags, spans, strict=True)]
        lift = (seen / weight + PRIOR_SEEN[place]) / (by_chance / weight + 1)
        return PlaceTerms(
            base=max((firm / weight + PRIOR_FIRM[place]) / (looked_at / weight + 1), 1e-4),
            lift=lift,
            log_lift=min(6.0, math.log(lift)),
            slow_lift=(slow_seen / weight + PRIOR_SLOW_SEEN) / (slow_by_chance / weight + 1),
            lags=(*(math.log(min(3.0, max(0.03, d))) for d in density), math.log(0.03)),
        )

    def hour_share(self) -> float:
        """The share of all beginnings that fall into this hour of the day."""
        total, of_hour = self.shapes.get(-1)[0], self.shapes.get(-2 - self.hour)[0]
        return (of_hour / self.weight + HOUR_PRIOR / 24) / (total / self.weight + HOUR_PRIOR)

    def remember_arrival(self, kind: KindCount, at: float) -> None:
        """Keep the arrival for later comparisons, and forget those too old for them."""
        if self.log_times and at < self.log_times[-1]:
            at = self.log_times[-1]
        self.log_times.append(at)
        self.log_kinds.append(kind.id)
        self._log_components.append(kind.component)
        self.changes.touch("arrival", self._log_first + len(self.log_times) - 1)
        if len(self.log_times) % 500 == 0:
            self._forget_arrivals(max(bisect_left(self.log_times, at - LOG_SECONDS), len(self.log_times) - MAX_LOG))

    def _forget_arrivals(self, many: int) -> None:
        for number in range(self._log_first, self._log_first + max(0, many)):
            self.changes.touch("arrival", number)
        if many > 0:
            self._log_first += many
            del self.log_times[:many], self.log_kinds[:many], self._log_components[:many]

    def arrived(self, since: float, until: float) -> list[KindCount]:
        """The kinds that began in [since, until], each once."""
        begin, end = bisect_left(self.log_times, since), bisect_right(self.log_times, until)
        found = map(self.kinds.get, set(self.log_kinds[begin:end]))
        return [kind for kind in found if kind is not None]

    def arrived_near(
        self, component: int, windows: Iterable[tuple[float, float]], most: int
    ) -> list[list[KindCount] | None]:
        """For each window those of them near a component; None where more than `most` alerts began in it."""
        times, components = self.log_times, self._log_components
        spans = [slice(bisect_left(times, since), bisect_right(times, until)) for since, until in windows]
        fit = [span.stop - span.start <= most for span in spans]
        near = self.near(component, set().union(*(components[s] for s, fits in zip(spans, fit, strict=True) if fits)))
        found: list[list[KindCount] | None] = []
        for span, fits in zip(spans, fit, strict=True):
            begun = zip(self.log_kinds[span], components[span], strict=True) if near and fits else ()
            kinds = map(self.kinds.get, {kind for kind, its in begun if its in near})
            found.append([kind for kind in kinds if kind is not None] if fits else None)
        return found

    def drop_kinds(self, numbers: set[int]) -> None:
        """Forget kinds; the caller drops their pairs."""
        for number in numbers:
            del self._kind_ids[self.kinds.pop(number).name]
            self.changes.touch("kind", number)
        rules = {k.rule for k in self.kinds.values()}
        for rule in [name for name, number in self.rules.items() if number not in rules]:
            del self.rules[rule]
            self.changes.touch("rule", rule)
        used = {k.component for k in self.kinds.values()}
        for number in [n for n in self.components if n not in used]:
            gone = self.components.pop(number)
            del self._component_ids[gone.thing, gone.scope]
            self.changes.touch("component", number)
            self._neighbours.forget()

    def _number(self) -> int:
        number = self._next_id
        self._next_id += 1
        return number

    # -- rows ------------------------------------------------------------------------------------------------------

    def row(self, table: str, key: str) -> str | None:
        """The row as it now is, None where it went."""
        counts = self._tables.get(table)
        if counts is not None:
            return counts.row(key)
        if table == "since":
            return repr(self.since)
        if table == "rule":
            return str(self.rules[key]) if key in self.rules else None
        if table == "arrival":
            index = int(key) - self._log_first
            return to_text([self.log_times[index], self.log_kinds[index]]) if index >= 0 else None
        found = self.kinds.get(int(key)) if table == "kind" else self.components.get(int(key))
        return found.as_text() if found else None

    def load(self, rows: dict[str, list[tuple[str, str]]]) -> None:
        """Take all remembered rows back, by table."""
        for key, value in rows.get("rule", ()):
            self.rules[key] = int(value)
        for key, value in rows.get("component", ()):
            self._load_component(int(key), value)
        for key, value in rows.get("kind", ()):
            self._load_kind(int(key), value)
        for _, value in rows.get("since", ()):
            self.since = float(value)
        for name, counts in self._tables.items():
            for key, value in rows.get(name, ()):
                counts.load(key, value)
        arrivals = sorted((int(key), from_text(value)) for key, value in rows.get("arrival", ()))
        self._log_first = arrivals[0][0] if arrivals else 0
        self.log_times = [value[0] for _, value in arrivals]
        self.log_kinds = [value[1] for _, value in arrivals]
        kinds = (self.kinds.get(number) for number in self.log_kinds)
        self._log_components = [kind.component if kind else 0 for kind in kinds]
        self._next_id = 1 + max(self._numbers(), default=0)
        self._next_rule = 1 + max(self._rule_numbers(), default=0)

    def _numbers(self) -> Iterator[int]:
        """Every kind's and component's number in use, those of forgotten ones among them that a pair still names."""
        yield from (*self.kinds, *self.components, *self.log_kinds)
        for pairs in self.pair_tables:
            yield from (max(key >> 32, key & 0xFFFFFFFF) for key in pairs.by_key)

    def _rule_numbers(self) -> Iterator[int]:
        yield from self.rules.values()
        for habits in self.habit_tables:
            yield from (max(key >> 32, key >> 8 & 0xFFFFFF) for key in habits.by_key)

    def _load_component(self, number: int, value: str) -> None:
        thing, scope, namespace, team, count, last = from_text(value)
        found = self.components[number] = ComponentCount(number, thing, scope, namespace, team, count, last)
        self._component_ids[thing, scope] = number
        self._neighbours.added(found)

    def _load_kind(self, number: int, value: str) -> None:
        (rule, thing, scope), count, last, hours, pages = from_text(value)
        component = self._component_ids[thing, scope]
        name = (rule, thing, scope)
        self.kinds[number] = KindCount(number, self.rules[rule], component, name, count, last, dict(hours), pages)
        self._kind_ids[name] = number
