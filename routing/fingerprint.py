"""The name of a label set, as Prometheus and Alertmanager compute it."""

from __future__ import annotations

from collections.abc import Mapping

_OFFSET = 14695981039346656037
_PRIME = 1099511628211
_MASK = (1 << 64) - 1


def fingerprint(labels: Mapping[str, str]) -> str:
    """64-bit FNV-1a over the sorted names and values, each closed by 0xFF, in 16 hex digits.

    Source: `LabelSet.Fingerprint` of prometheus/common. Used where a poster leaves the fingerprint out.
    """
    data = b"".join(
        part.encode() + b"\xff" for name, value in sorted(labels.items(), key=_by_bytes) for part in (name, value)
    )
    state = _OFFSET
    for byte in data:
        state = ((state ^ byte) * _PRIME) & _MASK
    return f"{state:016x}"


def _by_bytes(pair: tuple[str, str]) -> bytes:
    return pair[0].encode()
