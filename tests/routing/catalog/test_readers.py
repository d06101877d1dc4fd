"""What every reader promises, whatever the format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.catalog.assembly import assemble
from routing.catalog.readers import READERS, reader

BROKEN = [
    "\t- nonsense: [",
    "a: {{ .Values.name }}\nb: : :",
    "- 1\n- 2\n",
    "just words",
    "a: &x\n  b: *x\n",
    "service:\n  name: [1, {}]\n  owner: true\n  tools: 7\n  tags: x\nversion: []\n",
    "kind: Component\nmetadata: 7\nspec: []\n",
    "kind: Component\nmetadata: {name: x, links: [7], labels: [], annotations: x}\nspec: {owner: [[]], dependsOn: {a: b}}\n",
    "info: {x-cortex-tag: x, x-cortex-owners: {a: b}, x-cortex-link: [1], x-cortex-dependency: 7, x-cortex-team: []}\n",
    "[section\n/x  nobody@\n! @x\n",
    "\0",
    "[" * 5000,
]


@pytest.mark.parametrize("member", READERS, ids=lambda member: member.name)
def test_the_example_reads_without_a_problem(member):
    reading = member.read(member.example, "shop/" + member.files[0].replace("*", "shop"), "src")
    assert reading.problems == ()
    assert reading.drafts or reading.code_owners
    assert reader(member.name) is member
    assert member.title
    assert member.read.__doc__


@pytest.mark.parametrize("member", READERS, ids=lambda member: member.name)
@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_becomes_problems_of_that_file(member, text):
    reading = member.read(text, "dir/file", "src")
    assert all(problem.file == "dir/file" and problem.what and problem.mend for problem in reading.problems)
    assemble("src", [reading])


@given(st.sampled_from(READERS), st.data())
def test_a_file_damaged_anywhere_never_raises(member, data):
    cut = data.draw(st.integers(0, len(member.example)))
    junk = data.draw(st.text(alphabet="{}[]:-*&\n\t \"'#@x0", max_size=5))
    reading = member.read(member.example[:cut] + junk + member.example[cut:], "file", "src")
    assemble("src", [reading])


@pytest.mark.parametrize("member", READERS, ids=lambda member: member.name)
def test_an_empty_file_says_nothing(member):
    reading = member.read("\n# only a comment\n", "file", "src")
    assert (reading.drafts, reading.problems) == ((), ())


@pytest.mark.parametrize("member", READERS, ids=lambda member: member.name)
def test_a_byte_order_mark_does_not_matter(member):
    assert member.read("\ufeff" + member.example, "shop/f", "src") == member.read(member.example, "shop/f", "src")


def test_names_of_readers_are_unique():
    assert len({member.name for member in READERS}) == len(READERS)
