"""Public checks of `extractive-qa`: they show the interface."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, hint, points

CONTEXT = "北京 is large"
OFFSETS = [None, (0, 1), (1, 2), (3, 5), (6, 11), None]


@points(0, group="the best span", group_zh="最佳片段")
@hint(en="The best start and the best end need not go together.", zh="最好的起点和最好的终点不一定能配成一对。")
def test_span_of_the_example(solution):
    start, end = np.array([9.0, 1.0, 3.0, 0.0]), np.array([9.0, 4.0, 1.0, 2.0])
    assert_equal(solution.best_span(start, end, np.array([False, True, True, True]), 3), (1, 1, 5.0))
    assert_equal(solution.best_span(start, end, np.zeros(4, dtype=bool), 3), None)


@points(0, group="tokens and characters", group_zh="词元与字符")
@hint(en="Character 3 is the i of `is`.", zh="第 3 个字符是 `is` 的 i。")
def test_characters_of_the_example(solution):
    assert_equal(solution.char_to_token(OFFSETS, 0, 4), (1, 3))
    assert_equal(solution.answer_text(CONTEXT, OFFSETS, 1, 3), "北京 is")


@points(0, group="the best span", group_zh="最佳片段")
@hint(en="Spans of one token.", zh="只含一个词元的片段。")
@given(seed=st.integers(0, 1000), tokens=st.integers(1, 8))
@settings(max_examples=6, deadline=None)
def test_spans_of_one_token(solution, seed, tokens):
    scores = np.random.default_rng(seed).permutation(tokens).astype(float)
    best = int(scores.argmax())
    span = solution.best_span(scores, scores, np.ones(tokens, dtype=bool), 1)
    assert_equal(span, (best, best, 2.0 * scores[best].item()))
