"""Public checks of `transfer-freeze-head`: they show the interface."""

import torch
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points


def make_backbone():
    return nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())


def look(submission):
    model, groups = submission.adapt(make_backbone(), 3, 2, unfreeze_last=1, lr=0.1)
    return {
        "counts": [len(group["params"]) for group in groups],
        "rates": [group["lr"] for group in groups],
        "modes": [module.training for module in model.backbone],
        "flags": [p.requires_grad for p in model.backbone.parameters()],
        "logits": model(torch.randn(5, 2, 2)).shape[1],
    }


def cache(submission):
    model, _ = submission.adapt(make_backbone(), 3, 2)
    X = torch.randn(5, 2, 2)
    features = submission.cache_features(model, X, 2)
    return model.head(features), model.eval()(X)


@points(0, group="the model", group_zh="模型")
@hint(en="What is trained, and at which rate?", zh="哪些参数参与训练，学习率是多少？")
def test_the_example(solution):
    told = solution.run(look)
    assert_close(told.pop("rates"), [0.1, 0.01], rtol=1e-9)
    assert_equal(
        told,
        {
            "counts": [2, 2],
            "modes": [False, False, True, True],
            "flags": [False, False, True, True],
            "logits": 2,
        },
    )


@points(0, group="cached features", group_zh="缓存的特征")
@hint(en="Features are those of eval mode.", zh="特征取 eval 模式下的。")
def test_cached_features_give_the_same_logits(solution):
    cached, direct = solution.run(cache)
    assert_close(cached, direct)
