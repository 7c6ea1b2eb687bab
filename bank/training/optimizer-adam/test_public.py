"""Public checks of `optimizer-adam`: they show the interface."""

import numpy as np

from grader.exam import assert_close, hint, points


def two_steps(submission):
    params, state = {"w": np.array([1.0, -2.0])}, {}
    submission.step_adam(params, {"w": np.array([0.5, 100.0])}, state, lr=0.1)
    first = params["w"].copy()
    submission.step_sgd(params, {"w": np.array([1.0, 1.0])}, {}, lr=0.1, momentum=0.9, nesterov=True)
    return first, params["w"]


def shrink(submission):
    params, state = {"w": np.array([4.0]), "still": np.array(3.0)}, {}
    for _ in range(2):
        submission.step_adamw(params, {"w": np.zeros(1), "still": None}, state, lr=0.5, weight_decay=0.5)
    return params


@points(0, group="the example", group_zh="示例")
@hint(en="Follow the rules of one parameter with pencil and paper.", zh="用纸笔按单个参数的规则走一遍。")
def test_the_example(solution):
    assert_close(solution.run(two_steps), (np.array([0.9, -2.1]), np.array([0.71, -2.29])), rtol=1e-6)


@points(0, group="the example", group_zh="示例")
@hint(
    en="Without a gradient nothing moves; with a gradient of 0 the decay goes on.",
    zh="没有梯度就不动；梯度为 0 时仍然衰减。",
)
def test_decoupled_decay(solution):
    assert_close(solution.run(shrink), {"w": np.array([2.25]), "still": np.array(3.0)})
