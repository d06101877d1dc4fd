"""Looking services up: by name first, by alias where one alone claims it, and never by chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.catalog import Catalog, Entry

CATALOG = Catalog.of(
    [
        Entry(name="checkout", aliases=("cart", "Till"), namespaces=("shop",), depends_on=("ledger", "Vault")),
        Entry(name="ledger", aliases=("books", "cart2"), namespaces=("shop", "money"), depends_on=("vault",)),
        Entry(name="till-web", aliases=("till", "cart2")),
    ]
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("checkout", "checkout"),
        ("CHECKOUT", "checkout"),
        ("cart", "checkout"),
        ("books", "ledger"),
        ("till", None),
        ("cart2", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_a_name_or_an_alias_that_one_alone_claims_finds(name, found):
    entry = CATALOG.find(name)
    assert (entry.name if entry else None) == found


def test_every_index_shows_all_who_claim_a_key_by_name():
    assert [entry.name for entry in CATALOG.by_alias["till"]] == ["checkout", "till-web"]
    assert [entry.name for entry in CATALOG.by_namespace["shop"]] == ["checkout", "ledger"]
    assert [entry.name for entry in CATALOG.dependents["vault"]] == ["checkout", "ledger"]


def test_of_two_entries_with_one_name_the_first_stands():
    assert Catalog.of([Entry(name="a", owner="x"), Entry(name="a", owner="y")]).by_name["a"].owner == "x"


def test_an_empty_catalog_finds_nothing():
    assert Catalog.of().find("a") is None
    assert Catalog.of().entries == ()


ENTRIES = st.lists(
    st.builds(
        Entry,
        name=st.text(min_size=1, max_size=4),
        aliases=st.lists(st.text(max_size=4), max_size=3).map(tuple),
        namespaces=st.lists(st.text(max_size=2), max_size=2).map(tuple),
    ),
    max_size=8,
    unique_by=lambda entry: entry.name,
)


@given(ENTRIES)
def test_every_entry_is_found_by_its_name_whatever_aliases_there_are(entries):
    catalog = Catalog.of(entries)
    assert all(catalog.find(entry.name) is entry for entry in entries)
    assert [entry.name for entry in catalog.entries] == sorted(entry.name for entry in entries)


@given(ENTRIES, st.randoms())
def test_the_order_of_entries_makes_no_other_catalog(entries, random):
    shuffled = random.sample(entries, len(entries))
    assert Catalog.of(shuffled) == Catalog.of(entries)
