"""A CalDAV collection (RFC 4791) with credentials: Nextcloud, Radicale, iCloud, Fastmail and their like."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from schedules.sources.base import Answer, Ask, FetchFailed, same_or
from schedules.sources.url import check_status
from schedules.sources.web import Page, Web, shown

_DAV = "{DAV:}"
_CALDAV = "{urn:ietf:params:xml:ns:caldav}"
_CALENDAR_SERVER = "{http://calendarserver.org/ns/}"
_MULTISTATUS = frozenset({207})
#: The collection's tag: it changes with any event in it.
_TAG_QUERY = b"""<?xml version="1.0" encoding="utf-8"?>
<d:propfind xmlns:d="DAV:" xmlns:cs="http://calendarserver.org/ns/">
  <d:prop><cs:getctag/><d:sync-token/></d:prop>
</d:propfind>"""
_EVENTS_QUERY = b"""<?xml version="1.0" encoding="utf-8"?>
<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
  <d:prop><c:calendar-data/></d:prop>
  <c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"/></c:comp-filter></c:filter>
</c:calendar-query>"""


class CalDavSource:
    """Reads `caldavs://` and `caldav://` addresses of one calendar collection."""

    name = "caldav"
    example = "caldavs://dav.example.com/team/on-call/"

    def __init__(self, web: Web) -> None:
        self._web = web

    def understands(self, location: str) -> bool:
        """An address of a CalDAV server."""
        return location.startswith(("caldav://", "caldavs://"))

    async def fetch(self, ask: Ask) -> Answer:
        """All events of the collection, as one body of several calendars.

        Raises:
            FetchFailed: no answer, or none of a CalDAV server.
        """
        url = "http" + ask.location.removeprefix("caldav")
        tag = await self._tag(url, ask)
        if tag and tag == ask.etag:
            return Answer(body=None, etag=tag)
        tree = _tree(await self._ask("REPORT", url, ask, _EVENTS_QUERY, depth="1"), url)
        bodies = [(data.text or "").strip() for data in tree.iter(f"{_CALDAV}calendar-data")]
        # A collection without events is a calendar all the same: an empty one.
        body = "\r\n".join(filter(None, bodies)) or "BEGIN:VCALENDAR\r\nEND:VCALENDAR"
        return same_or(ask, body.encode(), tag)

    async def _tag(self, url: str, ask: Ask) -> str:
        tree = _tree(await self._ask("PROPFIND", url, ask, _TAG_QUERY, depth="0"), url)
        names = (f"{_CALENDAR_SERVER}getctag", f"{_DAV}sync-token")
        return next((found.text for name in names for found in tree.iter(name) if found.text), "")

    async def _ask(self, method: str, url: str, ask: Ask, body: bytes, *, depth: str) -> Page:
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        page = await self._web.request(method, url, headers=headers, credentials=ask.credentials, body=body)
        check_status(page, url, _MULTISTATUS)
        return page


def _tree(page: Page, url: str) -> ET.Element:
    # A document type can make a small answer grow without end; no CalDAV server sends one.
    if b"<!DOCTYPE" in page.body:
        raise FetchFailed(f"{shown(url)} answers XML with a document type, which is not read")
    try:
        return ET.fromstring(page.body)  # noqa: S314 - without a document type there are no entities to expand
    except ET.ParseError:
        raise FetchFailed(f"{shown(url)} answers no XML: it is not a CalDAV collection") from None
