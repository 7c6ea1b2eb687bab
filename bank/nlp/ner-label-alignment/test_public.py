"""Public checks of `ner-label-alignment`: they show the interface."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, points

NO_LABEL = -100  # variant: no_label

NAMES = ["O", "B-PER", "I-PER"]
WORD_IDS = [None, 0, 0, 1, 2, None]


@points(0, group="alignment", group_zh="对齐")
@hint(en="Two sub-tokens of word 0, one of each other word.", zh="词 0 有两个子词，其他词各一个。")
def test_alignment_of_the_example(solution):
    assert_equal(solution.align(WORD_IDS, [1, 2, 0], NAMES, "first"), [NO_LABEL, 1, NO_LABEL, 2, 0, NO_LABEL])
    assert_equal(solution.align(WORD_IDS, [1, 2, 0], NAMES, "all"), [NO_LABEL, 1, 2, 2, 0, NO_LABEL])


@points(0, group="entities", group_zh="实体")
@hint(en="The end is the position after the last word.", zh="终点是最后一个词之后的位置。")
def test_spans_of_the_example(solution):
    assert_equal(solution.spans(["B-PER", "I-PER", "O", "I-LOC"]), [("PER", 0, 2), ("LOC", 3, 4)])
    assert_equal(solution.span_f1([["B-PER", "I-PER", "O"]], [["B-PER", "O", "B-LOC"]]), 0.0)


@points(0, group="the loss", group_zh="损失")
@hint(en="One label, two classes.", zh="一个标签，两个类别。")
def test_loss_of_the_example(solution):
    logits = np.array([[[0.0, 0.0], [5.0, 1.0]]])
    assert_close(solution.token_loss(logits, [[1, NO_LABEL]]), math.log(2))


@points(0, group="entities", group_zh="实体")
@hint(en="Nothing is missing, nothing is too much.", zh="既不缺，也不多。")
@given(bio=st.lists(st.sampled_from(["O", "B-PER", "B-LOC"]), max_size=6))
@settings(max_examples=6, deadline=None)
def test_equal_sentences_have_an_f1_of_one(solution, bio):
    assert_equal(solution.span_f1([bio], [bio]), 1.0)
