"""The sentences: why an alert joined an incident, and why not another one."""

from __future__ import annotations

from collections.abc import Mapping

from grouping.cases import Case, Told
from grouping.counts import KindCount
from grouping.decay import WINDOW
from grouping.decision import Evidence
from grouping.kinds import Kind
from grouping.learned import Weighed
from grouping.relations import RELATIONS, Relation
from grouping.score import SIGNALS
from grouping.statistics import Statistics, habit_key
from grouping.ties import Candidate, Tie, Tying, probability

#: The ties into the incident it joined that are remembered for people.
TIES_TOLD = 3


def readable(kind: KindCount) -> str:
    """The kind as people would say it."""
    return Kind(*kind.name).readable


def told(stats: Statistics, kind: KindCount, tie: Tie) -> Told:
    """The strongest thing the counts have to say of a pair, with the counts."""
    other = tie.member.kind
    weight = stats.weight

    def counted(what: str, together: float = 0.0, of: float = 0.0, by_chance: float = 0.0) -> Told:
        return Told(
            episode=tie.member.episode,
            counted=what,
            together=round(together, 1),
            of=round(of, 1),
            by_chance=round(by_chance, 2),
            probability=round(probability(tie.statistic), 3),
        )

    joint = stats.pair_count(kind.id, other.id)
    if joint >= 1.5:
        times = max(joint, other.count / weight)
        return counted("kinds", joint, times, times * stats.chance(kind))
    joint = stats.tie_count(kind.component, other.component)
    if joint >= 1.5 and kind.component != other.component:
        times = max(joint, stats.components[other.component].count / weight)
        return counted("things", joint, times, times * stats.component_chance(stats.components[kind.component]))
    place = stats.place(kind.component, other.component)
    seen, by_habit = stats.habits.get(habit_key(kind.rule, other.rule, place))
    if seen / weight >= 1.5:
        return counted("habit", seen / weight, seen / weight, by_habit / weight)
    return counted("new", stats.pair_count(kind.id, other.id))


def tie_sentence(stats: Statistics, kind: KindCount, tie: Tie) -> str:
    """The same as a sentence."""
    other = tie.member.kind
    after = f"{_ago(tie.lag)} {readable(other)}"
    counts = told(stats, kind, tie)
    relation = Relation(stats.place(kind.component, other.component) % RELATIONS)
    match counts.counted:
        case "kinds":
            return f"{after}: together {times(counts)}"
        case "things":
            things = f"alerts of {kind.name[1]} and {other.name[1]}"
            return f"{after}: {_before(stats, kind, other)}, but {things} came together {times(counts)}"
        case "habit":
            return (
                f"{after}: {_before(stats, kind, other)}, but {kind.name[0]} followed {other.name[0]}"
                f" of {relation.words} {times(counts)}"
            )
        case _:
            between = relation.between(kind.name[1] or kind.name[0], other.name[1] or other.name[0])
            return f"{after}: {_before(stats, kind, other)}, {between}"


def cases(
    stats: Statistics, kind: KindCount, weighed: Weighed, joined: str | None, sentences: Mapping[str, str]
) -> tuple[Case, ...]:
    """What is remembered of the incidents it may have belonged to: measures to learn from, and why it joined or not."""
    return tuple(
        Case(
            incident=candidate.incident,
            measures=tuple(weighed.measures[candidate.incident]),
            probability=round(weighed.statistic[candidate.incident], 4),
            joined=candidate.incident == joined,
            sentence=sentences.get(candidate.incident, ""),
            ties=tuple(told(stats, kind, tie) for tie in candidate.ties[:TIES_TOLD])
            if candidate.incident == joined
            else (),
        )
        for candidate in weighed.ranked
        if candidate.incident in weighed.measures
    )


def join_sentence(stats: Statistics, kind: KindCount, candidate: Candidate) -> str:
    """Why the alert joined."""
    others = len(candidate.ties) - 1
    more = f" by this and {others} more {'alert' if others == 1 else 'alerts'}" if others else ""
    told = tie_sentence(stats, kind, telling(candidate))
    return f"{told}; {sure(candidate.probability)}{more}"


def near_sentence(stats: Statistics, kind: KindCount, candidate: Candidate, bar: float, *, paged: bool = False) -> str:
    """Why the alert did not join; with `paged`, judged on the incident's page-worthy alerts alone."""
    pages = [tie for tie in candidate.ties if tie.member.pages]
    if not paged or not pages:
        told = tie_sentence(stats, kind, telling(candidate))
        if paged:
            return f"{told}; {sure(candidate.probability)}, but not tied to any alert there that pages"
        needed = f"{sure(bar).removesuffix(' sure')} is needed"
        verdict = needed if candidate.probability < bar else "but another incident took it"
        return f"{told}; {sure(candidate.probability)}, {verdict}"
    tie = max(pages, key=lambda t: t.statistic)
    told = tie_sentence(stats, kind, tie)
    return f"{told}; {sure(probability(tie.statistic))} by the alerts there that page, {sure(bar)} is needed"


def taught_sentence(weighed: Weighed, joined: Candidate) -> str:
    """What people's answers had to do with it, "" where they changed nothing."""
    alone = weighed.statistic.get(joined.incident)
    if not weighed.by_model or alone is None or abs(alone - joined.probability) < 0.05:
        return ""
    return f"; people's answers had a say, by the counts alone it is {sure(alone)}"


def times(counts: Told) -> str:
    """How often it was seen, and how often it would be by chance; both fade, so this is about the last weeks."""
    few = _few(counts.by_chance)
    seen = (
        f"{counts.together:.0f} times"
        if counts.counted == "habit"
        else f"{counts.together:.0f} of {counts.of:.0f} times"
    )
    return f"{seen} lately, by chance {few}"


def sure(likely: float) -> str:
    """A probability in whole percent, rounded down: nothing is ever quite sure, nor at a bar that it did not reach."""
    return f"{min(99, int(100 * likely + 1e-6))} % sure"


def telling(candidate: Candidate) -> Tie:
    """The tie a sentence is about: the strongest."""
    return candidate.ties[0]


def evidence(tying: Tying, candidate: Candidate) -> tuple[Evidence, ...]:
    """Each signal's part of the strongest tie, heaviest first."""
    tie = telling(candidate)
    parts = (tying.slow if tie.slow else tying.fast).parts(tie.values)
    heavy = sorted(SIGNALS, key=lambda s: -abs(parts[s[0]]))
    return tuple(
        Evidence(signal=name, weight=round(parts[name], 2), sentence=MEANING[name])
        for name, _ in heavy
        if abs(parts[name]) >= 0.05
    )


#: What each signal measures, by its name.
MEANING = {
    "history": "how often these two kinds began together, beyond chance",
    "things": "how often their things alerted together, beyond chance",
    "habit": "how often this rule follows that rule in this neighbourhood",
    "place": "how their things stand to each other in the catalog and by their labels",
    "lag": "how usual the time between them is",
    "rarity": "how rare each is by itself at this hour",
    "crowd": "how much else began just now",
    "severity": "whether they are page-worthy",
}


def _ago(seconds: float) -> str:
    if seconds < 0.5:
        return "at the same time as"
    return f"{seconds:.0f} s after" if seconds < 2 * WINDOW else f"{seconds / 60:.0f} min after"


def _few(number: float) -> str:
    return f"{number:.0f}" if number >= 9.5 else f"{number:.1f}" if number >= 0.05 else "almost never"


def _before(stats: Statistics, kind: KindCount, other: KindCount) -> str:
    return "never seen together before" if stats.pair_count(kind.id, other.id) < 0.05 else "hardly seen together before"
