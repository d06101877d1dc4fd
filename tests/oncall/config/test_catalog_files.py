"""Descriptors in checkouts: wildcards, targets that lead on, and none that lead out."""

from __future__ import annotations

import pytest

from oncall.config.catalog_files import MOST_BYTES, DirectoryFiles, fixed_folder
from routing.catalog.gather import gather
from routing.catalog.readers import reader

LOOP = "kind: Location\nmetadata: {name: l}\nspec: {targets: [../*/catalog-info.yaml, ./catalog-info.yaml, TARGET]}\n"


@pytest.fixture
def company(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "secret.yaml").write_text("kind: Component\nmetadata: {name: stolen}\nspec: {owner: x}\n")
    for name in ("a", "b"):
        (tmp_path / "checkouts" / name).mkdir(parents=True)
        text = f"kind: Component\nmetadata: {{name: {name}}}\nspec: {{owner: x}}\n---\n{LOOP}"
        (tmp_path / "checkouts" / name / "catalog-info.yaml").write_text(text)
    return tmp_path


def take(company, target="./catalog-info.yaml"):
    for path in (company / "checkouts").glob("*/*.yaml"):
        path.write_text(path.read_text().replace("TARGET", target))
    pattern = "../checkouts/*/catalog-info.yaml"
    files = DirectoryFiles(company / "config", [fixed_folder(company / "config", pattern)])
    return gather("bs", reader("backstage"), files.matching(pattern), files)


def test_checkouts_are_read_and_a_loop_reads_each_file_once(company):
    content = take(company)
    assert [entry.name for entry in content.entries] == ["a", "b"]
    assert content.problems == ()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("../../secret.yaml", "it leads out of the source's folder"),
        ("../../../../../../../../etc/hostname", "it leads out of the source's folder"),
        ("./gone.yaml", "there is no such file"),
        ("https://example.com/x.yaml", "addresses are not followed from files"),
    ],
)
def test_a_target_never_leads_out_of_the_checkouts(company, target, why):
    content = take(company, target)
    assert [entry.name for entry in content.entries] == ["a", "b"]
    assert len(content.problems) == 2
    assert why in content.problems[0].what


def test_a_link_in_a_checkout_does_not_lead_out_either(company):
    (company / "checkouts" / "a" / "link.yaml").symlink_to(company / "secret.yaml")
    assert "leads out" in take(company, "./link.yaml").problems[0].what


@pytest.mark.parametrize(("content", "why"), [(b"\xff\xfe", "it is not UTF-8"), (None, "it is larger than 20 MB")])
def test_a_file_that_is_no_text_is_told(company, content, why):
    path = company / "checkouts" / "a" / "catalog-info.yaml"
    if content is None:
        with path.open("wb") as file:
            file.truncate(MOST_BYTES + 1)
    else:
        path.write_bytes(content)
    files = DirectoryFiles(company / "config", [])
    (problem,) = gather("bs", reader("backstage"), [str(path)], files).problems
    assert why in problem.what
