"""Calendar files: read when written, watched for changes."""

from __future__ import annotations

import asyncio

import pytest

from schedules.sources import source_of
from schedules.sources.base import LARGEST, Ask, FetchFailed
from schedules.sources.file import FileSource, written
from schedules.sources.web import Web


async def test_a_file_that_was_not_written_since_is_unchanged(tmp_path):
    path = tmp_path / "rota.ics"
    path.write_bytes(b"one")
    first = await FileSource().fetch(Ask(location=str(path)))
    assert first.body == b"one"
    assert (await FileSource().fetch(Ask(location=str(path), etag=first.etag))).body is None


async def test_a_file_put_in_its_place_is_read(tmp_path):
    path, other = tmp_path / "rota.ics", tmp_path / "new"
    path.write_bytes(b"one")
    first = await FileSource().fetch(Ask(location=str(path)))
    other.write_bytes(b"two")
    other.replace(path)
    assert (await FileSource().fetch(Ask(location=str(path), etag=first.etag))).body == b"two"


async def test_a_missing_file_fails_with_its_path(tmp_path):
    with pytest.raises(FetchFailed, match=r"rota\.ics cannot be read: No such file"):
        await FileSource().fetch(Ask(location=str(tmp_path / "rota.ics")))


async def test_a_file_over_the_limit_is_refused(tmp_path):
    path = tmp_path / "rota.ics"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(FetchFailed, match="larger than 10 MB"):
        await FileSource().fetch(Ask(location=str(path)))


async def test_a_written_file_is_noticed_and_others_in_its_folder_are_not(tmp_path):
    path, other = tmp_path / "rota.ics", tmp_path / "other.ics"
    path.write_bytes(b"one")
    stop = asyncio.Event()
    found = written([path], stop)
    seen = asyncio.ensure_future(anext(found))
    async with asyncio.timeout(20):
        while not seen.done():
            # The watch begins some time after the first step of the generator.
            other.write_bytes(b"x")
            path.write_bytes(b"two")
            await asyncio.sleep(0.05)
    assert seen.result() == {path}
    stop.set()
    await found.aclose()


async def test_nothing_to_watch_waits_for_the_end(tmp_path):
    stop = asyncio.Event()
    stop.set()
    assert [paths async for paths in written([], stop)] == []


async def test_an_address_nobody_understands_is_told():
    with pytest.raises(FetchFailed, match="neither a file nor an address"):
        source_of("gopher://example.com/secret", Web())
