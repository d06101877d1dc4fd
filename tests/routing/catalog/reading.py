"""Shorthand for reader tests: one format's files to entries by name."""

from __future__ import annotations

from routing.catalog.assembly import assemble
from routing.catalog.readers import reader


def company(name, **files):
    """The assembled content of a source; keyword `a_b` names the file "a/b"."""
    member = reader(name)
    readings = [member.read(text, file.replace("__", "/"), name) for file, text in files.items()]
    return assemble(name, readings)


def entries(name, text, file="f"):
    content = company(name, **{file: text})
    return {entry.name: entry for entry in content.entries}


def problems(name, text):
    return [(problem.line, problem.what) for problem in company(name, f=text).problems]
