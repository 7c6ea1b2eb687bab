"""Public checks of `auth-gate`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

ROLES = {"guest": {"predict"}, "owner": {"predict", "train"}}


def admitted(submission, header, permission, now):
    """Return the user, or the status of the refusal."""
    gate = submission.Gate(b"k", ROLES)
    try:
        return gate.check(header, permission, now)
    except submission.AuthError as error:
        return error.status


def guarded_call(submission, now):
    """Call a guarded function with a token of its gate."""
    gate = submission.Gate(b"k", ROLES)

    @gate.require("train")
    def start(user, steps, rate=1.0):
        """Start a training."""
        return [user, steps, rate]

    header = "Bearer " + gate.issue("Ada", "owner", now, 60)
    return start.__name__, start(header, now, 5, rate=0.5)


def test_the_example_of_the_statement(solution):
    token = solution.Gate(b"k", ROLES).issue("Ada", "guest", 100, 60)
    assert_equal(token, "WyJBZGEiLCJndWVzdCIsMTYwXQ.0f3579f3d2b9a2e594811af248b9e3c5b57080d90537d679e2d63d23571bda27")
    assert_equal(solution.run(admitted, "Bearer " + token, "predict", 159), "Ada")
    assert_equal(solution.run(admitted, "Bearer " + token, "train", 159), 403)
    assert_equal(solution.run(admitted, "Bearer " + token, "predict", 160), 401)


@given(header=st.none() | st.text("Bearer .é中0=", max_size=8))
@settings(max_examples=15)
def test_what_is_no_token_is_not_admitted(solution, header):
    assert_equal(solution.run(admitted, header, "predict", 0), 401)


def test_a_guarded_function(solution):
    assert_equal(solution.run(guarded_call, 1000), ("start", ["Ada", 5, 0.5]))


def test_an_empty_secret_is_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.Gate(b"", ROLES)
