"""Public checks of `hpo-search`: they show the interface."""

import numpy as np

from grader.exam import assert_close, assert_equal, hint, points


def draw(submission):
    space = {"opt": ("choice", ["sgd", "adam"]), "momentum": ("if", "opt", "sgd", ("uniform", 0.5, 1.0))}
    return [submission.sample(space, np.random.default_rng(seed)) for seed in range(6)]


def search(submission):
    best, history = submission.random_search(
        lambda c: (c["x"] - 2) ** 2, {"x": ("int", 0, 4)}, 9, np.random.default_rng(0)
    )
    return best, history


def halve(submission):
    configs = [{"lr": 0.3}, {"lr": 0.1}, {"lr": 0.2}]
    return submission.halving(configs, lambda config, budget: config["lr"] / budget, 2, 2)


@points(0, group="drawing", group_zh="抽取")
@hint(en="What is conditional is there only if its condition is met.", zh="有条件的项只在条件成立时才出现。")
def test_conditional_values(solution):
    for config in solution.run(draw):
        assert config["opt"] in ("sgd", "adam")
        assert ("momentum" in config) == (config["opt"] == "sgd")


@points(0, group="searching", group_zh="搜索")
@hint(en="The best is the smallest of all.", zh="最佳是所有值中最小的。")
def test_the_best_of_nine(solution):
    best, history = solution.run(search)
    assert len(history) == 9
    assert best in history
    assert_equal(best["value"], min(trial["value"] for trial in history))


@points(0, group="halving", group_zh="减半")
@hint(en="Write down the rungs.", zh="写下每一轮。")
def test_the_example_of_halving(solution):
    winner, history = solution.run(halve)
    assert winner == 1
    assert [(trial["index"], trial["budget"]) for trial in history] == [(0, 2), (1, 2), (2, 2), (1, 4)]
    assert_close([trial["value"] for trial in history], [0.15, 0.05, 0.1, 0.025])
