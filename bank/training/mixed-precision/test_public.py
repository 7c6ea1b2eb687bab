"""Public checks of `mixed-precision`: they show the interface."""

import numpy as np

from grader.exam import assert_close, assert_equal, hint, points


def example(submission):
    scaler = submission.LossScaler(init=1024.0, interval=2)
    master, state = {"w": np.ones(1, np.float32)}, {}
    told = []
    for gradient in (512.0, np.inf):
        grads = {"w": np.array([gradient], np.float16)}
        told.append(submission.amp_step(master, grads, state, lr=0.5, scaler=scaler))
    return told, scaler.factor, scaler.scale(2.0)


@points(0, group="the step", group_zh="训练步")
@hint(en="What happens to the factor, and what to the weights?", zh="因子怎样变化，权重怎样变化？")
def test_the_example(solution):
    told, factor, scaled = solution.run(example)
    weights = {"w": np.array([0.75], np.float16)}
    assert_equal(told, [(weights, True), (weights, False)])
    assert_close((factor, scaled), (512.0, 1024.0))
