"""A calendar feed behind an address: conditional requests, so that an unchanged feed costs nothing."""

from __future__ import annotations

from schedules.sources.base import Answer, Ask, FetchFailed
from schedules.sources.web import Page, Web, shown


class UrlSource:
    """Reads `https://`, `http://` and `webcal://` addresses."""

    name = "url"
    example = "https://calendar.example.com/team.ics"

    def __init__(self, web: Web) -> None:
        self._web = web

    def understands(self, location: str) -> bool:
        """An address of the web."""
        return location.startswith(("http://", "https://", "webcal://", "webcals://"))

    async def fetch(self, ask: Ask) -> Answer:
        """The feed's bytes.

        Raises:
            FetchFailed: no answer, or one that is no calendar's.
        """
        url = _address(ask.location)
        headers = {"Accept": "text/calendar, */*;q=0.1"}
        if ask.etag:
            headers["If-None-Match"] = ask.etag
        if ask.last_modified:
            headers["If-Modified-Since"] = ask.last_modified
        page = await self._web.request("GET", url, headers=headers, credentials=ask.credentials)
        if page.status == 304:
            return Answer(body=None, etag=ask.etag, last_modified=ask.last_modified)
        check_status(page, url)
        etag, modified = page.headers.get("etag", ""), page.headers.get("last-modified", "")
        return Answer(body=page.body, etag=etag, last_modified=modified)


def check_status(page: Page, url: str, good: frozenset[int] = frozenset({200})) -> None:
    """Raises FetchFailed, worded for the team, unless the status is a good one."""
    if page.status in good:
        return
    words = {
        401: "it asks for credentials, or refuses ours",
        403: "it refuses to show the calendar",
        404: "there is no calendar at this address",
        410: "the calendar was removed",
        429: "it is asked too often",
    }
    raise FetchFailed(f"{shown(url)} answers {page.status}: {words.get(page.status, 'no calendar')}")


def _address(location: str) -> str:
    scheme, _, rest = location.partition("://")
    return f"https://{rest}" if scheme in {"webcal", "webcals"} else location
