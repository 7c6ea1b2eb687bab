"""What the examples it took to find a mistake tell of the seeds that would not find it."""

from __future__ import annotations

import numpy as np
import pytest

from grader.proof.luck import chance_to_pass
from grader.proof.workbench import Trial, made
from grader.proof.wrong import _lucky_fault
from grader.question import Visibility
from grader.verdict import Outcome, RawResult, Run

DRAWN = 20
FIXED, LATE = (0, 0), (DRAWN, DRAWN)


def trial(**checks: tuple[bool, int, int]) -> Trial:
    """A run of checks: whether each failed, on how many examples it was run, of how many."""
    results = tuple(
        RawResult(name, Visibility.HIDDEN, Outcome.FAILED if failed else Outcome.PASSED, tried=tried, drawn=drawn)
        for name, (failed, tried, drawn) in checks.items()
    )
    return Trial(made("wrong.py", ""), 7, Run(results), defined=True)


def test_the_first_example_that_fails_tells_the_chance() -> None:
    """Found after 4, 6, 5, 3 and 2 of 20 examples: a quarter of them show it, and 0.75 ** 20 of the seeds do not."""
    trials = [trial(a=(True, tried, DRAWN)) for tried in (4, 6, 5, 3, 2)]

    assert chance_to_pass(trials) == pytest.approx(0.75**DRAWN)


def test_a_seed_that_let_it_pass_counts_with_all_its_examples() -> None:
    trials = [*(trial(a=(True, 5, DRAWN)) for _ in range(4)), trial(a=(False, *LATE))]

    assert chance_to_pass(trials) == pytest.approx((1 - 4 / 40) ** DRAWN)


def test_the_surest_check_decides() -> None:
    """One that draws nothing and always fails leaves no chance, whatever the others say."""
    trials = [trial(a=(True, 15, DRAWN), b=(True, *FIXED)) for _ in range(5)]

    assert chance_to_pass(trials) == 0
    assert chance_to_pass([trial(a=(True, 1, DRAWN)) for _ in range(5)]) == 0


def test_of_a_check_without_examples_its_runs_are_counted() -> None:
    trials = [trial(a=(number > 0, *FIXED)) for number in range(8)]

    assert chance_to_pass(trials) == pytest.approx(1 / 8)


def test_nothing_is_said_after_a_few_runs_and_one_that_always_passes_has_every_chance() -> None:
    assert chance_to_pass([trial(a=(True, 1, DRAWN))] * 4) is None
    assert chance_to_pass([trial(a=(False, *LATE))] * 5) == 1


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_the_estimate_is_right_in_the_middle(share: float) -> None:
    """Of a mistake that shows in a known share of the examples, over many proofs of twenty seeds."""
    rng = np.random.default_rng(15)

    def proof() -> float:
        first = rng.geometric(share, 20)
        told = chance_to_pass([trial(a=(bool(n <= DRAWN), min(int(n), DRAWN), DRAWN)) for n in first])
        assert told is not None
        return told

    assert np.median([proof() for _ in range(400)]) == pytest.approx((1 - share) ** DRAWN, rel=0.25)


def test_luck_is_a_fault_where_a_seed_shows_it_or_one_in_twenty_would() -> None:
    found, missed = trial(a=(True, 9, DRAWN)), trial(a=(False, *LATE))

    assert "1 of 2 seeds let it pass, as --seed 7 shows" in _lucky_fault("wrong/a.py", [found, missed], 0.3)
    assert "8% of all seeds would let it pass" in _lucky_fault("wrong/a.py", [found] * 20, 0.08)
    assert _lucky_fault("wrong/a.py", [found] * 20, 0.04) == ""
    assert _lucky_fault("wrong/a.py", [missed] * 20, 1.0) == ""
    assert _lucky_fault("wrong/a.py", [found], None) == ""
