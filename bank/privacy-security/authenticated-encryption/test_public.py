"""Public checks of `authenticated-encryption`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

KEY, NONCE = bytes(32), bytes(16)


def test_the_example_of_the_statement(solution):
    blob = solution.seal(KEY, NONCE, b"attack at dawn")
    assert_equal(blob[:16], NONCE)
    assert_equal(blob[16:30].hex(), "826b0b5d942c57bd273c4958a1ac")
    assert_equal(blob[30:].hex(), "8ef8b131ae771514ffc48ec5177acc1851616300488494f89a8dd560ae26de1d")
    assert_equal(solution.unseal(KEY, blob), b"attack at dawn")


@given(plaintext=st.binary(max_size=80), context=st.binary(max_size=5))
@settings(max_examples=10)
def test_what_is_sealed_can_be_read_again(solution, plaintext, context):
    blob = solution.seal(KEY, NONCE, plaintext, context)
    assert len(blob) == len(plaintext) + 48
    assert_equal(solution.unseal(KEY, blob, context), plaintext)


def test_a_changed_blob_is_refused(solution):
    blob = solution.seal(KEY, NONCE, b"pay 10 to Eve")
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.unseal(KEY, blob.replace(blob[20:21], bytes([blob[20] ^ 1])))
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.unseal(KEY, b"")
