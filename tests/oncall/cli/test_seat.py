from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oncall.cli.seat import Seat

HOLD = "import sys, time; from oncall.cli.seat import Seat; Seat(__import__('pathlib').Path(sys.argv[1])).take('host-1'); print('sits', flush=True); time.sleep(60)"


@pytest.fixture
def seat(tmp_path: Path):
    made = Seat(tmp_path)
    yield made
    made.leave()


def test_the_first_one_has_nobody_before_it(seat):
    assert seat.take("host-1") == ""


def test_whoever_sits_down_learns_who_sat_there_before(seat, tmp_path):
    seat.take("host-1")
    seat.leave()
    assert seat.take("host-2") == "host-1"
    seat.leave()
    assert seat.take("host-with-a-dash-3") == "", "it is another host's name"
    assert (tmp_path / "node").read_text() == "host-with-a-dash-3"


def test_a_second_process_gets_no_seat_and_changes_nothing(seat, tmp_path):
    seat.take("host-1")
    second = Seat(tmp_path)
    assert second.take("host-2") == ""
    second.leave()
    assert (tmp_path / "node").read_text() == "host-1"


@pytest.mark.parametrize("found", [b"", b"\xff\xfe\x00", b"no dash", b"-", b"x" * 5000])
def test_a_file_that_says_nothing_of_use_names_nobody(seat, tmp_path, found):
    (tmp_path / "node").write_bytes(found)
    assert seat.take("host-1") == ""
    assert (tmp_path / "node").read_text() == "host-1"


def test_a_copy_of_another_hosts_directory_names_nobody(seat, tmp_path):
    (tmp_path / "node").write_text("elsewhere-1")
    assert seat.take("host-2") == ""


def test_nobody_else_can_read_it(seat, tmp_path):
    seat.take("host-1")
    assert (tmp_path / "node").stat().st_mode & 0o077 == 0


def test_the_seat_of_a_process_that_was_killed_is_free_and_not_before(seat, tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "sits\n"
        assert seat.take("host-2") == "", "it lives"
        os.kill(other.pid, signal.SIGKILL)
    assert seat.take("host-2") == "host-1"
