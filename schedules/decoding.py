"""Calendar bytes to content lines, on bytes first: calendars in the wild fold lines inside a UTF-8 sequence."""

from __future__ import annotations

import codecs
import re
import unicodedata

_LINE_ENDS = re.compile(rb"\r*\n|\r")
_FOLDS = re.compile(rb"\n[ \t]")
#: C0 and C1 control characters but the tab, and the byte-order mark where two files were joined.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ufeff]")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def content_lines(body: bytes) -> list[str]:
    """The unfolded, non-empty content lines (RFC 5545 3.1) of a calendar, in NFC and without control characters.

    UTF-16 is recognised by its byte-order mark; every other line is UTF-8, or else Windows-1252.
    """
    if body.startswith(_UTF16_MARKS):
        body = body.decode("utf-16", errors="replace").encode()
    body = body.removeprefix(codecs.BOM_UTF8)
    unfolded = _FOLDS.sub(b"", _LINE_ENDS.sub(b"\n", body))
    return [_text(line) for line in unfolded.split(b"\n") if line.strip()]


def _text(line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        # Five bytes mean nothing in Windows-1252; Latin-1 reads them as control characters, dropped below.
        text = "".join(_windows_1252(byte) for byte in line)
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _windows_1252(byte: int) -> str:
    raw = bytes((byte,))
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def plain(text: str) -> str:
    """A name as people compare it: NFC, white space (also the no-break kinds) collapsed."""
    return " ".join(unicodedata.normalize("NFC", text).split())
