"""Public checks of `gradient-accumulation`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, hint, points


def squares(out, y):
    """Give the sum of squared errors, and their number."""
    return (out - y).square().sum(), y.numel()


def split_or_not(submission, seed, sizes):
    torch.manual_seed(seed)
    x, y = torch.randn(sum(sizes), 3), torch.randn(sum(sizes), 1)
    results = []
    for parts in (sizes, [sum(sizes)]):
        torch.manual_seed(seed)
        model = nn.Linear(3, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        batches = zip(x.split(parts), y.split(parts), strict=True)
        loss, norm = submission.accumulate_step(model, opt, batches, squares)
        results.append((loss, norm, model.weight.detach().clone()))
    return results


def meter(submission):
    times = iter([100.0, 103.0, 104.0, 106.0])
    throughput = submission.Throughput(lambda: next(times), warmup=1)
    throughput.step(8)
    throughput.step(8)
    first = throughput.rate()
    throughput.step(4)
    return first, throughput.rate()


@points(0, group="one step", group_zh="一步训练")
@hint(en="How the batch is cut must not matter.", zh="批次怎么切，结果都应一样。")
@given(seed=st.integers(0, 1000), sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4))
@settings(max_examples=6, deadline=None)
def test_the_cuts_do_not_matter(solution, seed, sizes):
    cut, whole = solution.run(split_or_not, seed, sizes)
    assert cut[0] > 0
    assert_close(cut, whole, rtol=1e-4)


@points(0, group="throughput", group_zh="吞吐量")
@hint(en="Warm-up counts neither as samples nor as time.", zh="预热的样本和时间都不计入。")
def test_the_rate_of_the_example(solution):
    assert_close(solution.run(meter), (8.0, 4.0))
