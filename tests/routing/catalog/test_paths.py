"""CODEOWNERS files and path patterns, as code hosts read them."""

from __future__ import annotations

import pytest

from routing.catalog import Catalog, Entry
from routing.catalog.paths import path_pattern
from tests.routing.catalog.reading import company, problems

OWNERS = """\
# Comment
*            @shop/platform
*.sql        @shop/data dba@shop.example  # the warehouse
/src/        @shop/web
/src/pay/    @shop/payments
/src/pay/vendored/
docs/*       @writer
/with\\ space/ @shop/web
[Money][2] @shop/payments
/money/
/money/audit/ @shop/audit
"""


def catalog(**files):
    return Catalog.of((), company("codeowners", **files).code_owners)


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README", ("shop/platform",)),
        ("deep/down/x.sql", ("shop/data", "dba@shop.example")),
        ("/src/a/b.py", ("shop/web",)),
        ("src/pay/x.py", ("shop/payments",)),
        ("src/pay/x.sql", ("shop/payments",)),
        ("docs/a.md", ("writer",)),
        ("docs/a/b.md", ("shop/platform",)),
        ("with space/x", ("shop/web",)),
        ("money/x", ("shop/payments",)),
        ("money/audit/x", ("shop/audit",)),
    ],
)
def test_the_last_line_that_matches_owns(path, owners):
    (line,) = catalog(CODEOWNERS=OWNERS).paths.code_owners_at(path)
    assert line.owners == owners


def test_a_line_without_owners_takes_the_path_out():
    assert catalog(CODEOWNERS=OWNERS).paths.code_owners_at("src/pay/vendored/x.py") == ()


def test_the_repository_is_told_by_label_or_by_the_first_folder():
    found = catalog(web__CODEOWNERS="* @a", api__dot__CODEOWNERS="* @b".replace("dot", "")).paths
    assert [line.owners for line in found.code_owners_at("x", "shop/web")] == [("a",)]
    assert [line.owners for line in found.code_owners_at("web/x")] == [("a",)]
    assert {line.owners for line in found.code_owners_at("x")} == {("a",), ("b",)}


def test_the_files_own_folder_is_not_the_repository():
    member = company("codeowners", **{"web__.github__CODEOWNERS": "* @a"})
    assert member.code_owners[0].repository == "web"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("* payments\n", 1, "'payments' is no owner"),
        ("\n!x @a\n", 2, "the pattern '!x' is not supported in such files"),
        ("x[ab] @a\n", 1, "the pattern 'x[ab]' is not supported in such files"),
    ],
)
def test_a_fault_is_told_with_its_line(text, line, what):
    assert (line, what) in problems("codeowners", text)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*", "a/b", True),
        ("*.js", "a/b.js", True),
        ("/build/logs/", "build/logs/x", True),
        ("/build/logs/", "x/build/logs/y", False),
        ("docs/*", "docs/a", True),
        ("docs/*", "docs/a/b", False),
        ("apps/", "x/apps/y", True),
        ("/apps", "apps", True),
        ("/apps", "appstore", False),
        ("**/logs", "a/b/logs/x", True),
        ("/a/**/z", "a/z", True),
        ("/a/**/z", "a/b/c/z", True),
        ("/a/?.py", "a/b.py", True),
        ("a+b", "a+b", True),
    ],
)
def test_patterns_match_as_code_hosts_match_them(pattern, path, fits):
    assert (path_pattern(pattern).fullmatch(path) is not None) is fits


def test_the_closest_pattern_of_a_service_wins():
    found = Catalog.of([Entry(name="a", paths=("/src/",)), Entry(name="b", paths=("/src/b/",))]).paths
    assert [entry.name for entry in found.services_at("src/b/x.py")] == ["b"]
    assert [entry.name for entry in found.services_at("src.c.views")] == ["a"]
