"""Who may do what: one table, asked by every service that a person calls."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from oncall.errors import Refused
from oncall.incident import Actor, Via
from oncall.person import Role

_RANK = {Role.VIEWER: 0, Role.RESPONDER: 1, Role.EDITOR: 2, Role.ADMIN: 3}


class Right(StrEnum):
    """What may be asked for; the value completes "may not …"."""

    SEE = "see this"
    RESPOND = "answer incidents"
    EDIT_TEAM = "change this team"
    #: Read a person's phone and answer in their name; everybody may with their own.
    USE_PHONE = "use another person's phone"
    #: See addresses and numbers of a team's members: their colleagues and admins.
    CONTACT = "see how to reach these people"
    ADMINISTER = "administer the engine"


_LEAST = {
    Right.SEE: Role.VIEWER,
    Right.RESPOND: Role.RESPONDER,
    Right.EDIT_TEAM: Role.EDITOR,
    Right.USE_PHONE: Role.ADMIN,
    Right.CONTACT: Role.ADMIN,
    Right.ADMINISTER: Role.ADMIN,
}


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody known to the engine, at one door.

    `role` is what holds here: the person's own, or the lower scope of the API token they came with.
    """

    person: str
    name: str
    role: Role
    #: Teams the person is a member of.
    teams: tuple[str, ...] = ()
    timezone: str = "UTC"
    via: Via = Via.WEB

    @property
    def actor(self) -> Actor:
        """As timelines name them."""
        return Actor(self.person, self.via)

    @property
    def may_respond(self) -> bool:
        """Whether views offer to answer incidents."""
        return self.may(Right.RESPOND)

    @property
    def may_administer(self) -> bool:
        """Whether views offer what an admin does."""
        return self.may(Right.ADMINISTER)

    def may(self, right: Right, *, team: str = "", person: str = "") -> bool:
        """Whether the table allows it; `team` matters for `EDIT_TEAM` and `CONTACT`, `person` for `USE_PHONE`."""
        if right is Right.USE_PHONE and person == self.person:
            return _RANK[self.role] >= _RANK[Role.RESPONDER]
        if right is Right.CONTACT and team in self.teams:
            return _RANK[self.role] >= _RANK[Role.RESPONDER]
        if right is Right.EDIT_TEAM and self.role is Role.EDITOR:
            return team in self.teams
        return _RANK[self.role] >= _RANK[_LEAST[right]]

    def require(self, right: Right, *, team: str = "", person: str = "") -> None:
        """Pass, or say what is missing.

        Raises:
            Refused: the table does not allow it.
        """
        if not self.may(right, team=team, person=person):
            whose = f" of {team}" if right is Right.EDIT_TEAM and team else ""
            least = f"{_LEAST[right].value}{whose}"
            raise Refused(
                f"{self.name} may not {right.value}",
                f"It takes the role {least}; yours is {self.role.value}. Roles are kept in people.yaml.",
            )


def lower(one: Role, other: Role) -> Role:
    """The role that may do less."""
    return min(one, other, key=lambda role: _RANK[role])
