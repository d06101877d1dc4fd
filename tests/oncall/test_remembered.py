from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oncall.remembered import Remembered


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_what_was_asked_for_last_is_kept_and_no_more(keys, most):
    kept: Remembered[int] = Remembered(most)
    for key in keys:
        if kept.get(key) is None:
            kept.put(key, key * 10)
    newest = list(dict.fromkeys(reversed(keys)))[:most]
    assert len(kept) == len(newest)
    assert [kept.get(key) for key in newest] == [key * 10 for key in newest]


def test_a_value_is_replaced():
    kept: Remembered[str] = Remembered(2)
    kept.put("a", "old")
    kept.put("a", "new")
    assert (kept.get("a"), kept.get("b"), len(kept)) == ("new", None, 1)
