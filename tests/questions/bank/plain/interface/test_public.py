"""Public checks of `interface`."""

from grader.exam import assert_equal


def test_an_account_begins_with_its_balance(solution):
    account = solution.Account("ada", balance=5)
    assert_equal((account.owner, account.balance), ("ada", 5))


def test_values_are_transformed(solution):
    assert_equal(solution.transform(len, ["a", "bb"]), [1, 2])
