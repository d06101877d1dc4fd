"""The engine starts, groups and pages where scikit-learn and numpy are not installed."""

from __future__ import annotations

import subprocess
import sys

#: Imports everything the command line and the server import, with the optional packages blocked; then groups.
PROGRAM = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"sklearn", "numpy", "scipy"}:
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Blocked())
import oncall.cli.main, oncall.jobs.loop, oncall.web.app
from grouping import Call, Learned
from grouping.cases import CASE
from tests.grouping.world import World

world = World()
assert world.page("Down", "cart").call is Call.PAGE
world.grouper.take_learned(Learned(version=1, constant=3.0, weights=(0.0,) * len(CASE)))
assert world.fire("Slow", "cart", at=40).incident == "i1"
print("paged and applied a model")
"""


def test_it_pages_and_applies_a_stored_model():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.stdout == "paged and applied a model\n", done.stderr
