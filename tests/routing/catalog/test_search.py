"""Any fragment finds it, a typo does not hide it, and the nearest comes first."""

from __future__ import annotations

import pytest

from routing.catalog import Entry, Tool, ToolKind
from routing.catalog.search import Findable, SearchIndex, findable

THINGS = [
    findable(Entry(name="checkout", aliases=("cart-api",), tools=(Tool(kind=ToolKind.LOGS, name="Splunk", url="https://s"),))),
    findable(Entry(name="checkout-worker", namespaces=("shop-jobs",))),
    findable(Entry(name="order_history", tags=("pci",))),
    Findable("team", "payments", "Payments", ("payments", "Payments")),
    Findable("person", "ana", "Ana Gómez", ("ana", "Ana Gómez", "ana@shop.example")),
]  # fmt: skip
INDEX = SearchIndex(THINGS)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("checkout", "checkout"),
        ("CHECKOUT-W", "checkout-worker"),
        ("kout", "checkout"),
        ("cart api", "checkout"),
        ("splunk", "checkout"),
        ("shop jobs", "checkout-worker"),
        ("history order", "order_history"),
        ("pci", "order_history"),
        ("paymetns", "payments"),
        ("chekout", "checkout"),
        ("gómez", "ana"),
        ("ana@shop", "ana"),
        ("o", "order_history"),
    ],
)
def test_a_fragment_or_a_slip_finds(query, first):
    assert INDEX.search(query)[0].id == first


def test_the_word_itself_scores_full_and_comes_before_what_contains_it():
    hits = INDEX.search("checkout")
    assert [(hit.id, hit.score) for hit in hits[:1]] == [("checkout", 100.0)]
    assert hits[1].id == "checkout-worker"
    assert hits[1].score < 100


def test_each_thing_is_named_once_with_the_text_that_fits():
    hits = INDEX.search("payments")
    assert [(hit.kind, hit.id, hit.matched) for hit in hits] == [("team", "payments", "payments")]


@pytest.mark.parametrize("query", ["", "  ", "\n", "qqqqqq", "x" * 5000])
def test_nothing_is_found_for_nothing(query):
    assert INDEX.search(query) == ()


def test_the_limit_holds():
    index = SearchIndex(findable(Entry(name=f"service-{n}")) for n in range(500))
    assert len(index.search("service", limit=7)) == 7
