"""Who may do what: the table of rights as a whole."""

from __future__ import annotations

from itertools import product

import pytest

from oncall.errors import Refused
from oncall.person import Role
from oncall.services.people.rights import Caller, Right, lower

ROLES = (Role.VIEWER, Role.RESPONDER, Role.EDITOR, Role.ADMIN)
SUBJECTS = [{}, {"team": "ops"}, {"team": "other"}, {"person": "ana"}, {"person": "ben"}]


def ana(role: Role, *teams: str) -> Caller:
    return Caller(person="ana", name="Ana Ruiz", role=role, teams=teams)


@pytest.mark.parametrize(("right", "about"), list(product(Right, SUBJECTS)))
def test_a_higher_role_may_whatever_a_lower_one_may(right, about):
    """A promotion takes nothing away."""
    may = [ana(role, "ops").may(right, **about) for role in ROLES]
    assert may == sorted(may)


@pytest.mark.parametrize(("right", "about", "role"), list(product(Right, SUBJECTS, ROLES)))
def test_joining_a_team_takes_nothing_away(right, about, role):
    assert ana(role).may(right, **about) <= ana(role, "ops").may(right, **about)


@pytest.mark.parametrize(("right", "about", "role"), list(product(Right, SUBJECTS, ROLES)))
def test_what_is_refused_says_who_may_not_what_and_which_role_it_takes(right, about, role):
    caller = ana(role, "ops")
    if caller.may(right, **about):
        caller.require(right, **about)
        return
    with pytest.raises(Refused) as refused:
        caller.require(right, **about)
    assert str(refused.value) == f"Ana Ruiz may not {right.value}"
    assert f"yours is {role.value}" in refused.value.mend


def test_an_admin_may_everything_and_a_viewer_only_look():
    assert all(ana(Role.ADMIN).may(right, **about) for right, about in product(Right, SUBJECTS))
    assert {right for right, about in product(Right, SUBJECTS) if ana(Role.VIEWER, "ops").may(right, **about)} == {
        Right.SEE
    }


@pytest.mark.parametrize(("team", "may"), [("ops", True), ("other", False), ("", False)])
def test_an_editor_changes_own_teams_alone(team, may):
    assert ana(Role.EDITOR, "ops").may(Right.EDIT_TEAM, team=team) is may


@pytest.mark.parametrize(("person", "may"), [("ana", True), ("ben", False), ("", False)])
def test_a_phone_is_used_by_whom_it_belongs_to(person, may):
    for role in (Role.RESPONDER, Role.EDITOR):
        assert ana(role, "ops").may(Right.USE_PHONE, person=person) is may


def test_addresses_are_seen_by_colleagues_and_admins():
    assert ana(Role.RESPONDER, "ops").may(Right.CONTACT, team="ops")
    assert not ana(Role.EDITOR, "ops").may(Right.CONTACT, team="other")
    assert not ana(Role.VIEWER, "ops").may(Right.CONTACT, team="ops")


@pytest.mark.parametrize(("one", "other"), list(product(ROLES, ROLES)))
def test_a_token_never_raises_a_role(one, other):
    """What holds is the lower of the person's role and the token's scope, whichever way round."""
    found = lower(one, other)
    assert found is lower(other, one)
    assert found in {one, other}
    for right, about in product(Right, SUBJECTS):
        assert ana(found, "ops").may(right, **about) == (
            ana(one, "ops").may(right, **about) and ana(other, "ops").may(right, **about)
        )
