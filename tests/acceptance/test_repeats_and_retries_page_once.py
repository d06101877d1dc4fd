from __future__ import annotations

import pytest

from tests.acceptance.story import Story


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("01-critical-firing-bearer.json", "02-critical-repeat.json"),
        ("61-fail500-attempt-1.json", "62-fail500-attempt-4.json"),
        ("65-ha-peer-0.json", "66-ha-peer-1.json"),
    ],
    ids=["repeat", "retry", "second peer of a pair"],
)
async def test_invariant_1_the_same_alert_again_pages_nobody_again(story: Story, first: str, again: str) -> None:
    await story.at("09:00").receive(first)
    (opened,) = await story.incidents()
    paged = await story.pages_of(opened.id)
    for time in ("09:00:05", "09:00:10", "09:00:15"):
        await story.at(time).receive(again)
    assert [i.id for i in await story.incidents()] == [opened.id]
    assert [p.id for p in await story.pages_of(opened.id)] == [p.id for p in paged]
    story.forget_messages()
