"""Public checks of `int8-linear`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points


def both_results(submission, seed, rows):
    torch.manual_seed(seed)
    linear = nn.Linear(64, 16)
    x = torch.randn(rows, 64)
    return submission.QuantLinear.from_float(linear)(x), linear(x).detach()


def types_of_a_small_net(submission):
    model = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    model = submission.quantize_model(model)
    return [type(module).__name__ for module in model], model(torch.zeros(3, 8)).shape == (3, 2)


@points(0, group="codes and scales", group_zh="编码与 scale")
@hint(en="One scale per row.", zh="每行一个 scale。")
def test_scale_and_codes_of_one_row(solution):
    x = torch.tensor([[254.0, -127.0, 3.0, 5.0]])
    scale = solution.row_scale(x)
    assert_close(scale, torch.tensor([[2.0]]))
    assert_equal(solution.quantize(x, scale), torch.tensor([[127, -64, 2, 2]], dtype=torch.int8))


@points(0, group="integer products", group_zh="整数乘积")
@hint(en="The result is int32.", zh="结果是 int32。")
@given(a=st.integers(-128, 127), b=st.integers(-128, 127))
@settings(max_examples=20, deadline=None)
def test_product_of_two_numbers(solution, a, b):
    product = solution.int8_matmul(torch.tensor([a], dtype=torch.int8), torch.tensor([[b]], dtype=torch.int8))
    assert_equal(product, torch.tensor([a * b], dtype=torch.int32))


@points(0, group="the layer", group_zh="量化层")
@hint(en="Compare with the float layer.", zh="与浮点层比较。")
@given(seed=st.integers(0, 1000), rows=st.integers(1, 5))
@settings(max_examples=10, deadline=None)
def test_layer_is_near_the_float_layer(solution, seed, rows):
    quantised, exact = solution.run(both_results, seed, rows)
    assert_close(quantised, exact, rtol=0.05)


@points(0, group="the model", group_zh="整个模型")
@hint(en="Replace the layers where they are registered.", zh="在注册的位置替换。")
def test_layers_of_a_small_net_are_replaced(solution):
    names, runs = solution.run(types_of_a_small_net)
    assert names == ["QuantLinear", "ReLU", "QuantLinear"]
    assert runs
