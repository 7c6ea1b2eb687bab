"""Public checks of `bert-finetune-loop`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points


class Classifier(nn.Module):
    """Averages the vectors of the tokens."""

    def __init__(self):
        super().__init__()
        self.tokens, self.norm, self.head = nn.Embedding(9, 4), nn.LayerNorm(4), nn.Linear(4, 2)

    def forward(self, input_ids):
        return self.head(self.norm(self.tokens(input_ids).mean(dim=1)))


def sort_parameters(submission):
    model = Classifier()
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = submission.param_groups(model, 0.1)
    return [([names[id(parameter)] for parameter in group["params"]], group["weight_decay"]) for group in groups]


def learn(submission):
    torch.manual_seed(1)
    batch = {"input_ids": torch.tensor([[1, 2], [3, 4]]), "labels": torch.tensor([0, 1])}
    return submission.finetune(Classifier(), [batch], 12, 3, 0.1, 0.01, 1.0)


@points(0, group="the schedule", group_zh="学习率")
@hint(en="Up in two steps, down in four.", zh="两步上升，四步下降。")
def test_rates_of_the_example(solution):
    rates = [solution.lr_at(step, 6, 2, 1.0) for step in range(7)]
    assert_close(rates, [0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0])


@points(0, group="groups", group_zh="分组")
@hint(en="Two weights decay.", zh="有两个权重会衰减。")
def test_groups_of_a_small_classifier(solution):
    groups = solution.run(sort_parameters)
    assert_equal(groups, [(["tokens.weight", "head.weight"], 0.1), (["norm.weight", "norm.bias", "head.bias"], 0.0)])


@points(0, group="the loop", group_zh="循环")
@hint(en="Twelve steps on one batch.", zh="在一个批次上走十二步。")
def test_the_loss_falls(solution):
    history = solution.run(learn)
    assert sorted(history) == ["loss", "lr", "norm"]
    assert all(len(entries) == 12 for entries in history.values())
    assert history["loss"][-1] < history["loss"][0] / 2


@points(0, group="the schedule", group_zh="学习率")
@hint(en="Without warm-up it only falls.", zh="没有预热时只会下降。")
@given(total=st.integers(1, 20))
@settings(max_examples=5, deadline=None)
def test_without_warm_up(solution, total):
    assert_close(solution.lr_at(0, total, 0, 0.5), 0.5)
    assert_close(solution.lr_at(total, total, 0, 0.5), 0.0)
