"""Tables as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

#: A cell that begins so is a formula to spreadsheets; alert content must not become one.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Sequence[msgspec.Struct]) -> str:
    """The rows with a header line; cells that a spreadsheet would run are quoted out."""
    out = io.StringIO()
    writer = csv.writer(out)
    if rows:
        writer.writerow(rows[0].__struct_fields__)
    for row in rows:
        writer.writerow([_cell(value) for value in msgspec.structs.astuple(row)])
    return out.getvalue()


def attachment(name: str) -> dict[str, str]:
    """The header under which a browser saves it."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
