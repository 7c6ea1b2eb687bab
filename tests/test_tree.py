"""A tree of processes, as /proc and its clocks show it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from grader.sandbox import tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def test_turns_tell_the_time_on_the_processor() -> None:
    """Of another process to the nanosecond, as its own clock does for it."""
    program = "import time\nwhile time.process_time() < 0.2: pass\nprint(time.process_time(), flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        used = float(process.stdout.readline())
        found = tree.turns(process.pid)
        process.communicate("\n")

    assert used <= found.ran < used + 0.05
    assert found.waited >= 0


def test_who_sleeps_has_no_turns() -> None:
    """Neither on the processor nor waiting for it."""
    before, waited = tree.turns(os.getpid()), tree.waited()
    time.sleep(0.1)
    after = tree.turns(os.getpid())

    assert after.ran - before.ran < 0.05
    assert tree.waited() >= waited


def test_nothing_is_known_of_who_is_gone() -> None:
    """And nothing is raised."""
    process = subprocess.Popen(["true"])
    process.wait()

    assert tree.turns(process.pid) == tree.Turns(0.0, 0.0)
    assert tree.footprint(process.pid) == tree.Footprint(0, 0, 0)


def test_a_footprint_remembers_the_peak() -> None:
    """Of every process of the tree that lives, or what was seen before, if that is more."""
    program = "big = bytearray(64 * 2**20)\ndel big\nprint(1, flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found, seen = tree.footprint(process.pid), tree.footprint(process.pid, seen=2**40)
        process.communicate("\n")

    assert found.peak - found.held > 60 * 2**20
    assert 0 < found.shared < found.held
    assert seen.peak == 2**40
