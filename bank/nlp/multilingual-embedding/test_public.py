"""Public checks of `multilingual-embedding`: they show the interface."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, points

X = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
TURN = np.array([[0.0, 1.0], [-1.0, 0.0]])


@points(0, group="alignment", group_zh="对齐")
@hint(en="A turn by 90 degrees.", zh="旋转 90 度。")
def test_the_turn_of_the_example(solution):
    assert_close(solution.align(X, X @ TURN), TURN, rtol=1e-7)


@points(0, group="translation", group_zh="翻译")
@hint(en="Directions count, lengths do not.", zh="只看方向，不看长度。")
def test_translations_of_the_example(solution):
    V = np.array([[5.0, 0.0], [0.0, 7.0], [-0.1, 0.0]])
    assert_equal(solution.translate(X[:2], V, TURN, 2), np.array([[1, 0], [2, 1]]))


@points(0, group="hubs", group_zh="枢纽点")
@hint(en="One row, two columns.", zh="一行，两列。")
def test_hubs_of_the_example(solution):
    assert_close(solution.csls(np.array([[0.5, 0.25]]), 1), np.array([[0.0, -0.25]]))


@points(0, group="F1 per language", group_zh="各语言的 F1")
@hint(en="Each language on its own.", zh="各语言分别计算。")
@given(classes=st.lists(st.integers(0, 3), min_size=1, max_size=6))
@settings(max_examples=5, deadline=None)
def test_f1_of_right_answers(solution, classes):
    y = np.array(classes, dtype=np.int64)
    assert_equal(solution.macro_f1(y, y, ["en"] * len(y)), {"en": 1.0})
