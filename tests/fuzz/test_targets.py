"""No parser of what strangers send ever fails in a way of its own: neither on what was found once, nor on mutations."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, corpus

KEPT = [(name, path) for name, _ in TARGETS for path in corpus(name)]
#: Bytes that mean something to some parser.
TELLING = [
    b"\0",
    b"\xff",
    b"\r\n",
    b"\n ",
    b'"',
    b"{",
    b"[" * 2000,
    b"9" * 40,
    b"-1",
    b":",
    b"&",
    b"%00",
    b"\xf0\x9f\x94\xa5",
]


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed cut, spliced with another, and sprinkled with telling bytes."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 4)):
            case 0:
                del data[at : at + draw(st.integers(1, 40))]
            case 1:
                data[at:at] = draw(st.sampled_from(TELLING))
            case 2:
                data[at : at + 1] = draw(st.binary(max_size=3))
            case 3:
                data[at:at] = data[: draw(st.integers(0, 60))]
            case 4:
                other = draw(st.sampled_from(seeds))
                data[at:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data)


@pytest.mark.parametrize(("name", "path"), KEPT, ids=[f"{name}-{path.name}" for name, path in KEPT])
def test_what_was_found_once_is_read_or_refused(name, path):
    dict(TARGETS)[name](path.read_bytes())


@pytest.mark.parametrize("name", [name for name, _ in TARGETS])
def test_mutations_are_read_or_refused(name):
    run = dict(TARGETS)[name]

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(mutated([path.read_bytes() for path in corpus(name)]))
    def tries(data: bytes) -> None:
        run(data)

    tries()
