"""Who could take a shift, with the reasons."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schedules.cover import candidates, may_ask
from schedules.health.plan import Member
from tests.schedules.build import at, shift, tiled

MEMBERS = {name: Member() for name in ("ana", "ben", "cai", "dov")}
#: Tuesday, nine to five.
WANTED = (at(33), at(41))


def ranked(shifts, members=MEMBERS, pages=None):
    segments = tiled(shifts, begin=-28 * 24)
    return candidates(segments, WANTED, "ana", members, pages or {})


def names(found):
    return [candidate.person for candidate in found]


def test_whoever_carries_least_comes_first_and_the_one_who_asks_not_at_all():
    assert names(ranked([shift(100, 200, "ben"), shift(210, 250, "cai")])) == ["dov", "cai", "ben"]


def test_pages_weigh_too():
    assert names(ranked([shift(100, 110, "cai"), shift(110, 120, "dov")], pages={"ben": 9, "dov": 1})) == [
        "cai",
        "dov",
        "ben",
    ]


def test_part_time_people_are_asked_less():
    members = MEMBERS | {"cai": Member(share=0.5), "dov": Member(reachable=False)}
    found = ranked([shift(100, 130, "ben"), shift(140, 160, "cai")], members)
    assert names(found) == ["ben", "cai", "dov"]


def test_who_is_on_call_then_anyway_comes_last_and_is_told():
    found = ranked([shift(30, 35, "ben"), shift(100, 200, "cai"), shift(200, 300, "dov")])
    assert found[-1].person == "ben"
    assert not found[-1].fit
    assert found[-1].reasons[0] == "is on call for 2 h of it anyway"


def test_too_little_rest_speaks_against_it():
    found = ranked([shift(45, 50, "ben"), shift(100, 200, "cai"), shift(200, 300, "dov")])
    assert (found[-1].person, found[-1].rest) == ("ben", timedelta(hours=4))
    assert found[-1].reasons[0] == "would have only 4 h of rest"


def test_nights_count_where_the_person_lives():
    members = {"ana": Member(), "ben": Member(timezone="Pacific/Auckland"), "cai": Member()}
    found = ranked([], members)
    assert names(found) == ["cai", "ben"]
    # 09:00 to 17:00 UTC is 22:00 to 06:00 in Auckland.
    assert "8 h of it at night or on free days for them" in found[1].reasons


def test_the_fit_ones_are_asked_and_where_nobody_is_fit_the_best_of_the_rest():
    busy = [shift(30, 50, name) for name in ("ben", "cai")]
    assert may_ask(ranked(busy)) == ("dov",)
    members = {name: Member(reachable=False) for name in MEMBERS}
    assert may_ask(ranked([shift(100, 200, "ben")], members), most=2) == ("cai", "dov")


teams = st.dictionaries(
    st.sampled_from(["ana", "ben", "cai", "dov", "eva"]),
    st.builds(Member, reachable=st.booleans(), share=st.sampled_from([0, 0.5, 1.0]), timezone=st.sampled_from(["UTC", "Asia/Tokyo"])),
)  # fmt: skip
loads = st.lists(
    st.tuples(st.integers(-200, 200), st.integers(1, 60), st.sampled_from(["ana", "ben", "cai", "dov"])).map(
        lambda one: shift(one[0], one[0] + one[1], one[2])
    ),
    max_size=6,
)
counts = st.dictionaries(st.sampled_from(["ben", "cai", "dov"]), st.integers(0, 9))


@given(loads, teams, counts)
def test_everybody_else_is_ranked_once_the_fit_ones_first_and_each_with_reasons(shifts, members, pages):
    found = ranked(shifts, members, pages)
    assert sorted(names(found)) == sorted(members.keys() - {"ana"})
    assert [one.fit for one in found] == sorted((one.fit for one in found), reverse=True)
    assert all(one.reasons for one in found)


@given(loads, teams, counts, st.randoms(use_true_random=False))
def test_in_which_order_members_are_named_does_not_matter(shifts, members, pages, chance):
    shuffled = list(members.items())
    chance.shuffle(shuffled)
    assert ranked(shifts, dict(shuffled), pages) == ranked(shifts, members, pages)


@given(loads, teams, counts)
def test_at_most_three_are_asked_and_nobody_unfit_while_somebody_is_fit(shifts, members, pages):
    found = ranked(shifts, members, pages)
    asked = may_ask(found)
    fit = {one.person for one in found if one.fit}
    assert len(asked) == min(3, len(fit) or len(found))
    assert not fit or set(asked) <= fit
    assert [name for name in names(found) if name in asked] == list(asked)


@given(loads, teams, counts, st.sampled_from(["ben", "cai", "dov"]))
def test_more_pages_never_bring_somebody_forward(shifts, members, pages, name):
    if name in members:
        before = names(ranked(shifts, members, pages)).index(name)
        assert names(ranked(shifts, members, pages | {name: pages.get(name, 0) + 5})).index(name) >= before
