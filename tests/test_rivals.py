"""What the benchmark gives to other graders works without ours."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.rivals import write_kit
from benchmarks.subjects import ATTENTION, FEDAVG, GAN_STEP, Subject, write_small

if TYPE_CHECKING:
    from pathlib import Path

DRIVER = """\
import sys
sys.path[:0] = sys.argv[1:2]
import grader.exam
assert grader.exam.__file__.startswith(sys.argv[1]), grader.exam.__file__
names = {}
exec(open(sys.argv[2]).read(), names)
for path in sys.argv[3:]:
    suite = {"__name__": "suite"}
    exec(open(path).read().replace("\\nimport pytest\\n", "\\nfrom grader import exam as pytest\\n"), suite)
    for name in [name for name in suite if name.startswith("test_")]:
        given = {"rng": grader.exam.make_rng(7)} if "(solution, rng" in open(path).read().split(name)[1][:20] else {}
        suite[name](solution=grader.exam.Submission(names), **given)
"""


@pytest.fixture(name="subject", params=[None, "numpy", "torch", FEDAVG, ATTENTION, GAN_STEP])
def _subject(request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
    if isinstance(request.param, Subject):
        return request.param
    return write_small(tmp_path, package=request.param)


def judge(subject: Subject, answer: Path, kit: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", DRIVER, str(kit), str(answer), *map(str, subject.suites)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_kit_runs_the_suites_and_tells_right_from_wrong(subject: Subject, tmp_path: Path) -> None:
    kit = tmp_path / "packages"
    write_kit(kit)
    right = judge(subject, subject.solutions / "reference.py", kit)
    assert right.returncode == 0, right.stderr
    wrong = judge(subject, min((subject.solutions / "wrong").glob("*.py")), kit)
    assert wrong.returncode == 1
    assert "ModuleNotFoundError" not in wrong.stderr
