"""The seven deductions, each a number up to its cap and a sentence with hours, names and dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from math import ceil, sqrt
from statistics import median

import msgspec

from schedules.health.plan import Load, Plan
from schedules.spans import Span, hours

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Points lost under one heading."""

    name: str
    lost: float
    cap: float
    #: What was found, worded; empty where nothing was lost.
    facts: tuple[str, ...] = ()


def coverage(plan: Plan) -> Item:
    """Hours without anybody reachable; the near ones weigh more."""
    total = _weighted(plan, [(plan.begin, plan.end)])
    lost_share = _weighted(plan, plan.gaps) / total if total else 1.0
    lost = min(plan.weights.coverage, plan.weights.coverage_slope * lost_share)
    facts = (f"{hours(plan.gaps):.4g} h without anybody reachable, {100 * lost_share:.1f} % by weight",) if lost else ()
    return Item(name="coverage", lost=lost, cap=plan.weights.coverage, facts=facts)


def _weighted(plan: Plan, spans: list[Span]) -> float:
    """Hours by weight; the last weight of the table gives way to one."""
    table = [*plan.weights.coverage_weights, (plan.weights.look_ahead_days, 1.0)]
    weighted, since = 0.0, plan.begin
    for days, weight in table:
        until = plan.begin + days * _DAY
        parts = ((max(start, since), min(end, until)) for start, end in spans)
        weighted += weight * sum((end - start) / _HOUR for start, end in parts if start < end)
        since = until
    return weighted


def balance(plan: Plan) -> Item:
    """How much of the load would have to move to somebody else, beyond what whole shifts and chance explain."""
    weights = plan.weights
    measures = [
        ("hours", weights.balance_hours, hours_index(plan)),
        ("night, weekend and holiday hours", weights.balance_unsocial, unsocial_index(plan)),
    ]
    if sum(plan.pages.values()) >= weights.balance_least_pages:
        measures.append(("pages", weights.balance_pages, pages_index(plan)))
    cap = weights.balance_hours + weights.balance_unsocial + weights.balance_pages
    scale = cap / sum(points for _, points, _ in measures)
    lost, facts = 0.0, []
    lately = f" of the last {weights.look_back_days} days and the plan" if plan.past_stretches else ""
    for name, points, index in measures:
        part = scale * points * min(1.0, max(0.0, (index - weights.balance_free) / weights.balance_range))
        lost += part
        if part:
            of = lately if name != "pages" else ""
            facts.append(
                f"{100 * index:.0f} % of the {name}{of} would have to move to someone else ({part:.1f} points)"
            )
    return Item(name="balance", lost=lost, cap=cap, facts=tuple(facts))


def hours_index(plan: Plan) -> float:
    """The part of the hours beyond what whole shifts make unavoidable, 0 to 1; what was carried lately counts."""
    return _index(plan.load, lambda fair: _whole(fair, typical_shift(plan)))


def unsocial_index(plan: Plan) -> float:
    """The same for nights, weekends and holidays, in whole shifts of their average part in all hours."""
    all_hours = sum(plan.load.carried.values())
    part = sum(plan.unsocial_load.carried.values()) / all_hours if all_hours else 0.0
    return _index(plan.unsocial_load, lambda fair: _whole(fair, typical_shift(plan) * part))


def pages_index(plan: Plan) -> float:
    """The same for pages received, beyond what chance explains."""
    pages = {name: float(plan.pages.get(name, 0)) for name in plan.names}
    whole = sum(pages.values())
    fair = {name: share * whole for name, share in plan.shares.items()}
    return _index(Load(pages, fair), lambda fair: fair + sqrt(fair))


def typical_shift(plan: Plan) -> float:
    """Hours of the median uninterrupted stretch."""
    found = [(end - start) / _HOUR for spans in plan.stretches.values() for start, end in spans]
    return median(found) if found else 0.0


def _whole(fair: float, shift: float) -> float:
    # The tolerance keeps 504.0000001 / 168 from counting as a fourth shift.
    return shift * ceil(fair / shift - 1e-9) if shift else fair


def _index(load: Load, allowance: Callable[[float], float]) -> float:
    total = sum(load.carried.values())
    if not total:
        return 0.0
    if len(load.carried) == 1:
        # Nobody to share with: everything would have to move.
        return 1.0
    beyond = sum(max(0.0, carried - allowance(load.fair[name])) for name, carried in load.carried.items())
    return beyond / (total * (1 - 1 / len(load.carried)))


def rest(plan: Plan) -> Item:
    """Turnarounds of one person with too little rest between two real stretches."""
    weights = plan.weights
    turnarounds, short = 0, []
    for name, spans in plan.stretches.items():
        for one, other in pairwise(spans):
            if min(_length(one), _length(other)) < weights.rest_least_stretch_hours:
                continue
            turnarounds += 1
            if (other[0] - one[1]) / _HOUR < weights.rest_hours:
                short.append((one[1], name, (other[0] - one[1]) / _HOUR))
    lost = min(weights.rest, weights.rest_slope * len(short) / turnarounds) if turnarounds else 0.0
    facts = [f"{name} has {pause:.3g} h of rest after {end:%d %b %H:%M} UTC" for end, name, pause in sorted(short)]
    return Item(name="rest", lost=lost, cap=weights.rest, facts=tuple(facts))


def _length(span: Span) -> float:
    return (span[1] - span[0]) / _HOUR


def people(plan: Plan) -> Item:
    """Unknown names, and members on call who cannot be reached."""
    weights = plan.weights
    unreachable = sorted(name for name in plan.stretches if name in plan.members and not plan.reachable(name))
    unproven = sorted(
        name
        for name in plan.stretches
        if plan.reachable(name) and name in plan.members and not plan.members[name].proven
    )
    lost = weights.people_unknown * len(plan.unknown) + weights.people_unreachable * len(unreachable)
    lost += weights.people_unproven * len(unproven)
    facts = [f"nobody knows “{name}” ({plan.hours[name]:.4g} h on call)" for name in plan.unknown]
    facts += [f"{name} cannot be reached ({plan.hours[name]:.4g} h on call)" for name in unreachable]
    facts += [f"no contact method of {name} worked lately ({plan.hours[name]:.4g} h on call)" for name in unproven]
    return Item(name="people", lost=min(weights.people, lost), cap=weights.people, facts=tuple(facts))


def horizon(plan: Plan) -> Item:
    """How far ahead there is a plan."""
    ahead = (plan.end - plan.begin) / _DAY
    lost = plan.weights.horizon * max(0.0, 1 - ahead / plan.weights.horizon_days)
    facts = (f"the plan ends {plan.end:%d %b %Y}, in {ahead:.0f} days",) if lost else ()
    return Item(name="horizon", lost=lost, cap=plan.weights.horizon, facts=facts)


def concentration(plan: Plan) -> Item:
    """The largest part of all hours that one person carries."""
    weights, total = plan.weights, sum(plan.hours.values())
    if not total:
        return Item(name="concentration", lost=0.0, cap=weights.concentration)
    name = max(plan.hours, key=plan.hours.__getitem__)
    part, free = plan.hours[name] / total, max(weights.concentration_free, 1 / len(plan.names))
    if free >= weights.concentration_full:
        over = 1.0
    else:
        over = min(1.0, max(0.0, (part - free) / (weights.concentration_full - free)))
    facts = (f"{name} carries {100 * part:.0f} % of the hours ({plan.hours[name]:.4g} h)",) if over else ()
    return Item(name="concentration", lost=weights.concentration * over, cap=weights.concentration, facts=facts)


def shape(plan: Plan) -> Item:
    """Stretches too short to take over, or too long to bear."""
    weights, lost, facts = plan.weights, 0.0, []
    for name, spans in sorted(plan.stretches.items()):
        for span in spans:
            cut = span[0] == plan.begin or span[1] == plan.horizon
            if _length(span) < weights.shape_short_hours and not cut:
                lost += weights.shape_short
                facts.append(f"{name} has a shift of {60 * _length(span):.0f} min on {span[0]:%d %b}")
            elif _length(span) > 24 * weights.shape_long_days:
                lost += weights.shape_long
                facts.append(f"{name} is on call for {_length(span) / 24:.3g} days in a row from {span[0]:%d %b}")
    return Item(name="shape", lost=min(weights.shape, lost), cap=weights.shape, facts=tuple(facts))


#: In the order they are printed; a new one is one line here.
ITEMS: tuple[Callable[[Plan], Item], ...] = (coverage, balance, rest, people, horizon, concentration, shape)
