"""Public checks of `training-monitor`: the interface by small examples."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close


def log_one_epoch(submission, adds):
    """Tell the means of one epoch, and what was written."""
    sink, times = io.StringIO(), iter([10.0, 12.5])
    log = submission.MetricLog(sink, lambda: next(times))
    for name, value, n in adds:
        log.add(name, value, n)
    return log.epoch(), sink.getvalue()


def lower(submission, values):
    plateau = submission.Plateau(1.0, factor=0.5, patience=1)
    return [plateau.step(value) for value in values]


def test_the_example_of_the_statement(solution):
    means, written = solution.run(log_one_epoch, [("loss", 2.0, 3), ("loss", 4.0, 1)])
    assert_close(means, {"loss": 2.5})
    assert written.endswith("\n")
    assert json.loads(written) == {"epoch": 0, "time": 2.5, "metrics": {"loss": 2.5}}


def test_the_second_bad_epoch_lowers_the_rate(solution):
    assert_close(solution.run(lower, [3.0, 2.0, 2.0, 2.5, 1.0]), [1.0, 1.0, 1.0, 0.5, 0.5])


@given(peak=st.floats(0.1, 10))
@settings(max_examples=10)
def test_the_schedule_has_its_peak_after_the_warm_up(solution, peak):
    assert_close(solution.warmup_cosine(6, 4, 8, 1.0), 0.5)
    assert_close(solution.warmup_cosine(4, 4, 8, peak), peak)


def test_no_samples_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(log_one_epoch, [("loss", 2.0, 0)])
