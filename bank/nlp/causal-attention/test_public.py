"""Public checks of `causal-attention`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, hint, points


@points(0, group="values", group_zh="数值")
@hint(en="With equal scores, attention is a mean.", zh="分数都相等时，注意力就是求平均。")
def test_equal_scores_give_running_means(solution):
    q = torch.zeros(1, 1, 3, 2)
    k = torch.ones(1, 1, 3, 2)
    v = torch.tensor([[[[2.0], [4.0], [9.0]]]])
    assert_close(solution.attention(q, k, v), torch.tensor([[[[2.0], [3.0], [5.0]]]]))
    assert_close(solution.attention(q, k, v, causal=False), torch.full((1, 1, 3, 1), 5.0))


@points(0, group="padding", group_zh="填充")
@hint(en="True marks a real token.", zh="True 表示真实的词元。")
def test_padding_is_left_out(solution):
    q, k = torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 3, 2)
    v = torch.tensor([[[[2.0], [4.0], [9.0]]]])
    mask = torch.tensor([[True, False, True]])
    assert_close(solution.attention(q, k, v, mask), torch.tensor([[[[5.5]]]]))


@points(0, group="values", group_zh="数值")
@hint(en="There is only one thing to attend to.", zh="只有一个可以关注的对象。")
@given(seed=st.integers(0, 1000), heads=st.integers(1, 3), queries=st.integers(1, 4))
@settings(max_examples=10, deadline=None)
def test_a_single_key_gives_its_value(solution, seed, heads, queries):
    torch.manual_seed(seed)
    q, k, v = torch.randn(2, heads, queries, 3), torch.randn(2, heads, 1, 3), torch.randn(2, heads, 1, 5)
    assert_close(solution.attention(q, k, v, causal=False), v.expand(2, heads, queries, 5).contiguous())
