"""Public checks of `causal-lm-loss`: they show the interface."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, hint, points

LOGITS = torch.tensor([[[1.0, 0.0], [0.0, 3.0], [9.0, 0.0]]])
IDS = torch.tensor([[0, 1, 0]])


@points(0, group="the loss", group_zh="损失")
@hint(en="Three tokens make two predictions.", zh="三个词元构成两个预测。")
def test_losses_of_the_example(solution):
    whole, shorter = torch.tensor([[1, 1, 1]]), torch.tensor([[1, 1, 0]])
    assert_close(solution.causal_lm_loss(LOGITS, IDS, whole), torch.tensor(2.1809), rtol=1e-4)
    assert_close(solution.causal_lm_loss(LOGITS, IDS, shorter), torch.tensor(1.3133), rtol=1e-4)
    assert_close(solution.perplexity([(LOGITS, IDS, shorter)]), 1 + math.e, rtol=1e-5)


@points(0, group="the loss", group_zh="损失")
@hint(en="Who knows nothing chooses among all tokens alike.", zh="一无所知的模型，对所有词元一视同仁。")
@given(rows=st.integers(1, 3), length=st.integers(2, 5), words=st.integers(2, 9))
@settings(max_examples=6, deadline=None)
def test_equal_logits_have_the_perplexity_of_the_vocabulary(solution, rows, length, words):
    logits, ids = torch.zeros(rows, length, words), torch.ones(rows, length, dtype=torch.int64)
    mask = torch.ones(rows, length, dtype=torch.bool)
    assert_close(solution.causal_lm_loss(logits, ids, mask), torch.tensor(math.log(words)))
    assert_close(solution.perplexity([(logits, ids, mask)]), float(words), rtol=1e-5)
