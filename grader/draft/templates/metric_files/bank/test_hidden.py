"""The hidden suite: random labels, classes nobody names, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, hint, points, stated

BETA = SLOT_beta
seeds = st.randoms(use_true_random=False)


def score_by_hand(truth, guess, classes):
    """The oracle: counts in a table, where the reference counts class by class."""
    table = [[0] * classes for _ in range(classes)]
    for true, said in zip(truth, guess):
        table[true][said] += 1
    pairs = []
    for label in range(classes):
        right = table[label][label]
        truly = sum(table[label])
        said = sum(row[label] for row in table)
        if truly + said == 0:
            SLOT_oracleabsent
        else:
            pairs.append(((1 + BETA**2) * right / (BETA**2 * truly + said), SLOT_oracleweight))
    return sum(score * weight for score, weight in pairs) / sum(weight for _, weight in pairs)


def draw(random, classes, count):
    return [random.randrange(classes) for _ in range(count)]


@points(5, group="score of the classes and their mean", group_zh="各类别的得分与平均")
@stated("score", "mean")
@hint(
    en="Which mistake does beta make dearer, and what does a rare class count for?",
    zh="β 让哪种错误更重？少见的类别占多大比重？",
)
@given(random=seeds, classes=st.integers(2, 5))
@settings(max_examples=40)
def test_score(solution, random, classes):
    truth = [*range(classes), *[0] * 7, *draw(random, classes, 4)]
    guess = [*range(classes), *draw(random, classes, 11)]
    assert_close(solution.SLOT_function(truth, guess, classes), score_by_hand(truth, guess, classes))


@points(2, group="classes nobody names", group_zh="无人提及的类别")
@stated("absent")
@hint(en="What is the score of a class that does not occur at all?", zh="完全没有出现的类别得分是多少？")
@given(used=st.integers(2, 4), unused=st.integers(1, 3))
@settings(max_examples=20)
def test_absent_class(solution, used, unused):
    truth = [*range(used)] * 2
    guess = [label or used for label in truth]  # a class that is predicted alone is not one that nobody names
    classes = used + 1 + unused
    assert_close(solution.SLOT_function(truth, guess, classes), score_by_hand(truth, guess, classes))


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("lengths")
@hint(en="Which lists make no sense together?", zh="哪些列表放在一起没有意义？")
@pytest.mark.parametrize(("truth", "guess"), [([0, 1, 1], [0, 1]), ([0, 1], [0, 1, 1]), ([], [])])
def test_lengths(solution, truth, guess):
    with pytest.raises(ValueError):
        solution.SLOT_function(truth, guess, 2)


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("labels")
@hint(en="Which numbers are classes?", zh="哪些数是类别？")
@pytest.mark.parametrize("label", [-1, 3, 4])
@pytest.mark.parametrize("side", [0, 1])
def test_labels(solution, label, side):
    lists = [[0, 1, 2], [0, 1, 2]]
    lists[side][1] = label
    with pytest.raises(ValueError):
        solution.SLOT_function(*lists, 3)
