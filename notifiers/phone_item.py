"""What the built-in phone shows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class PhoneKind(StrEnum):
    """A text that stays, or a call that rings."""

    TEXT = "text"
    CALL = "call"


class PhoneItem(msgspec.Struct, frozen=True, kw_only=True):
    """One text or call on somebody's built-in phone.

    Attributes:
        kind: Text or call.
        address: Whose phone: the address of the contact method.
        page_id: The page it carries; the same page put twice is one item.
        at: When.
        text: What the text says, or what the call speaks.
        keys: What a call says about its keys; empty for texts and where no answer is wanted.
        incident: The incident's number, if it is about one.
        code: The reply code.
    """

    kind: PhoneKind
    address: str
    page_id: str
    at: datetime
    text: str
    keys: str = ""
    incident: int | None = None
    code: str = ""
