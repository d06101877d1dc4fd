"""Files beside an incident: images people upload, graphs and command results that programs attach."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from oncall.engine import Engine
from oncall.errors import Invalid, NotFound
from oncall.services import incidents
from oncall.services.people.rights import Caller, Right
from oncall.store import attachments as rows
from oncall.store import incidents as incident_rows
from oncall.store.attachments import Attachment

#: Largest file, and largest sum of an incident's files, in bytes.
LARGEST = 5_000_000
MOST = 50_000_000
#: What is shown, by what its first bytes are. Nothing that a browser could run, such as SVG or HTML.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
TEXT = "text/plain"


class NewAttachment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file with its content in Base64, and what is to be said about it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    data: bytes
    text: Annotated[str, msgspec.Meta(max_length=2000)] = ""


async def attach(engine: Engine, caller: Caller, number: int, given: NewAttachment) -> int:
    """Keep a file and note it in the timeline; its number.

    Raises:
        NotFound: no such incident.
        Invalid: it is empty, too large, or neither an image nor text.
    """
    caller.require(Right.RESPOND)
    kind = content_type(given.data)
    name = re.sub(r"[^\w.\- ]", "_", given.name).strip()[:100] or "file"
    async with engine.database.write() as tx:
        if number not in await incident_rows.get(tx, [number]):
            raise NotFound(f"there is no incident #{number}", "Look in the list of incidents.")
        if await rows.size_of(tx, number) + len(given.data) > MOST:
            raise Invalid("this incident has enough files", f"Together they may have {MOST // 1_000_000} MB.", "$.data")
        value = Attachment(
            incident_id=number,
            at=engine.clock.now(),
            by=caller.person,
            name=name,
            content_type=kind,
            body=given.data,
        )
        attached = await rows.add(tx, value)
    link = f"[{name}](/incidents/{number}/attachments/{attached})"
    shown = f"!{link}" if kind.startswith("image/") else link
    await incidents.note(engine, number, by=caller.actor, text=f"{given.text.strip()}\n\n{shown}".strip())
    return attached


async def fetch(engine: Engine, caller: Caller, number: int, attached: int) -> Attachment:
    """One file.

    Raises:
        NotFound: the incident has none of that number.
    """
    caller.require(Right.SEE)
    async with engine.database.read() as tx:
        found = await rows.get(tx, number, attached)
    if found is None:
        raise NotFound("there is no such file", "Look in the incident's timeline.")
    return found


def content_type(body: bytes) -> str:
    """What a file is, by its content: an image a browser shows, or plain text.

    Raises:
        Invalid: it is neither, or empty, or too large.
    """
    if not 0 < len(body) <= LARGEST:
        raise Invalid("the file is empty or too large", f"At most {LARGEST // 1_000_000} MB are kept.", "$.data")
    for signature, kind in SIGNATURES:
        if body.startswith(signature):
            return kind
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Invalid("only images (PNG, JPEG, GIF, WebP) and text are kept", "Save it as one of these.", "$.data")
    return TEXT
