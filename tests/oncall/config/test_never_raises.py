"""Whatever stands in the files, loading answers with problems: it never raises, and never passes a wrong type on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.config import load
from oncall.directory import CatalogFeed, Defaults, Integration, Team
from oncall.person import Person
from routing.lined_yaml import load_documents
from routing.rules import OwnerRule

COMPANY = Path(__file__).parents[3] / "examples" / "company"
FILES = [
    "oncall.yaml",
    "people.yaml",
    "integrations.yaml",
    "teams/payments.yaml",
    "teams/data.yaml",
    "catalog/services.yaml",
]
#: What the example leaves out, so that every key is hit.
EXTRAS = {
    "oncall.yaml": {
        "ownership": [{"match": 'a="b"', "team": "platform"}, {"service": ["app"], "reporters": True}],
        "catalog": {"sources": [{"name": "x", "reader": "own", "files": "more/*.yaml"}], "fields": {"owner": ["x"]}},
    },
}

PARTS = {
    "people": dict[str, Person],
    "teams": dict[str, Team],
    "integrations": tuple[Integration, ...],
    "defaults": Defaults,
    "ownership": tuple[OwnerRule, ...],
    "feeds": tuple[CatalogFeed, ...],
}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    if isinstance(value, dict):
        return {key: replaced(inner, path[1:], new) if key == path[0] else inner for key, inner in value.items()}
    return [replaced(inner, path[1:], new) if index == path[0] else inner for index, inner in enumerate(value)]


CONTENTS = {file: {**load_documents((COMPANY / file).read_text())[0], **EXTRAS.get(file, {})} for file in FILES}
PLACES = [(file, path) for file in FILES for path in paths(CONTENTS[file])]


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return Path(shutil.copytree(COMPANY, tmp_path_factory.mktemp("fuzz") / "company"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=values)
def test_any_value_anywhere_is_answered(company, place, value):
    file, path = place
    (company / file).write_text(json.dumps(replaced(CONTENTS[file], path, value)))
    try:
        found = load(company, {})
        assert found.directory is not None or found.errors
        if found.directory is not None:
            for part, kind in PARTS.items():
                value = getattr(found.directory, part)
                assert msgspec.convert(msgspec.to_builtins(value), kind) == value
    finally:
        (company / file).write_text((COMPANY / file).read_text())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=st.sampled_from(FILES), body=st.binary(max_size=60), at=st.floats(0, 1))
def test_any_bytes_anywhere_are_answered(company, file, body, at):
    original = (COMPANY / file).read_bytes()
    cut = int(len(original) * at)
    (company / file).write_bytes(original[:cut] + body + original[cut:])
    try:
        load(company, {})
    finally:
        (company / file).write_bytes(original)
