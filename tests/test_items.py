"""Item statistics: known figures are met, planted faults are found in a large class and never called in a small one."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from cohorts import simulated
from hypothesis import given
from hypothesis import strategies as st
from test_cli import assert_told, grade
from test_report_samples import EMPTY, hidden, verdict

from grader.errors import InputError
from grader.gradebook import Grade, Gradebook, Sheet
from grader.intervals import ENOUGH, LEVEL, median, wilson
from grader.records import BatchFolder, BatchRecord, Entry
from grader.takehome.cohort import check_columns, read_cohort, variants_of
from grader.takehome.items import Column, Finding, analyse
from grader.takehome.siblings import compare
from grader.takehome.statistics import statistics_of
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from pathlib import Path

    from grader.takehome.items import Figures

CLASSES = 100


def found(count: int, *kinds: str, classes: int = CLASSES) -> Counter[tuple[str, Finding]]:
    """How often each finding was called on each kind of item, over so many simulated classes."""
    called: Counter[tuple[str, Finding]] = Counter()
    for seed in range(classes):
        figures = analyse("a class", simulated(count, *kinds, seed=seed))  # type: ignore[arg-type]  # of its kinds
        called.update((item.name.partition("-")[0], each) for item in figures.items for each in item.findings)
    return called


# --- planted faults --------------------------------------------------------------------------------------------------


def test_planted_faults_are_found_in_a_class_of_200() -> None:
    """What nobody passes and what the able fail: always. What measures something else: four times of five."""
    called = found(200, "nobody", "negative", "alien")

    assert called["nobody", Finding.NOBODY] == CLASSES
    assert called["negative", Finding.NEGATIVE] == CLASSES
    assert called["alien", Finding.WEAK] + called["alien", Finding.NEGATIVE] >= 0.8 * CLASSES


def test_nothing_is_called_in_a_class_of_15() -> None:
    """Not even what nobody passes; and there is no correlation, alpha or error to be misread."""
    assert not found(15, "nobody", "negative", "alien")
    small = analyse("a class", simulated(15))
    assert (small.alpha, small.error, small.total) == (None, None, None)
    assert all(item.discrimination is None and item.difficulty is not None for item in small.items)


@pytest.mark.parametrize("count", [30, 60, 200])
def test_good_items_are_hardly_ever_called(count: int) -> None:
    """Of 1500 good items, at most one in a hundred is called by its correlation; none is called passed by nobody."""
    called = found(count)
    wrong = called["good", Finding.NEGATIVE] + called["good", Finding.WEAK]

    assert wrong <= 0.01 * CLASSES * 15
    assert not called["good", Finding.NOBODY]


def test_an_easy_item_is_called_when_all_of_a_large_class_pass() -> None:
    column = Column("a", 1.0, [1.0] * 200)

    assert analyse("a class", [column, *simulated(200)]).items[0].findings == (Finding.EASY,)


# --- known figures ---------------------------------------------------------------------------------------------------


def test_alpha_and_correlations_are_those_of_the_textbook() -> None:
    """The formulas written out again, one item at a time."""
    columns = simulated(80, good=6, seed=3)
    points = np.array([column.points for column in columns])
    figures = analyse("a class", columns)
    total = points.sum(axis=0)
    variances = [float(row.var(ddof=1)) for row in points]
    alpha = 6 / 5 * (1 - sum(variances) / float(total.var(ddof=1)))

    assert figures.alpha is not None
    assert figures.error is not None
    assert figures.alpha.value == pytest.approx(alpha)
    assert figures.error.value == pytest.approx(float(total.std(ddof=1)) * math.sqrt(1 - alpha))
    for item, row in zip(figures.items, points, strict=True):
        rest = total - row
        without = 5 / 4 * (1 - (sum(variances) - float(row.var(ddof=1))) / float(rest.var(ddof=1)))
        assert item.discrimination is not None
        assert item.discrimination.value == pytest.approx(float(np.corrcoef(row, rest)[0, 1]))
        assert item.alpha_without == pytest.approx(without)
        assert item.difficulty is not None
        assert item.difficulty.value == pytest.approx(float(row.mean()))


def test_partial_credit_has_a_difficulty_too() -> None:
    draw = np.random.default_rng(1)
    able = draw.random(60)
    columns = [Column(f"q{n}", 10.0, [float(round(10 * a * draw.random(), 1)) for a in able]) for n in range(3)]
    item = analyse("a form", columns).items[0]

    assert item.difficulty is not None
    assert item.difficulty.value == pytest.approx(sum(columns[0].points) / 600)
    assert item.difficulty.low < item.difficulty.value < item.difficulty.high


def test_wilson_is_the_interval_of_the_paper() -> None:
    """Of 10 of 20: the roots of (p̂ − p)² = z² p (1 − p) / n, by bisection."""
    z = 1.6448536269514722

    def excess(p: float) -> float:
        return (0.5 - p) ** 2 - z**2 * p * (1 - p) / 20

    interval = wilson(10, 20)

    assert excess(interval.low) == pytest.approx(0, abs=1e-12)
    assert excess(interval.high) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("true", [0.3, 0.6])
@pytest.mark.parametrize("count", [30, 200])
def test_the_interval_of_a_share_covers_it(true: float, count: int) -> None:
    """About nine times of ten, over 2000 classes."""
    draw = np.random.default_rng(5)
    intervals = [wilson(int(passed), count) for passed in draw.binomial(count, true, size=2000)]
    covered = sum(each.low <= true <= each.high for each in intervals) / 2000

    assert LEVEL - 0.03 < covered < LEVEL + 0.05


@pytest.mark.parametrize("count", [30, 100])
def test_the_intervals_of_correlation_and_alpha_cover_them(count: int) -> None:
    """Eight of ten times at least: what a class of a hundred thousand has."""
    truth = analyse_large()
    covered = Counter[str]()
    for seed in range(CLASSES):
        figures = analyse("a class", alike(count, seed))
        assert figures.alpha is not None
        assert truth.alpha is not None
        covered["alpha"] += figures.alpha.low <= truth.alpha.value <= figures.alpha.high
        first, true = figures.items[0].discrimination, truth.items[0].discrimination
        assert first is not None
        assert true is not None
        covered["r"] += first.low <= true.value <= first.high

    assert covered["alpha"] >= 0.8 * CLASSES
    assert covered["r"] >= 0.8 * CLASSES


def alike(count: int, seed: int) -> list[Column]:
    """A class that answers ten items, all of the same kind."""
    draw = np.random.default_rng(seed)
    able = draw.normal(size=count)
    return [Column(f"i{n}", 1.0, (able + draw.logistic(size=count) > 0).astype(float).tolist()) for n in range(10)]


def analyse_large() -> Figures:
    return analyse("the truth", alike(20_000, 12345))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=80))
def test_a_median_lies_in_its_interval(values: list[float]) -> None:
    """The ends are values that were seen; of fewer than five, nothing is said."""
    estimate = median(values)

    assert (estimate is None) == (len(values) < 5)
    if estimate is not None:
        assert estimate.low <= estimate.value <= estimate.high
        assert {estimate.low, estimate.high} <= set(values)


# --- from batches ----------------------------------------------------------------------------------------------------


def batch(root: Path, count: int, question: str = "nlp/masked-pooling", suite: str = "0", start: int = 0) -> Path:
    """A folder of verdicts, as `grade batch` leaves it: check 0 is passed by nobody."""
    rows = list(zip(*(column.points for column in simulated(count, good=6, seed=7)), strict=True))
    entries = tuple(Entry(candidate=f"c{start + n:03}", question=question, path=f"{n}.py") for n in range(count))
    folder = BatchFolder(root)
    folder.begin(
        BatchRecord(seed=1, source="submissions", suites={question: {"test_hidden.py": suite}}, entries=entries)
    )
    for entry, row in zip(entries, rows, strict=True):
        outcomes = [Outcome.FAILED, *(Outcome.PASSED if each else Outcome.FAILED for each in row)]
        checks = tuple(hidden(f"test_{n}", EMPTY, outcome, 2, seconds=0.25) for n, outcome in enumerate(outcomes))
        points, most = sum(check.points for check in checks), sum(check.max_points for check in checks)
        drawn = verdict(Status.PARTIAL, checks=checks, question=question, seconds=1.0)
        folder.keep(entry, drawn.model_copy(update={"points": points, "max_points": most}))
    return root


def test_checks_of_a_batch_are_its_items(tmp_path: Path) -> None:
    statistics = statistics_of(read_cohort([batch(tmp_path / "a", 80)]))
    (figures,) = statistics.questions

    assert figures.candidates == 80
    assert [item.name for item in figures.items] == [f"test_{n}" for n in range(7)]
    assert figures.items[0].findings == (Finding.NOBODY,)
    assert figures.items[0].seconds is not None
    assert figures.items[0].seconds.value == 0.25
    assert not statistics.forms


def test_partial_points_of_a_check_count() -> None:
    """An answer in words may have a part of a check's points; a check without points is passed or not."""
    half = hidden("test_a", EMPTY, Outcome.FAILED, 2).model_copy(update={"points": 1.0})
    free = hidden("test_b", EMPTY, Outcome.PASSED, 0)
    sheet = Sheet("q", (Grade("c", verdict(Status.PARTIAL, checks=(half, free))),))

    assert [(column.maximum, column.points) for column in check_columns(sheet)] == [(2, [1.0]), (1.0, [1.0])]


def test_questions_of_a_form_are_items_too(tmp_path: Path) -> None:
    """Candidates who answered the same questions are one form; one question alone is none."""
    folders = [batch(tmp_path / "a", 80), batch(tmp_path / "b", 60, "nlp/causal-attention")]
    statistics = statistics_of(read_cohort(folders))

    assert [(form.name, form.candidates) for form in statistics.forms] == [
        ("nlp/causal-attention + nlp/masked-pooling", 60)
    ]
    assert statistics.forms[0].alpha is not None


def test_an_interrupted_batch_says_what_is_missing(tmp_path: Path) -> None:
    root = batch(tmp_path / "a", 5)
    next((root / "verdicts").rglob("*.json")).unlink()

    assert statistics_of(read_cohort([root])).missing == 1


def test_batches_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    one, same = batch(tmp_path / "a", 5), batch(tmp_path / "b", 5)
    other = batch(tmp_path / "c", 5, suite="1", start=100)

    with pytest.raises(InputError, match="'c000' has an answer to nlp/masked-pooling here and in"):
        read_cohort([one, same])
    with pytest.raises(InputError, match="graded by another suite"):
        read_cohort([one, other])


def test_verdicts_of_different_checks_are_refused(tmp_path: Path) -> None:
    """A verdict that was put into the folder by hand, or is from before the suite was changed."""
    root = batch(tmp_path / "a", 5)
    folder = BatchFolder(root)
    odd = folder.record().entries[3]
    kept = folder.verdict(odd)
    folder.keep(odd, kept.model_copy(update={"checks": kept.checks[1:]}))

    with pytest.raises(InputError, match="'c003' and 'c000' were graded by different checks"):
        statistics_of(read_cohort([root]))


def test_the_command_tells_and_writes(tmp_path: Path) -> None:
    """A table for people, JSON and CSV for programs, one message for a folder that is none."""
    large, small = batch(tmp_path / "a", 80), batch(tmp_path / "b", 12)

    assert_told(grade("stats", large), 0, "80 candidates", "Worth a look", "nobody passes it", "standard error")
    assert_told(grade("stats", small), 0, f"Below {ENOUGH} candidates nothing is said")
    assert "Worth a look" not in grade("stats", small).stdout
    document = json.loads(grade("stats", large, "--format", "json").stdout)
    assert document["questions"][0]["items"][0]["findings"] == ["nobody"]
    rows = list(csv.DictReader(io.StringIO(grade("stats", large, "--format", "csv").stdout)))
    assert [row["item"] for row in rows] == [f"test_{n}" for n in range(7)]
    assert rows[0]["findings"] == "nobody"
    assert_told(grade("stats", tmp_path), 2, "no batch was graded here")


# --- variants --------------------------------------------------------------------------------------------------------


def variants(count: int, seed: int, unfair: float = 0.0) -> list[Finding]:
    """Deal four variants to a class; the last takes so much of everybody's points. Return what was called of each."""
    draw = np.random.default_rng(seed)
    able = draw.beta(4, 2, size=count)
    dealt = draw.permutation(np.arange(count) % 4)
    answers = {
        f"v{number}": [
            (float(np.clip(share + draw.normal(0, 0.1) - unfair * (number == 3), 0, 1)), 1.0)
            for share in able[dealt == number]
        ]
        for number in range(4)
    }
    return [finding for item in compare("a question", answers, 20.0).items for finding in item.findings]


def test_an_unfair_variant_is_found_in_a_class_of_200() -> None:
    """One that costs three tenths of the points: always. A quarter: nineteen times of twenty."""
    assert all(Finding.UNLIKE in variants(200, seed, unfair=0.3) for seed in range(CLASSES))
    assert sum(Finding.UNLIKE in variants(200, seed, unfair=0.25) for seed in range(CLASSES)) >= 0.95 * CLASSES


@pytest.mark.parametrize("count", [30, 60, 200])
def test_fair_variants_are_hardly_ever_called(count: int) -> None:
    """Of 400 fair ones, at most one in a hundred."""
    assert sum(len(variants(count, seed)) for seed in range(CLASSES)) <= 0.01 * 4 * CLASSES


def test_no_variant_is_called_in_a_class_of_15() -> None:
    """However unfair it is: there is no gap to be misread."""
    assert not any(variants(15, seed, unfair=0.6) for seed in range(CLASSES))
    small = compare("a question", {"a": [(1.0, 1.0)] * 8, "b": [(0.0, 1.0)] * 7}, 5.0)
    assert [(item.name, item.candidates, item.full, item.gap) for item in small.items] == [
        ("a", 8, 8, None),
        ("b", 7, 0, None),
    ]


def test_a_gap_is_the_difference_of_the_means() -> None:
    """Of one variant and all others together; with its interval."""
    figures = compare("a question", {"a": [(0.5, 1.0)] * 10 + [(0.7, 1.0)] * 10, "b": [(0.9, 1.0)] * 20}, 5.0)
    first, second = figures.items

    assert first.gap is not None
    assert second.gap is not None
    assert first.gap.value == pytest.approx(-0.3)
    assert first.gap.low < -0.3 < first.gap.high < -0.2
    assert second.gap.value == pytest.approx(0.3)
    assert first.findings == second.findings == (Finding.UNLIKE,)


def test_variants_are_told_by_their_verdicts() -> None:
    """Marks of several variants of one question stand together; a question without variants does not."""
    marks = [
        Grade(f"C-{index}", verdict(Status.ACCEPTED, question=name, variant_of=origin))
        for index, (name, origin) in enumerate([("f/a-1", "f/a"), ("f/a-2", "f/a"), ("f/a", ""), ("f/b", "")])
    ]

    found = variants_of(Gradebook(tuple(marks)))

    assert {origin: sorted(names) for origin, names in found.items()} == {"f/a": ["f/a", "f/a-1", "f/a-2"]}
