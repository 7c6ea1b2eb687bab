"""Public checks of `data-parallel`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def run_ring(submission, vectors):
    """Let all ranks exchange messages until they end; return what they return, and how many rounds there were."""
    world = len(vectors)
    workers = [submission.ring_worker(rank, world, vector) for rank, vector in enumerate(vectors)]
    inbox, rounds = [None] * world, 0
    while rounds <= 2 * world:
        outbox, results = [], []
        for worker, received in zip(workers, inbox, strict=True):
            try:
                outbox.append(worker.send(received).copy())
            except StopIteration as end:
                results.append(end.value)
        if results:
            return results, rounds
        inbox, rounds = outbox[-1:] + outbox[:-1], rounds + 1
    return [], rounds


def test_the_example_of_the_statement(solution):
    shards = [solution.shard_indices(5, 2, rank, epoch=1, seed=7) for rank in range(2)]
    assert_equal(shards, [np.array([3, 2, 4]), np.array([0, 1, 3])])
    grads = [[np.array([0.0, 4.0]), None], [np.array([4.0, 8.0]), np.array([2.0])]]
    assert_close(solution.reduce_grads(grads, [1, 3]), [np.array([3.0, 7.0]), np.array([1.5])])


@given(n=st.integers(1, 30), world=st.integers(1, 5), epoch=st.integers(0, 9))
@settings(max_examples=15)
def test_every_sample_is_read_by_somebody(solution, n, world, epoch):
    shards = [solution.shard_indices(n, world, rank, epoch, 0).tolist() for rank in range(world)]
    assert set().union(*shards) == set(range(n))


def test_nothing_to_reduce_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.reduce_grads([], [])


def test_three_ranks_add_up_six_numbers_in_four_rounds(solution):
    vectors = [np.arange(6.0), np.ones(6), np.full(6, 10.0)]
    results, rounds = solution.run(run_ring, vectors)
    assert_close(results, [np.arange(11.0, 17.0)] * 3)
    assert rounds == 4
