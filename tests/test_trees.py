"""Syntax trees: several threads may ask for them at once."""

from __future__ import annotations

import ast
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.trees import parse

NESTED = "x = " + "[" * 60 + "]" * 60
FLAT = "\n".join(f"y{number} = {number} + z" for number in range(300))


def test_many_threads_parse_at_once() -> None:
    """Each gets its own tree, and none an error."""
    sources = [NESTED, FLAT] * 200
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(parse, sources))
    assert [len(tree.body) for tree in trees] == [1, 300] * 200
    assert ast.unparse(trees[0]) == NESTED


def test_a_fork_can_parse() -> None:
    """A process forked while another thread parses is not left waiting for it."""
    with ThreadPoolExecutor(2) as pool:
        parsing = [pool.submit(parse, FLAT) for _ in range(200)]
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                os._exit(0 if len(parse(FLAT).body) == 300 else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert all(len(one.result().body) == 300 for one in parsing)


def test_what_is_no_python_is_told() -> None:
    """A syntax error is one, as ever."""
    with pytest.raises(SyntaxError):
        parse("def f(:")
