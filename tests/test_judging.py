"""What people judge: two raters, their agreement, and decisions that somebody answers for."""

from __future__ import annotations

import ast
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
pytest.importorskip("alembic", reason="alembic is not installed")

from desks import Place, founded
from test_cli import assert_told, grade

from grader.agreement import weighted_kappa
from grader.errors import InputError
from grader.takehome.desk.chain import kept_rows
from grader.takehome.desk.judging import agreement, decision_of, rate, ratings_of

if TYPE_CHECKING:
    import subprocess

CARD = """scorecard:
- id: readability
  title: {en: Readability, zh: 可读性}
  anchors: [{en: hard to follow, zh: 难懂}, {en: follows, zh: 可懂}, {en: a pleasure, zh: 清晰}]
"""


@pytest.fixture
def place(address: str | None, tmp_path: Path) -> Place:
    """An office whose assessment has a scorecard."""
    one = founded(tmp_path / "office", address)
    one.sheet.write_text(one.sheet.read_text() + CARD, encoding="utf-8")
    return one


def test_kappa_is_what_the_books_say() -> None:
    """Cohen's formula over the table of two raters: 1 − Σ w·observed / Σ w·expected, w the squared difference."""
    draw = random.Random(1)
    one = [draw.randint(1, 4) for _ in range(60)]
    other = [min(max(level + draw.choice([-1, 0, 0, 1]), 1), 4) for level in one]
    levels = range(1, 5)
    weighted = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / 60
    chance = sum((a - b) ** 2 * one.count(a) * other.count(b) for a in levels for b in levels) / 60**2
    found = weighted_kappa(one, other)

    assert found is not None
    assert found.value == pytest.approx(1 - weighted / chance)
    assert found.low < found.value < found.high < 1


def test_kappa_of_complete_agreement_and_of_chance() -> None:
    draw = random.Random(2)
    levels = [draw.randint(1, 4) for _ in range(400)]
    same, shuffled = weighted_kappa(levels, levels), weighted_kappa(levels, draw.sample(levels, 400))

    assert same is not None
    assert (same.value, same.low) == (1.0, 1.0)
    assert shuffled is not None
    assert abs(shuffled.value) < 0.15


def test_kappa_is_silent_of_few_and_of_one_level() -> None:
    assert weighted_kappa([1, 2] * 14, [1, 2] * 14) is None
    assert weighted_kappa([2] * 40, [2] * 40) is None


def test_two_raters_and_no_third(place: Place) -> None:
    """The newest level of each counts; a third rater is one too many."""
    with place.register() as register:
        assert rate(register, "C-0017", "ana", {"readability": 1}, "") == 1
        assert rate(register, "C-0017", "ana", {"readability": 3}, "read it again") == 1
        assert rate(register, "C-0017", "bo", {"readability": 2}, "") == 2
        with pytest.raises(InputError, match="rated by ana and bo"):
            rate(register, "C-0017", "cy", {"readability": 2}, "")
        levels = {row.rater: row.level for row in ratings_of(register, register.find("C-0017"))}

        assert levels == {"ana": 3, "bo": 2}
        assert agreement(register) == {"readability": (1, None)}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("readability=4",), "levels 1 to 3"),
        (("readability=0",), "levels 1 to 3"),
        (("readable=2",), "Did you mean 'readability'?"),
        (("readability",), "like readability=3"),
        (("readability=1", "readability=2"), "Write each once"),
    ],
)
def test_an_odd_level_is_refused(place: Place, words: tuple[str, ...], told: str) -> None:
    assert_told(_run(place, "rate", "C-0017", *words), 2, told)


def test_a_decision_has_a_person_and_a_reason(place: Place) -> None:
    """The newest counts; what was decided before stays on record, and the chain vouches for both."""
    assert_told(_run(place, "decide", "C-0017", "reject", "--by", "ana"), 2, "--why")
    assert_told(_run(place, "decide", "C-0017", "reject", "--why", "x"), 2, "--by")
    assert_told(_run(place, "decide", "C-0017", "reject", "--by", " ", "--why", "x"), 2, "somebody who answers for it")
    assert_told(_run(place, "decide", "C-0017", "hold", "--by", "ana", "--why", "one more look"), 0, "hold, by ana")
    assert_told(_run(place, "decide", "C-0017", "advance", "--by", "bo", "--why", "sound"), 0, "advance, by bo")
    with place.register() as register:
        row = decision_of(register, register.find("C-0017"))
        proof = register.chain.prove(kept_rows(register.session, register.row.id))

    assert row is not None
    assert (row.decision, row.by, row.why) == ("advance", "bo", "sound")
    assert proof.faults == ()


def test_nothing_else_decides() -> None:
    """In the whole package one function makes a row of decisions, and it takes a person and a reason."""
    makers = [
        (file.name, function.name)
        for file in (Path(__file__).resolve().parent.parent / "grader").rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("DecisionRow")
    ]

    assert makers == [("judging.py", "decide")]


def _run(place: Place, *words: str) -> subprocess.CompletedProcess[str]:
    return grade("assess", *words, "--assessment", place.sheet, EXAM_GRADER_DATABASE=place.address or "")
