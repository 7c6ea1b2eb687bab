"""Every question of the bank is sound: its own solutions fare as their folders say."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.bank import load_bank
from grader.proof.trial import try_question

BANK = load_bank(Path(__file__).resolve().parent.parent / "bank")


def test_the_bank_has_no_faults() -> None:
    """Every folder of the bank is a question that loads."""
    assert [str(fault) for fault in BANK.faults()] == []


@pytest.mark.parametrize("name", BANK.ids)
def test_a_question_is_sound(name: str) -> None:
    """Right solutions are accepted, and wrong, slow and forbidden ones and the starter are not, each for its reason."""
    proof = try_question(BANK.find(name), seed=20)

    assert proof.faults == ()
    assert proof.proven
