"""The hidden suite: random numbers, large ones, the cold, and what is refused."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, hint, points, stated

limits = SLOT_goodvalues
drawn = st.lists(st.integers(-40, 40).map(lambda number: number / 8), min_size=2, max_size=7)


def chances_by_hand(numbers, temperature, limit):
    """The oracle: each token counts those that are better, where the reference sorts."""
    places = range(len(numbers))
    powers = [Fraction(math.exp((number - max(numbers)) / temperature)) for number in numbers]
    chances = [power / sum(powers) for power in powers]

    def better(one, other):
        return (-chances[one], one) < (-chances[other], other)

    SLOT_oraclekeep
    whole = sum(chances[place] for place in kept)
    return [float(chances[place] / whole) if place in kept else 0.0 for place in places]


@points(4, group="the probabilities", group_zh="概率")
@stated("chances")
@hint(en="What is kept, and do the kept ones add up to one?", zh="保留了哪些？保留的概率之和是 1 吗？")
@given(numbers=drawn, temperature=st.sampled_from([0.25, 0.5, 1.0, 1.5, 4.0]), limit=limits)
@settings(max_examples=50)
def test_chances(solution, numbers, temperature, limit):
    expected = chances_by_hand(numbers, temperature, limit)
    assert_close(solution.SLOT_function(numbers, temperature, limit), expected, rtol=1e-9)


@points(1, group="large numbers", group_zh="很大的数")
@stated("large")
@hint(en="What does softmax allow to subtract?", zh="softmax 允许先减去什么？")
@pytest.mark.parametrize("numbers", [[1200.0, 1201.0, 1195.0], [-1300.0, -1301.5, -1300.0]])
def test_large(solution, numbers):
    expected = chances_by_hand(numbers, 1.0, SLOT_wholelimit)
    assert_close(solution.SLOT_function(numbers, 1.0, SLOT_wholelimit), expected, rtol=1e-9)


@points(1, group="the cold", group_zh="零温度")
@stated("cold")
@hint(en="What becomes of a division by the temperature?", zh="除以温度时会发生什么？")
@given(numbers=drawn, limit=limits)
@settings(max_examples=25)
def test_cold(solution, numbers, limit):
    expected = [0.0] * len(numbers)
    expected[numbers.index(max(numbers))] = 1.0
    assert_close(solution.SLOT_function(numbers, 0.0, limit), expected)


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("errors")
@hint(
    en="Which temperatures and limits make no sense, in the cold as well?",
    zh="哪些温度和界限没有意义？零温度时也检查了吗？",
)
@pytest.mark.parametrize(
    ("temperature", "limit"),
    [(-0.5, SLOT_wholelimit), *((heat, bad) for bad in SLOT_badvalues for heat in (0.0, 1.0))],
)
def test_errors(solution, temperature, limit):
    with pytest.raises(ValueError):
        solution.SLOT_function([1.0, 2.0], temperature, limit)
