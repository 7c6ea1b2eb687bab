"""KernelBench: what becomes a question, what is refused and why, and what its suites tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kernels import BAD, GOOD, SHIFTED, kernel, write_kernels

from grader.bank import load_bank
from grader.errors import InputError
from grader.grading import grade
from grader.importing.importer import Importer
from grader.importing.kernelbench import read_kernelbench
from grader.importing.problem import Unread
from grader.importing.shrinking import numbers_of, rewritten
from grader.submission import read_submission
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from pathlib import Path

    from grader.importing.importer import Imported
    from grader.verdict import Verdict

pytest.importorskip("torch", reason="the problems are modules of PyTorch")

HEAD = "import torch\nfrom torch import nn\n\n\n"
RIGHT = """\
class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer, self.norm = nn.Linear(width, 7), nn.LayerNorm(7)
        self.shift = nn.Parameter(torch.zeros(7))

    def forward(self, x):
        y = x @ self.layer.weight.T + self.layer.bias
        y = (y - y.mean(-1, keepdim=True)) * torch.rsqrt(y.var(-1, keepdim=True, correction=0) + 1e-5)
        return (y * self.norm.weight + self.norm.bias).clamp_min(0) + self.shift
"""
WRONG = {
    "shift_ignored": RIGHT.replace(" + self.shift\n", "\n"),
    "bias_of_the_norm_ignored": RIGHT.replace(" + self.norm.bias", ""),
    "weight_of_the_norm_ignored": RIGHT.replace("y * self.norm.weight", "y"),
    "half_inside": RIGHT.replace("y = x @", "x = x.bfloat16().float()\n        y = x @"),
    "unbiased_variance": RIGHT.replace("correction=0", "correction=1"),
    "input_in_place": RIGHT.replace("y = x @", "x.add_(1).sub_(1).mul_(1.0001)\n        y = x @"),
    "first_result_again": RIGHT.replace(
        "y = x @", "self.calls = getattr(self, 'calls', -1) + 1\n        y = (x + self.calls) @"
    ),
    "double_returned": RIGHT.replace("+ self.shift\n", "+ self.shift.double()\n"),
    "nothing": RIGHT.replace("+ self.shift\n", "* 0\n"),
}  # fmt: skip


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Imported]]:
    """All the samples, imported once: the bank, and what was said of each."""
    folder = tmp_path_factory.mktemp("kernels")
    problems = write_kernels(folder / "KernelBench", {**GOOD, **{name: source for name, (source, _) in BAD.items()}})
    found = Importer(folder / "bank", "kernelbench").run(read_kernelbench(problems), lambda _one: None)
    return folder / "bank", {one.origin.removeprefix("level1/"): one for one in found}


def judged(bank: Path, answer: str, folder: Path) -> Verdict:
    file = folder / "solution.py"
    file.write_text(HEAD + answer, encoding="utf-8")
    question = load_bank(bank).find_code("level1-1-shifted")
    return grade(question, read_submission(file, question.spec), seed=3)


def test_good_problems_are_kept_and_bad_ones_refused_with_the_reason(
    imported: tuple[Path, dict[str, Imported]],
) -> None:
    _, found = imported
    assert {name for name, one in found.items() if one.kept} == {*GOOD}
    for name, (_, reason) in BAD.items():
        assert reason in " ".join(found[name].reasons), (name, found[name].reasons)


def test_notes_say_what_is_not_as_it_was(imported: tuple[Path, dict[str, Imported]]) -> None:
    _, found = imported
    assert "smaller than the original: 4096 is 256" in " ".join(found["2_Large"].notes)
    assert "changes its inputs" in " ".join(found["4_InPlace"].notes)
    assert "other weights and inputs" in " ".join(found["6_Root"].notes)
    assert "double precision" in " ".join(found["5_Single"].notes)
    assert found["1_Shifted"].notes == ("speed is not measured: at these sizes on a CPU it says nothing",)
    assert found["1_Shifted"].cases == {"public": 1, "hidden": 3}


def test_a_right_module_written_otherwise_is_accepted(
    imported: tuple[Path, dict[str, Imported]], tmp_path: Path
) -> None:
    verdict = judged(imported[0], RIGHT, tmp_path)
    assert verdict.status is Status.ACCEPTED, verdict


@pytest.mark.parametrize("name", WRONG)
def test_wrong_modules_are_rejected(imported: tuple[Path, dict[str, Imported]], tmp_path: Path, name: str) -> None:
    assert WRONG[name] != RIGHT
    verdict = judged(imported[0], WRONG[name], tmp_path)
    assert verdict.status is not Status.ACCEPTED
    assert all(check.outcome is not Outcome.BROKEN for check in verdict.checks)


SIZES = """\
größe = 128  # é
shape = (64, [32, 3])
name = "x" * 5
flag = True
def f():
    inner = 99
n: int = 2 * 16
"""


def test_numbers_are_found_where_they_stand_and_put_back() -> None:
    numbers = numbers_of(SIZES)
    assert [number.value for number in numbers] == [128, 64, 32, 3, 5, 2, 16]
    changed = rewritten(SIZES, numbers, [8, 32, 1024, 3, 5, 2, 7])
    assert changed.splitlines() == [
        "größe = 8  # é", "shape = (32, [1024, 3])", 'name = "x" * 5', "flag = True", "def f():", "    inner = 99",
        "n: int = 2 * 7",
    ]  # fmt: skip


def test_a_folder_without_problems_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Python file"):
        list(read_kernelbench(tmp_path))


def test_a_file_alone_is_read(tmp_path: Path) -> None:
    write_kernels(tmp_path, {"1_One": SHIFTED, "2_Two": kernel("return x")})
    (problem,) = read_kernelbench(tmp_path / "level1/1_One.py")
    assert not isinstance(problem, Unread)
    assert problem.origin == "level1/1_One"
    assert problem.exports == {"ModelNew": "class ModelNew(width): forward(x)"}
    assert "def forward(self, x):\n        raise NotImplementedError" in problem.starter
    assert "LayerNorm" not in problem.starter
