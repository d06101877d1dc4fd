from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from oncall.incident import Incident
from oncall.store import alerts, incidents
from oncall.store.alerts import Episode, EpisodeStatus

Build = Callable[..., Episode]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def _an_incident(opened: Incident) -> None:
    """Every episode here is in incident 1."""


def _over(episode: Episode, at: datetime) -> Episode:
    return replace(episode, status=EpisodeStatus.RESOLVED, ended_at=at)


async def test_an_episode_comes_back_as_it_was_written(tx: AsyncConnection, episode: Build) -> None:
    written = episode(labels={"": "empty", "ключ": "значение", "a" * 300: "b" * 70_000})
    await alerts.add(tx, [written])
    assert await alerts.of_incident(tx, 1) == [written]


async def test_active_are_those_that_are_not_over(tx: AsyncConnection, episode: Build, nine: datetime) -> None:
    firing, over, stale = episode(fingerprint="f"), episode(fingerprint="o"), episode(fingerprint="s")
    stale = replace(stale, status=EpisodeStatus.STALE)
    elsewhere = episode(fingerprint="f", integration="staging")
    await alerts.add(tx, [firing, _over(over, nine), stale, elsewhere])
    assert await alerts.active(tx, "prod", ["f", "o", "s", "x"]) == {"f": firing, "s": stale}


async def test_invariant_1_a_fingerprint_has_one_running_episode_at_most(
    tx: AsyncConnection, episode: Build, nine: datetime
) -> None:
    """The database itself refuses the second, whatever two nodes believe."""
    await alerts.add(tx, [_over(episode(fingerprint="f"), nine), episode(fingerprint="f")])
    with pytest.raises(IntegrityError):
        await alerts.add(tx, [episode(fingerprint="f")])
    await tx.rollback()


async def test_the_latest_run_that_is_over_is_found(tx: AsyncConnection, episode: Build, nine: datetime) -> None:
    runs = [_over(episode(fingerprint="f"), nine) for _ in range(3)]
    await alerts.add(tx, [*runs, episode(fingerprint="f")])
    assert await alerts.latest_ended(tx, "prod", ["f", "x"]) == {"f": runs[-1]}


async def test_episodes_are_counted_by_incident(
    tx: AsyncConnection, episode: Build, nine: datetime, incident: Callable[..., Incident]
) -> None:
    await incidents.save(tx, [incident(2)], [], nine)
    await alerts.add(tx, [episode(), episode(), _over(episode(), nine), _over(episode(incident=2), nine)])
    assert await alerts.active_counts(tx, [1, 2, 3]) == {1: 2, 2: 0, 3: 0}
    assert await alerts.totals(tx, [1, 2, 3]) == {1: 3, 2: 1, 3: 0}
    assert await alerts.counts_of_open(tx, {1, 2, 3}) == {1: (3, 2), 2: (1, 0), 3: (0, 0)}
    assert await alerts.counts_of_open(tx, []) == {}


async def test_a_changed_episode_is_written_whole(
    tx: AsyncConnection, episode: Build, nine: datetime, incident: Callable[..., Incident]
) -> None:
    await incidents.save(tx, [incident(2)], [], nine)
    first = episode()
    await alerts.add(tx, [first, episode()])
    moved = replace(
        first,
        incident=2,
        stream="other",
        status=EpisodeStatus.RESOLVED,
        annotations={"summary": "new"},
        generator_url="",
        starts_at=nine - HOUR,
        last_seen_at=nine + HOUR,
        ended_at=nine + HOUR,
        why_group="split by alice",
    )
    await alerts.update(tx, [moved])
    assert await alerts.of_incident(tx, 2) == [moved]


async def test_alerts_not_heard_of_for_long_are_found_once(tx: AsyncConnection, episode: Build, nine: datetime) -> None:
    old, fresh = episode(last_seen_at=nine - HOUR), episode()
    told = episode(last_seen_at=nine - HOUR, status=EpisodeStatus.STALE)
    await alerts.add(tx, [old, fresh, told, _over(episode(last_seen_at=nine - HOUR), nine)])
    assert await alerts.silent_since(tx, nine) == [old]


async def test_a_stale_alert_that_is_heard_again_fires_again(
    tx: AsyncConnection, episode: Build, nine: datetime
) -> None:
    stale = episode(last_seen_at=nine - HOUR, status=EpisodeStatus.STALE)
    await alerts.add(tx, [stale])
    await alerts.touch(tx, [stale.id], nine)
    (heard,) = await alerts.of_incident(tx, 1)
    assert (heard.status, heard.last_seen_at) == (EpisodeStatus.FIRING, nine)


async def test_thousands_of_fingerprints_are_looked_up_at_once(tx: AsyncConnection, episode: Build) -> None:
    many = [episode() for _ in range(2500)]
    await alerts.add(tx, many)
    assert len(await alerts.active(tx, "prod", [e.fingerprint for e in many])) == 2500
