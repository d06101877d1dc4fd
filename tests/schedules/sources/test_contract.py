"""What every calendar source promises."""

from __future__ import annotations

import pytest

from schedules.sources import SOURCES, source_of
from schedules.sources.base import Ask, FetchFailed
from schedules.sources.web import Web

BUILT = [build(Web()) for build in SOURCES]


@pytest.mark.parametrize("source", BUILT, ids=lambda source: source.name)
def test_it_understands_its_example_and_no_other_source_does(source):
    assert [one.name for one in BUILT if one.understands(source.example)] == [source.name]
    assert source_of(source.example, Web()).name == source.name


@pytest.mark.parametrize("source", BUILT, ids=lambda source: source.name)
async def test_what_cannot_be_had_fails_in_words(source):
    location = source.example.replace("calendar.example.com", "127.0.0.1:9").replace("dav.example.com", "127.0.0.1:9")
    with pytest.raises(FetchFailed, match=r"cannot be read|internal address"):
        await source.fetch(Ask(location=location))
