"""Public checks of `dynamic-batching`: the interface by small examples."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


class Simulation(asyncio.BaseEventLoop):
    """An event loop without sockets, whose clock jumps to the next timer."""

    def __init__(self):
        super().__init__()
        self.now = 100.0
        self._selector = self

    def time(self):
        return self.now

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError("everybody waits, and there is no timer")
        self.now += timeout
        return []

    def _process_events(self, events):
        pass


def double_all(submission, inputs, gap, max_batch, max_wait):
    """Let callers come one after the other; tell batches and outputs, each with its time."""
    calls = []

    async def double(batch):
        calls.append((asyncio.get_running_loop().time() - 100, list(batch)))
        await asyncio.sleep(0.125)
        return [2 * x for x in batch]

    async def main():
        batcher = submission.Batcher(double, max_batch, max_wait)
        callers = []
        for x in inputs:
            callers.append(asyncio.create_task(batcher.submit(x)))
            await asyncio.sleep(gap)
        outputs = [await caller for caller in callers]
        await batcher.close()
        return outputs

    with asyncio.Runner(loop_factory=Simulation) as runner:
        return runner.run(main()), calls


def test_two_and_one(solution):
    outputs, calls = solution.run(double_all, [1, 5, 7], 0.0, 2, 0.5)
    assert_equal(outputs, [2, 10, 14])
    assert_close(calls, [(0.0, [1, 5]), (0.5, [7])], atol=1e-6)


@given(inputs=st.lists(st.integers(0, 9), min_size=1, max_size=6))
@settings(max_examples=10)
def test_slow_callers_are_served_alone(solution, inputs):
    outputs, calls = solution.run(double_all, inputs, 2.0, 4, 0.25)
    assert_equal(outputs, [2 * x for x in inputs])
    assert_close(calls, [(0.25 + 2.0 * n, [x]) for n, x in enumerate(inputs)], atol=1e-6)


def test_settings_that_make_no_sense(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.Batcher(None, 0, 1.0)
