"""What `check.pyz` says of public tests is what the grader says, for right answers, wrong ones and the starter.

One question and some of its solutions at each commit; all questions with GRADER_QUESTIONS=all, and all their solutions
with GRADER_SOLUTIONS=all. The reference and the starter are checked as a candidate does it; what a wrong answer's check
says comes from a fork of a process that has imported what it needs, which takes a tenth of the time.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from bank_sample import BANK, CODE, drawn_by, sample
from click.testing import CliRunner
from warm_check import WarmCheck

from grader.cli.assessing import assess
from grader.proof.expectation import Exhibit, Role, exhibits
from grader.proof.workbench import Workbench
from grader.question import Visibility
from grader.takehome.kit.words import say
from grader.verdict import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from grader.question import Question

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

WORDS = {say("en", outcome.value.replace("-", " ")): outcome for outcome in Outcome}
_RESULT = re.compile(rf" {{4}}({'|'.join(map(re.escape, WORDS))})  (.+)")
ASSESSMENT = """\
format: 1
id: alike
title: {{en: Alike, zh: 相同}}
questions: [{name}]
window: {{opens: 2020-01-01T00:00Z, closes: 2100-01-01T00:00Z}}
duration: 60min
ai: {{use: free}}
"""


ALL = os.environ.get("GRADER_SOLUTIONS") == "all"
WRONG = 6
"""Wrong answers that are tried beside the reference and the starter."""
AS_AT_HOME = {Role.REFERENCE, Role.STARTER}
"""What is checked in processes of its own as well; each takes an import of PyTorch, mostly."""


def chosen() -> list[str]:
    return sample(f"self-check {drawn_by()}", CODE, 1)


def tried(question: Question) -> list[Exhibit]:
    """Return the solutions to try; without what is found by walls or by a quiet clock, which nobody has at home."""
    found = [each for each in exhibits(question) if each.role not in {Role.FORBIDDEN, Role.SLOW}]
    if ALL:
        return found
    first = [each for each in found if each.role in AS_AT_HOME]
    wrong = [each for each in found if each.role is Role.WRONG]
    return first + random.Random(f"{question.qualified_id} {drawn_by()}").sample(wrong, WRONG)


@pytest.mark.parametrize("name", chosen())
def test_the_self_check_says_what_the_grader_says(name: str, tmp_path: Path) -> None:
    """T5: test by test."""
    question = BANK.find_code(name)
    folder = handed_out(question, tmp_path)
    public = [check for check in question.checks if check.visibility is Visibility.PUBLIC]
    archive = folder.parent / "check.pyz"
    modules = ["numpy", "hypothesis", "pytest", *question.spec.environment.packages]
    with Workbench(question, seed=1) as bench, WarmCheck(archive, modules) as warm:
        for exhibit in tried(question):
            (folder / question.spec.submission.file).write_bytes(exhibit.path.read_bytes())
            run = bench.run(bench.read(exhibit.path), public).run
            graded = {result.name: result.outcome is Outcome.PASSED for result in run.results}

            assert (exhibit.name, graded) == (exhibit.name, read(warm.printed(folder.name)))
            if exhibit.role in AS_AT_HOME:
                assert (exhibit.name, graded) == (exhibit.name, read(printed_at_home(folder)))


def handed_out(question: Question, root: Path) -> Path:
    """Return the question's folder in a bundle that was unpacked."""
    sheet = root / "assessment.yaml"
    sheet.write_text(ASSESSMENT.format(name=question.qualified_id), encoding="utf-8")
    bank = ["--bank", str(BANK.roots[0])]
    for words in (["assemble", str(sheet)], ["invite", str(sheet), "--candidate", "C-1", "--out", str(root)]):
        done = CliRunner().invoke(assess, [*words, *bank], standalone_mode=False)
        assert done.return_value in {None, 0}, done
        assert done.exception is None, done
    with zipfile.ZipFile(root / "C-1-1.zip") as bundle:
        bundle.extractall(root / "home")
    return root / "home" / f"1-{question.id}"


def printed_at_home(folder: Path) -> str:
    """Return what a candidate sees."""
    command = [sys.executable, "check.pyz", "check", folder.name]
    return subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False).stdout


def read(printed: str) -> dict[str, bool]:
    """Return which public tests pass, by what `check.pyz` prints."""
    found: dict[str, bool] = {}
    for word, told in _RESULT.findall(printed):
        name = "test_" + told.partition("[")[0].replace(" ", "_")
        found[name] = found.get(name, True) and WORDS[word] is Outcome.PASSED
    return found
