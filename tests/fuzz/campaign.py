"""Fuzz one parser for as long as you like: `python -m tests.fuzz.campaign webhook -max_total_time=600`.

Needs atheris (`pip install atheris`), whose coverage guides the mutations. What it finds is written to the current
folder as `crash-…`: put it into `tests/fuzz/corpus/TARGET`, where the suite reads it from then on.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["routing", "schedules", "notifiers"]):
    from tests.fuzz.targets import CORPUS, TARGETS


def main() -> None:
    """Run until stopped or until something is found."""
    name = sys.argv.pop(1)
    atheris.Setup([*sys.argv, str(CORPUS / name)], dict(TARGETS)[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
