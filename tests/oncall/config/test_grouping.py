"""`grouping:` of `oncall.yaml`: what may be written there, and that a mistake is told with its file and line."""

from __future__ import annotations

import pytest

from grouping import KindRule
from grouping.settings import Bars
from oncall.config import load
from oncall.config.grouping import BAR_KEYS, KIND_KEYS

GROUPING = """
grouping:
  kinds:
    - {match: {job: batch}, thing: [pipeline], scope: [site]}
    - match: {alertname: DiskFull, tier: 1}
      volatile: mountpoint
  volatile: [build, run_id]
  weights: {lag: 0.5, crowd: 0}
  bars: {join: 0.8, known: 0.9}
"""


def extended(company, text):
    path = company / "oncall.yaml"
    path.write_text(path.read_text() + text)
    return load(company, {})


def test_everything_that_may_be_set_is_read(company):
    grouping = extended(company, GROUPING).directory.grouping
    assert grouping.kinds == (
        KindRule(match={"job": "batch"}, thing=("pipeline",), scope=("site",)),
        KindRule(match={"alertname": "DiskFull", "tier": "1"}, volatile=("mountpoint",)),
    )
    assert grouping.volatile == ("build", "run_id")
    assert grouping.weights == {"lag": 0.5, "crowd": 0.0}
    assert grouping.bars == Bars(join=0.8, known=0.9)


def test_without_the_section_what_was_measured_holds(company):
    assert load(company, {}).directory.grouping.bars == Bars()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kindz: []", "there is no key 'kindz'"),
        ("kinds: [{match: {job: a}}]", "kind 1 changes nothing"),
        ("kinds: [{match: {job: a}, things: [x]}]", "there is no key 'things'"),
        ("kinds: [{volatile: [x]}, {match: {job: a}, thing: [y]}]", "kind 2 is never reached: kind 1 matches all"),
        ("kinds: [{match: {job: [a]}, thing: [y]}]", "job is a list"),
        ("kinds: [{match: job, thing: [y]}]", "match is 'job'"),
        ("volatile: [1]", "volatile has 1 where a text should stand"),
        ("weights: {lagg: 1}", "there is no signal 'lagg'"),
        ("weights: {lag: 7}", "lag is 7"),
        ("weights: {lag: much}", "lag is 'much'"),
        ("bars: {join: 0.2}", "join is 0.2"),
        ("bars: {join: 1.5}", "join is 1.5"),
        ("bars: {same: 0.95, known: 0.9}", "same is above known"),
        ("bars: {related: 0.8}", "related is above join"),
        ("bars: {known: 0.1}", "known is 0.1"),
        ("bars: {sure: 0.9}", "there is no key 'sure'"),
    ],
)
def test_a_mistake_is_told_with_its_line(company, text, says):
    lines = len((company / "oncall.yaml").read_text().splitlines())
    errors = extended(company, f"grouping:\n  {text}\n").errors
    (problem,) = (error for error in errors if says in error.what)
    assert (problem.file, problem.line) == ("oncall.yaml", lines + 2)
    assert problem.mend


def test_no_operator_can_set_a_bar_so_low_that_a_page_hides(company):
    """The bars that decide whether a page is joined or held have a floor."""
    loaded = extended(company, "grouping:\n  bars: {same: 0.1, known: 0.5}\n")
    assert loaded.directory is None
    assert {problem.what for problem in loaded.errors} == {
        "grouping: bars: same is 0.1",
        "grouping: bars: known is 0.5",
    }


def test_the_reference_knows_every_field():
    assert set(BAR_KEYS) == set(Bars.__struct_fields__)
    assert set(KIND_KEYS) == set(KindRule.__struct_fields__)
