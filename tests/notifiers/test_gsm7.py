from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.gsm7 import cut, is_gsm7, segments, transliterate


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_counted_as_carriers_bill_them(text, count):
    assert segments(text) == count


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“Disk” – 90 %…", '"Disk" - 90 %...'),
        ("Größe über Ñ", "Größe über Ñ"),
        ("čeština", "cestina"),
        ("deploy 🚀 failed again", "deploy ? failed again"),
        ("nul\x00 and bell\x07", "nul and bell"),
    ],
)
def test_typography_becomes_plain_and_letters_of_the_alphabet_stay(text, plain):
    assert transliterate(text) == plain


def test_a_text_in_another_script_is_kept_rather_than_turned_into_question_marks():
    assert transliterate("База данных недоступна") == "База данных недоступна"


@given(st.text(), st.integers(1, 4))
def test_a_cut_text_never_exceeds_its_segments_and_starts_as_the_original(text, at_most):
    short = cut(text, at_most)
    assert segments(short) <= at_most
    assert short == text or text.startswith(short.removesuffix("..."))


@given(st.text(alphabet=st.characters(max_codepoint=0x17F)))
def test_western_text_mostly_becomes_gsm_and_nothing_raises(text):
    plain = transliterate(text)
    assert is_gsm7(plain) or len(plain) <= len(text)
