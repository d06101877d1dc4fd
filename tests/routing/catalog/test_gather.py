"""Following files that name files: each once, loops end, a bad one costs itself."""

from __future__ import annotations

import fnmatch

from routing.catalog.gather import gather
from routing.catalog.readers import reader


class Folder:
    """Files in memory; a target matches by name or wildcard."""

    def __init__(self, **files):
        self.files = {name.replace("_", "."): text for name, text in files.items()}
        self.opened = []

    def read(self, name):
        self.opened.append(name)
        if name not in self.files:
            raise FileNotFoundError(2, "No such file or directory", name)
        return self.files[name]

    def named(self, target, by):
        found = fnmatch.filter(self.files, target.removeprefix("./"))
        if not found:
            raise ValueError(f"no file is meant by it, seen from {by}")
        return tuple(found)


def location(*targets):
    return f"kind: Location\nmetadata: {{name: l}}\nspec: {{targets: [{', '.join(targets)}]}}\n"


def component(name):
    return f"kind: Component\nmetadata: {{name: {name}}}\nspec: {{owner: x}}\n"


def take(folder, *start):
    return gather("bs", reader("backstage"), start, folder)


def test_targets_and_wildcards_are_followed():
    folder = Folder(
        root=location("./a.yaml", "'s*.yaml'"), a_yaml=component("a"), s1_yaml=component("b"), s2_yaml=component("c")
    )
    assert [entry.name for entry in take(folder, "root").entries] == ["a", "b", "c"]


def test_locations_that_loop_end_and_each_file_is_read_once():
    folder = Folder(one=location("two", "one"), two=location("one", "three"), three=component("a"))
    content = take(folder, "one", "three")
    assert [entry.name for entry in content.entries] == ["a"]
    assert sorted(folder.opened) == ["one", "three", "two"]
    assert content.problems == ()


def test_a_target_that_leads_nowhere_is_told_with_the_line_it_stands_in():
    (problem,) = take(Folder(root=location("gone")), "root").problems
    assert (problem.file, problem.line) == ("root", 3)
    assert "'gone' cannot be followed: no file is meant by it" in problem.what


def test_a_file_that_cannot_be_read_costs_itself():
    content = take(Folder(a=component("a")), "a", "missing")
    assert [entry.name for entry in content.entries] == ["a"]
    assert [(p.file, p.what) for p in content.problems] == [
        ("missing", "the file cannot be read: No such file or directory")
    ]


def test_the_order_of_files_changes_nothing():
    files = {"a": component("a"), "b": component("b"), "c": component("a")}
    assert take(Folder(**files), "a", "b", "c") == take(Folder(**files), "c", "b", "a")
