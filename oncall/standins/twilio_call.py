"""Walks through a call as Twilio does: asks the engine for TwiML, follows its verbs, presses keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError, fromstring

import msgspec

#: Posts form values to an address of the engine, signed; returns status, content type and body.
Post = Callable[[str, Mapping[str, str]], Awaitable[tuple[int, str, str]]]

#: Documents one call may ask for; more is an endless loop.
MOST_DOCUMENTS = 25


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What the person on the phone heard, and the rules that were broken."""

    said: tuple[str, ...]
    faults: tuple[str, ...]


async def walk(post: Post, url: str, call: Mapping[str, str], keys: list[str]) -> Heard:
    """Answer a call and press `keys`, one at each question; an empty key, or none left, is silence.

    `call` holds the parameters Twilio sends with every request of the call.
    """
    said: list[str] = []
    faults: list[str] = []
    waiting = list(keys)
    address, values = url, dict(call)
    for _ in range(MOST_DOCUMENTS):
        status, content_type, body = await post(address, values)
        document = _document(status, content_type, body, faults)
        if document is None:
            break
        follow = _run(document, said, waiting)
        if follow is None:
            break
        target, digits = follow
        address = urljoin(address, target)
        values = dict(call) | ({"Digits": digits, "FinishedOnKey": "", "msg": "Gather End"} if digits else {})
    else:
        faults.append(f"the call never ends: more than {MOST_DOCUMENTS} documents")
    return Heard(said=tuple(said), faults=tuple(faults))


def _document(status: int, content_type: str, body: str, faults: list[str]) -> Element | None:
    if status != 200:
        faults.append(f"11200: the voice address answered {status}")
        return None
    if content_type.split(";", maxsplit=1)[0].strip() not in {"text/xml", "application/xml"}:
        faults.append(f"12300: content type {content_type!r}")
        return None
    try:
        root = fromstring(body)  # noqa: S314 - the document comes from the engine under test
    except ParseError as error:
        faults.append(f"12100: not XML: {error}")
        return None
    if root.tag != "Response":
        faults.append(f"12100: the root is {root.tag}")
        return None
    return root


def _run(document: Element, said: list[str], keys: list[str]) -> tuple[str, str] | None:
    """Where to go next and with which digits; None when the call is over."""
    for verb in document:
        if verb.tag == "Say":
            said.append(verb.text or "")
        elif verb.tag == "Gather":
            said.extend(part.text or "" for part in verb.iter("Say"))
            digits = keys.pop(0) if keys else ""
            if digits:
                return verb.get("action", ""), digits[: int(verb.get("numDigits", "99"))]
        elif verb.tag == "Redirect":
            return verb.text or "", ""
        elif verb.tag == "Hangup":
            return None
    return None
