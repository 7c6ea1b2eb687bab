"""A tree of processes, as /proc and its clocks show it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from grader.sandbox import tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def test_the_time_on_the_processor() -> None:
    """Of a whole tree, to the nanosecond, as the clock of each process tells it."""
    burn = "import time\nwhile time.process_time() < 0.2: pass\nprint(time.process_time(), flush=True)\ninput()"
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])"
    with subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        used = float(process.stdout.readline())
        own, found = tree._clock(process.pid), tree.ran(process.pid)
        process.communicate("\n")

    assert 0 < own < found
    assert used <= found - own < used + 0.05


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this kernel counts no waiting")
def test_waiting_is_counted() -> None:
    """Two that want the same processor: each waits for as long as the other runs."""
    core = min(os.sched_getaffinity(0))
    program = (
        f"import os, time\nos.sched_setaffinity(0, [{core}])\nprint(1, flush=True)\ninput()\n"
        "while time.process_time() < 0.3: pass\nprint(1, flush=True)\ninput()"
    )
    both = [subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        process.stdout.readline()
    before = sum(tree.waited(str(process.pid)) for process in both)
    for process in both:
        assert process.stdin is not None
        print(file=process.stdin, flush=True)
    for process in both:
        assert process.stdout is not None
        process.stdout.readline()
    waited = sum(tree.waited(str(process.pid)) for process in both) - before
    for process in both:
        process.communicate("\n")

    assert waited > 0.1


def test_nothing_is_known_of_who_is_gone() -> None:
    """And nothing is raised."""
    process = subprocess.Popen(["true"])
    process.wait()

    assert (tree.ran(process.pid), tree.waited(str(process.pid))) == (0.0, 0.0)
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
