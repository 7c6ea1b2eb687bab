"""Public checks of `dialogue-context`: they show the interface."""

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, hint, points

NO_LABEL = -100  # variant: no_label

TURNS = [("user", [5, 6]), ("assistant", [7]), ("user", [8, 9]), ("assistant", [4, 3])]


@points(0, group="one example", group_zh="单个样本")
@hint(en="Eleven ids, eight, five.", zh="十一个 id，八个，五个。")
def test_the_dialogue_of_the_example(solution):
    whole = [5, 6, 0, 7, 0, 8, 9, 0, 4, 3, 0]
    assert_equal(solution.build(TURNS, 0, 20), (whole, [NO_LABEL] * 8 + [4, 3, 0]))
    assert_equal(solution.build(TURNS, 0, 9), (whole[3:], [NO_LABEL] * 5 + [4, 3, 0]))
    assert_equal(solution.build(TURNS, 0, 5), (whole[6:], [NO_LABEL] * 2 + [4, 3, 0]))


@points(0, group="batches", group_zh="批次")
@hint(en="Filled up at the right.", zh="在右边补齐。")
def test_the_batch_of_the_example(solution):
    rows = [([7, 0], [7, 0]), ([8, 1, 0], [NO_LABEL, 1, 0])]
    expected = ([[7, 0, 0], [8, 1, 0]], [[7, 0, NO_LABEL], [NO_LABEL, 1, 0]], [[1, 1, 0], [1, 1, 1]])
    assert_equal(solution.collate(rows, 0), expected)


@points(0, group="all examples", group_zh="全部样本")
@hint(en="One for each turn of the assistant.", zh="assistant 的每一轮一个。")
@given(replies=st.integers(0, 4))
@settings(max_examples=5, deadline=None)
def test_one_example_for_each_reply(solution, replies):
    turns = [("user", [5]), ("assistant", [6])] * replies
    found = solution.examples(turns, 0, 100)
    assert_equal([ids for ids, _ in found], [[5, 0, 6, 0] * (i + 1) for i in range(replies)])
