"""The hidden suite: random batches, long and short, empty ones, ids that look like padding."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

sequences = st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=5)


def by_hand(batch, length, pad):
    """The oracle: for each place of the result, where its id comes from."""
    size = max(min(len(ids), length) for ids in batch) if batch else 0
    rows, masks = [], []
    for ids in batch:
        places = []
        for column in range(size):
            SLOT_oraclecode
            places.append(place)
        rows.append([pad if place is None else ids[place] for place in places])
        masks.append([int(place is not None) for place in places])
    return rows, masks


@points(4, group="rows", group_zh="各行")
@stated("rows", "cut", "padding", "mask")
@hint(en="Which ids are left of a long sequence, and on which side is padded?", zh="长序列留下哪些 id？在哪一侧补齐？")
@given(batch=sequences, pad=st.sampled_from([0, 3, -1]))
@settings(max_examples=30)
def test_batches(solution, batch, pad):
    for length in (1, 2, 3, 5, 20):
        assert_equal(solution.SLOT_function(batch, length, pad), by_hand(batch, length, pad))


@points(2, group="cutting", group_zh="截断")
@stated("cut", "mask")
@contract("cuts in the middle of long sequences, which are seldom drawn")
@hint(en="What is left of nine ids in five places?", zh="九个 id 放进五个位置，留下哪些？")
def test_long_sequences(solution):
    batch = [list(range(1, 10)), list(range(11, 17)), [7, 0], [0, 0, 0]]
    for length in (4, 5, 8, 9):
        assert_equal(solution.SLOT_function(batch, length, 0), by_hand(batch, length, 0))


@points(1, group="empty", group_zh="空输入")
@stated("empty", "padding")
@hint(en="How wide is a batch of nothing?", zh="空批次有多宽？")
def test_empty(solution):
    for batch in ([], [[]], [[], []], [[], [4]]):
        assert_equal(solution.SLOT_function(batch, 3, 9), by_hand(batch, 3, 9))


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("errors")
@hint(en="Which lengths make no sense, for an empty batch as well?", zh="哪些长度没有意义？空批次也检查了吗？")
@pytest.mark.parametrize("length", [0, -2])
def test_errors(solution, length):
    for batch in ([[1, 2]], []):
        with pytest.raises(ValueError):
            solution.SLOT_function(batch, length, 0)


def call_and_change(submission, batch, length):
    """Return what came out, after its rows have been changed, and the sequences."""
    rows, masks = submission.SLOT_function(batch, length, 0)
    kept = [row.copy() for row in rows], [mask.copy() for mask in masks]
    for row in (*rows, *masks):
        row.append(99)
    return kept, [len(row) for row in rows], batch


@points(1, group="arguments", group_zh="参数")
@stated("arguments")
@hint(en="Whose list is a row that needs no padding?", zh="不需要补齐的那一行是谁的列表？")
def test_sequences_stay(solution):
    batch = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]
    for length in (3, 9):
        kept, sizes, after = solution.run(call_and_change, batch, length)
        expected = by_hand(batch, length, 0)
        assert_equal(kept, expected)
        assert_equal((sizes, after), ([len(row) + 1 for row in expected[0]], batch))
