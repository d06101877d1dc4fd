"""What came of practice: how each drill of a script stands, and what is to be said of it afterwards. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from oncall.incident import Incident

#: A drill whose time passed so long ago is left out: whoever it would wake now is not who it was meant for.
LATEST = timedelta(minutes=15)


class DrillState(StrEnum):
    """How one drill stands."""

    WAITING = "waiting"
    RUNNING = "running"
    ANSWERED = "answered"
    #: It ended, and nobody had acknowledged.
    UNANSWERED = "unanswered"
    LEFT_OUT = "left out"

    @property
    def final(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self not in {DrillState.WAITING, DrillState.RUNNING}


class PlannedDrill(msgspec.Struct, frozen=True, kw_only=True):
    """One drill. `minutes` is its offset in the script; `incident` is null until it began."""

    id: int = 0
    game_day: int | None = None
    team: str
    service: str
    title: str
    text: str
    announced: bool
    starts_at: datetime
    made_by: str
    minutes: int = 0
    incident: int | None = None
    left_out: str = ""


class GameDay(msgspec.Struct, frozen=True, kw_only=True):
    """Several drills by one script."""

    id: int = 0
    title: str
    starts_at: datetime
    made_at: datetime
    made_by: str
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""


def state_of(drill: PlannedDrill, incident: Incident | None) -> DrillState:
    """How it stands, with the incident it became."""
    if drill.left_out:
        return DrillState.LEFT_OUT
    if drill.incident is None or incident is None:
        return DrillState.WAITING
    if incident.resolved_at is None:
        return DrillState.RUNNING
    return DrillState.ANSWERED if answered_after(incident) is not None else DrillState.UNANSWERED


def answered_after(incident: Incident) -> int | None:
    """Seconds from the drill's begin to its acknowledgement; None where nobody acknowledged."""
    at = incident.lead.acknowledged_at
    return int(max(at - incident.opened_at, timedelta(0)).total_seconds()) if at else None


def why_left_out(drill: PlannedDrill, *, now: datetime, team_known: bool, real: int | None) -> str:
    """Why a drill that is due must not begin; "" where it may. `real` is an open incident of that team, no drill."""
    if not team_known:
        return "the team is no longer in the files"
    if now - drill.starts_at > LATEST:
        return f"its time passed {int((now - drill.starts_at).total_seconds() // 60)} minutes before anybody could begin it"
    if real is not None:
        return f"the team had a real incident, #{real}"
    return ""


def told_beforehand(title: str, drills: Sequence[PlannedDrill], zone_text: str) -> str:
    """What a team reads of the announced drills of a game day; `zone_text` is when the first begins, in its zone."""
    plural = "drills" if len(drills) > 1 else "drill"
    return (
        f"{title}: {len(drills)} {plural} for you from {zone_text} on. "
        "You are paged as in earnest, with DRILL in every message; answer as you would at night."
    )


def summary(title: str, results: Sequence[tuple[str, str, DrillState, str, int | None]]) -> str:
    """What whoever made a game day reads at its end: team, title, state, who answered and after how many seconds."""
    count = sum(state is DrillState.ANSWERED for _, _, state, _, _ in results)
    lines = [f"{title} is over: {count} of {len(results)} drills were answered."]
    for team, drill, state, who, seconds in results:
        how = f"{who} after {seconds} s" if state is DrillState.ANSWERED else state.value
        lines.append(f"• {team}, {drill}: {how}")
    return "\n".join(lines)
