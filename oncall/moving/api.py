"""Reading another tool through its HTTP API, politely."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

import aiohttp
import msgspec

from oncall.errors import Unavailable

_T = TypeVar("_T")

TIMEOUT = aiohttp.ClientTimeout(total=60)
#: These tools take some hundred requests in a few minutes; one that is refused for that is asked again so often.
MOST_TRIES = 8
LONGEST_WAIT = 60.0


class Api:
    """Asks for one thing after the other.

    Args:
        base: Address before every path.
        where: What to do where the address is wrong, for the error.
        key: What to do where the key is.
    """

    def __init__(self, session: aiohttp.ClientSession, base: str, *, where: str, key: str) -> None:
        self._session = session
        self._base = base
        self._where = where
        self._key = key

    async def get(self, path: str, query: Mapping[str, str], form: type[_T]) -> _T:
        """The answer as a value.

        Raises:
            Unavailable: there was none, or not as documented.
        """
        address = f"{self._base}/{path}"
        for attempt in range(MOST_TRIES):
            try:
                async with self._session.get(address, params=query, allow_redirects=False) as answer:
                    body = await answer.read()
            except (aiohttp.ClientError, TimeoutError) as error:
                raise Unavailable(f"{address}: {type(error).__name__}", self._where) from error
            if answer.status == 429:
                told = answer.headers.get("Retry-After", "")
                await asyncio.sleep(min(LONGEST_WAIT, float(told) if told.isdecimal() else 2.0**attempt))
                continue
            if answer.status in {401, 403}:
                raise Unavailable(f"{address} answered {answer.status}", self._key)
            if answer.status != 200:
                raise Unavailable(f"{address} answered {answer.status}", self._where)
            try:
                return msgspec.json.decode(body, type=form)
            except msgspec.DecodeError as error:
                raise Unavailable(f"{address} is not as documented: {error}", self._where) from error
        raise Unavailable(f"{address} takes no more requests", "Try again in five minutes.")


def told(found: Any, form: type[_T], what: str) -> _T:
    """What was read, as the values it should be.

    Raises:
        Unavailable: they are others.
    """
    try:
        return msgspec.convert(found, form)
    except msgspec.ValidationError as error:
        raise Unavailable(f"{what} are not as documented: {error}", "Say so with the version you run.") from error
