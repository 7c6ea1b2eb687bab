"""Hidden checks of `interface`: each uses the boundary in another way."""

import itertools

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, points


class Counter:
    """Counts its calls, on whichever side it is called."""

    def __init__(self):
        self.calls = 0

    def __call__(self, value):
        self.calls += 1
        return value


def open_two(module, first, second):
    """Build a little world beside the submission."""
    return module.Account("ada", first), module.Account("bob", second)


def sum_of_two(module, first, second):
    """A probe, which uses another function of this suite."""
    accounts = open_two(module, first, second)
    return {"total": module.total(list(accounts)), "same class": type(accounts[0]) is module.Account}


@points(1, group="values")
def test_a_constant_is_read(solution):
    assert_equal(solution.get("LIMIT"), 3)


@points(1, group="handles")
def test_an_instance_keeps_its_state(solution):
    account = solution.Account("ada", 5)
    account.deposit(3)
    assert_equal(account.deposit(amount=2), 10)
    assert_equal(account.history, [3, 2])


@points(2, group="handles", group_zh="句柄")
@hint(en="What does a total add up?", zh="总和由什么相加而成？")
def test_handles_are_passed_back(solution):
    accounts = [solution.Account("ada", 1), solution.Account("bob", 2)]
    assert_equal(solution.total(accounts), 3)
    assert_equal(solution.total(tuple(accounts), factor=2), 6)


@points(1, group="handles")
def test_a_handle_is_measured_indexed_and_iterated(solution):
    account = solution.Account("ada")
    for amount in (4, 5, 6):
        account.deposit(amount)
    assert len(account) == 3
    assert (account[0], account[-1]) == (4, 6)
    assert list(account) == [4, 5, 6]


@points(1, group="handles")
def test_handles_lead_to_handles(solution):
    account = solution.Account("ada", 8).with_interest().with_interest()
    assert_close(account.balance, 18.0)
    assert_equal(solution.Account.opened("bob").owner, "bob")
    assert_equal(solution.get("Account").rate, 0.5)


@points(1, group="generators")
def test_a_generator_is_read_to_its_end(solution):
    assert list(solution.countdown(3)) == [3, 2, 1]
    assert list(solution.countdown(0)) == []


@points(1, group="generators")
def test_a_generator_is_left_early(solution):
    assert list(itertools.islice(solution.countdown(10**9), 2)) == [10**9, 10**9 - 1]


@points(1, group="generators")
def test_a_generator_raises_when_its_turn_has_come(solution):
    numbers = iter(solution.countdown(-1))
    with pytest.raises(ValueError, match="below zero"):
        next(numbers)


@points(1, group="put")
def test_an_object_of_the_suite_works_over_there(solution):
    counter = solution.put(Counter())
    assert_equal(solution.transform(counter, [7, 8, 9]), [7, 8, 9])
    assert_equal(counter.calls, 3)


@points(1, group="put")
@pytest.mark.parametrize("offset", [0, 1, 10])
def test_a_function_is_an_argument(solution, offset):
    assert_equal(solution.transform(lambda value: value + offset, [1, 2]), [1 + offset, 2 + offset])


@points(1, group="probes")
def test_a_probe_returns_data(solution):
    assert_equal(solution.run(sum_of_two, 1, second=2), {"total": 3, "same class": True})


@points(1, group="probes")
def test_a_probe_sees_the_submissions_own_classes(solution):
    first, second = solution.run(open_two, 1, 2)
    first.deposit(4)
    assert_equal((first.balance, second.balance), (5, 2))


@points(2, group="exceptions", group_zh="异常")
def test_an_exception_of_its_own_is_the_nearest_builtin(solution):
    account = solution.Account("ada")
    with pytest.raises(ValueError, match="positive") as caught:
        account.deposit(-1)
    assert type(caught.value) is ValueError
    with pytest.raises(IndexError):
        account[5]
    with pytest.raises(AttributeError):
        solution.no_such_name()


@points(1, group="exceptions")
@given(st.integers(max_value=5))
@settings(max_examples=20)
def test_every_deposit_is_positive(solution, amount):
    assume(amount != 3)
    account = solution.Account("ada")
    if amount <= 0:
        with pytest.raises(ValueError, match="positive"):
            account.deposit(amount)
    else:
        assert_equal(account.deposit(amount), amount)


@points(1, group="values")
@given(st.lists(st.integers() | st.text(max_size=3)), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_arguments_are_copies(solution, values, random):
    texts = [str(value) for value in values]
    random.shuffle(texts)
    before = list(texts)
    assert_equal(solution.tidy(texts), sorted(texts))
    assert texts == before


@points(1, group="reference")
def test_the_reference_answers_alike(solution, reference, rng):
    amounts = rng.integers(1, 100, size=5).tolist()
    mine, ours = solution.Account("ada"), reference.Account("ada")
    for amount in amounts:
        assert_equal(mine.deposit(amount), ours.deposit(amount))
    assert_equal(reference.total([ours]), sum(amounts))
    assert_equal(list(solution.countdown(4)), list(reference.countdown(4)))
