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
    """Found after 5, 7, 6, 4 and 3 of 20 examples: never by the simplest, and a quarter of the others show it."""
    trials = [trial(a=(True, tried, DRAWN)) for tried in (5, 7, 6, 4, 3)]

    assert chance_to_pass(trials) == pytest.approx(0.75 ** (DRAWN - 1))


def test_the_simplest_example_stands_for_itself() -> None:
    """A mistake that every other example shows leaves no chance; one that the simplest shows at times leaves some."""
    assert chance_to_pass([trial(a=(True, 2, 2)) for _ in range(5)]) == 0
    assert chance_to_pass([trial(a=(True, 1, DRAWN)) for _ in range(5)]) == 0
    mixed = [*(trial(a=(True, 1, DRAWN)) for _ in range(3)), trial(a=(False, *LATE)), trial(a=(False, *LATE))]
    assert chance_to_pass(mixed) == pytest.approx(2 / 5)


def test_a_seed_that_let_it_pass_counts_with_all_its_examples() -> None:
    trials = [*(trial(a=(True, 6, DRAWN)) for _ in range(4)), trial(a=(False, *LATE))]

    assert chance_to_pass(trials) == pytest.approx((1 - 4 / 39) ** (DRAWN - 1))


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
        first = 1 + rng.geometric(share, 20)  # the simplest never shows it
        told = chance_to_pass([trial(a=(bool(n <= DRAWN), min(int(n), DRAWN), DRAWN)) for n in first])
        assert told is not None
        return told

    assert np.median([proof() for _ in range(400)]) == pytest.approx((1 - share) ** (DRAWN - 1), rel=0.25)


def test_luck_is_a_fault_where_a_seed_shows_it() -> None:
    found, missed = trial(a=(True, 9, DRAWN)), trial(a=(False, *LATE))

    assert "1 of 2 seeds let it pass, as --seed 7 shows" in _lucky_fault("wrong/a.py", [found, missed])
    assert _lucky_fault("wrong/a.py", [found] * 20) == ""
    assert _lucky_fault("wrong/a.py", [missed] * 20) == ""
