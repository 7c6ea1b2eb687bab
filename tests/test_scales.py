"""The scales in earnest: memory of every kind is seen from outside, with control groups and without."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from waiting import eventually

from grader.exam.candidate import Candidate, Source
from grader.exam.desk import at_strongest
from grader.exam.duel import Duel
from grader.exam.scales import Scales
from grader.exam.solution import CheckEnded, Solution
from grader.question import Limits
from grader.sandbox import host
from grader.sandbox.host import Template, Wants
from grader.submission import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.exam.looks import Judgement
    from grader.verdict import Level

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

SIZE = 24 * 2**20
OURS = "def f(x):\n    return len(bytearray(x))\n"
"""Holds its argument, and a copy of that: the measure of what follows."""
TWO_AND_A_HALF = {
    "in the call": "def f(x):\n    return len([bytearray(x) for _ in range(4)][0])\n",
    "freed again": """
def f(x):
    copies = [bytearray(x) for _ in range(4)]
    del copies
    return len(x)
""",
    "set aside at import": f"""
pool = [bytearray({SIZE}) for _ in range(4)]
for part in pool:
    part[::4096] = b"1" * len(part[::4096])
def f(x):
    for part in pool:
        memoryview(part)[:] = x
    return len(x)
""",
    "mapped": """
import mmap
def f(x):
    parts = [mmap.mmap(-1, len(x), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(4)]
    for part in parts:
        memoryview(part)[:] = x
    return len(x)
""",
    "shared": """
import mmap
def f(x):
    parts = [mmap.mmap(-1, len(x)) for _ in range(4)]
    for part in parts:
        memoryview(part)[:] = x
    return len(x)
""",
}
IN_A_HELPER = """
import os
def f(x):
    pid = os.fork()
    if pid == 0:
        parts = [bytearray(x) for _ in range(4)]
        os._exit(0)
    os.waitpid(pid, 0)
    return len(x)
"""


@pytest.fixture(scope="module", params=["control group", "watchdog"])
def template(request: pytest.FixtureRequest) -> Iterator[Template]:
    """A template whose guests are counted in one of two ways."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "watchdog":
            patch.setattr(host, "_groups", lambda: None)
        elif host._groups() is None:
            pytest.skip("no writable control group here")
        started, _ = at_strongest(None, start)
    with contextlib.closing(started):
        yield started


def start(level: Level) -> Template:
    template = Template(Wants(level=level))
    template.wait()
    return template


def weigh(template: Template, source: str) -> Judgement:
    """Weigh a program against ours, with a limit of twice its memory."""
    with contextlib.closing(side(template, source)) as mine, contextlib.closing(side(template, OURS)) as ours:
        return Scales(Duel((mine, ours), "f", draw, seed=1)).run(2.0)


def side(template: Template, source: str) -> Candidate:
    candidate = Candidate(template, Source((Unit("f.py", source),), (), ("f",)), Limits())
    candidate.begin(0)
    return candidate


def draw(rng: Any) -> tuple[Sequence[object], dict[str, object]]:
    return (rng.bytes(SIZE),), {}


def test_equal_sides_weigh_the_same(template: Template) -> None:
    """To a few percent, in every round."""
    judged = weigh(template, OURS)

    assert judged.verdict is True
    assert 0.95 < judged.found.low <= judged.found.high < 1.05


@pytest.mark.parametrize("source", TWO_AND_A_HALF.values(), ids=TWO_AND_A_HALF.keys())
def test_memory_of_every_kind_is_seen(template: Template, source: str) -> None:
    """Wherever it lies, and also when it is gone by the time of the answer."""
    judged = weigh(template, source)

    assert judged.verdict is False
    assert judged.found.ratio == pytest.approx(2.5, rel=0.1)


def test_a_helper_is_counted(template: Template) -> None:
    """Where a control group counts, also one that is gone before the answer."""
    if template._groups is None:
        pytest.skip("the watchdog may miss a helper that lives for less than 20 ms")

    assert weigh(template, IN_A_HELPER).verdict is False


def test_with_a_guest_its_figures_end(template: Template) -> None:
    """One that answers and dies, before anybody can look, is not called lean."""
    with contextlib.closing(side(template, OURS)) as candidate:
        candidate.open()
        guest = candidate._guest
        assert guest is not None
        assert guest._keeper is not None
        assert candidate.footprint().peak > 0

        os.kill(guest._keeper.main, signal.SIGKILL)
        assert eventually(lambda: not guest.alive)
        with pytest.raises(CheckEnded, match="had already ended"):
            candidate.footprint()


def test_a_fresh_guest_counts_as_the_same(template: Template) -> None:
    """One that is renewed knows nothing of before; only one that ended early counts as another."""
    with contextlib.closing(
        side(template, "calls = []\ndef f(x):\n    calls.append(x)\n    return len(calls)\n")
    ) as mine:
        solution = Solution(mine)
        assert [solution.f(1), solution.f(1)] == [1, 2]
        mine.renew()
        assert (solution.f(1), mine.guests, mine.generation) == (1, 1, 1)

        guest = mine._guest
        assert guest is not None
        assert guest._keeper is not None
        os.kill(guest._keeper.main, signal.SIGKILL)
        assert eventually(lambda: not guest.alive)
        mine.renew()
        assert (solution.f(1), mine.guests, mine.generation) == (1, 2, 2)
