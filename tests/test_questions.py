"""Every question of the bank is proven as it stands, and a quick look still finds it sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.bank import load_bank
from grader.proof.ledger import State, state_of
from grader.proof.trial import try_question

BANK = load_bank(Path(__file__).resolve().parent.parent / "bank")


def test_the_bank_has_no_faults() -> None:
    """Every folder of the bank is a question that loads."""
    assert [str(fault) for fault in BANK.faults()] == []


@pytest.mark.parametrize("name", BANK.ids)
def test_a_question_is_proven(name: str) -> None:
    """The proof beside it belongs to these very files and packages; else: `grade verify ID`."""
    assert state_of(BANK.find(name)) is State.PROVEN


@pytest.mark.parametrize("name", BANK.ids)
def test_a_question_is_sound(name: str) -> None:
    """Right solutions are accepted; wrong ones, trivial answers and a sample of the mutants are not."""
    assert try_question(BANK.find(name), seed=20, quick=True).faults == ()
