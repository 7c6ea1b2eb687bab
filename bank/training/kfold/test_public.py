"""Public checks of `kfold`: they show the interface."""

import numpy as np

from grader.exam import assert_equal, hint, points


class Majority:
    def fit(self, X, y):
        self.label = max(y, key=list(y).count)

    def predict(self, X):
        return np.full(len(X), self.label)


def score(submission):
    y = np.array(["a", "b", "a", "b", "b", "b"])
    folds = [(np.array([1, 3]), np.array([0, 4]))]
    return submission.cross_validate(lambda: [Majority()], np.zeros((6, 2)), y, folds, lambda t, p: (t == p).mean())


@points(0, group="folds", group_zh="分折")
@hint(en="Every row is tested once.", zh="每一行恰好测试一次。")
def test_two_folds_of_six_rows(solution):
    y = np.array(["a", "b", "a", "b", "b", "b"])
    folds = solution.stratified_folds(y, 2, 0)
    assert_equal(sorted(np.concatenate([test for _, test in folds]).tolist()), list(range(6)))
    for train, test in folds:
        assert_equal(sorted(y[test].tolist()), ["a", "b", "b"])
        assert not set(train.tolist()) & set(test.tolist())


@points(0, group="scores", group_zh="打分")
@hint(en="Fit on one part, predict the other.", zh="在一部分上拟合，预测另一部分。")
def test_a_majority_vote(solution):
    assert_equal(solution.run(score), [0.5])
