from __future__ import annotations

import pytest

from routing.lined_yaml import YamlError, load_documents


def test_plain_scalars_become_numbers_and_booleans_and_quoted_ones_stay_text():
    (document,) = load_documents("a: 1\nb: '1'\nc: true\nd: \"true\"\ne: 1.5\nf: ~\ng: |\n  2\n")
    assert document == {"a": 1, "b": "1", "c": True, "d": "true", "e": 1.5, "f": None, "g": "2\n"}


@pytest.mark.parametrize(
    "word", ["no", "NO", "on", "off", "yes", "y", "22:30", "0x1F", "1_000", "2026-01-01", "012", "1e3"]
)
def test_words_that_yaml_1_1_would_change_stay_words(word):
    assert load_documents(f"key: {word}\n") == [{"key": word}]


def test_keys_stay_words_too():
    assert load_documents("on: 1\nno: 2\n") == [{"on": 1, "no": 2}]


def test_mappings_and_lists_know_their_lines():
    (document,) = load_documents("# first\na:\n  - x\n  - y: 1\n\nb: 2\n")
    assert document.lines == {"a": 2, "b": 6}
    assert document["a"].lines == [3, 4]
    assert document["a"][1].line == 4


def test_several_documents_come_in_order_and_empty_ones_are_left_out():
    assert load_documents("---\na: 1\n---\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [\n", 3),
        ("a: 1\na: 2\n", 2),
        ("a: 1\nb: &x 1\nc: *x\n", 2),
        ("? [1]\n: 2\n", 1),
        ("a: 1\n\tb: 2\n", 2),
    ],
)
def test_what_is_not_usable_yaml_names_its_line(text, line):
    with pytest.raises(YamlError) as caught:
        load_documents(text)
    assert caught.value.line == line


def test_aliases_and_merge_keys_are_followed_where_asked_for_and_bounded():
    text = "a: &x {one: 1, two: 2}\nb:\n  <<: *x\n  two: 3\nc: [*x]\n"
    (document,) = load_documents(text, aliased=100)
    assert document["b"] == {"one": 1, "two": 3}
    assert document["c"] == [{"one": 1, "two": 2}]
    with pytest.raises(YamlError, match="aliases"):
        load_documents(text, aliased=5)


def test_an_alias_inside_itself_is_refused():
    with pytest.raises(YamlError, match="contains itself"):
        load_documents("a: &x\n  b: *x\n", aliased=100)


def test_a_billion_laughs_are_cut_short():
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(YamlError, match="aliases"):
        load_documents("\n".join(rows), aliased=10_000)
