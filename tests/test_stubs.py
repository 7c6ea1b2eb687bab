"""What stands in for the forbidden, each tried in a process of its own, for it cannot be taken back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ORDINARY = """
import collections, fractions, math, types
from grader.sandbox.stubs import ForbiddenUseError, forbid

def refused(attempt):
    try:
        attempt()
    except ForbiddenUseError as error:
        return str(error)
    return "not refused"

METHOD = "fractions.Fraction.limit_denominator"
for name in ("math.fsum", "collections.Counter", METHOD, "math.no_such_name", "no.such.module"):
    forbid(name)
print(refused(lambda: math.fsum([1])))
print(refused(lambda: collections.Counter()))
print(refused(lambda: types.new_class("Mine", (collections.Counter,))))
print(isinstance({}, collections.Counter))
print(refused(lambda: fractions.Fraction(1, 3).limit_denominator()))
print(hasattr(math, "no_such_name"))
"""

DISPATCHED = """
import gc, torch
from grader.sandbox.stubs import ForbiddenUseError, forbid

forbid("torch.ops.aten.softmax")
forbid("torch.ops.aten.no_such_operator")
gc.freeze()
x = torch.ones(2, 3)

def outcome(attempt):
    try:
        attempt()
    except RuntimeError as error:
        return type(error).__name__ if "forbids torch.ops.aten.softmax" in str(error) else repr(error)
    return "not refused"

ways = {
    "function": lambda x: x.softmax(-1),
    "getter": lambda x: torch._C._jit_get_operation("aten::softmax")[0](x, -1),
    "typed": lambda x: torch.softmax(x, -1, dtype=torch.float64),
    "meta": lambda x: torch.softmax(x.to("meta"), -1),
}
for context in (torch.enable_grad, torch.no_grad, torch.inference_mode):
    for leaf in (x, x.clone().requires_grad_()):
        with context():
            print({outcome(lambda: way(leaf)) for way in ways.values()})
print(outcome(lambda: x.sum()))
print([each for each in gc.get_objects() if "Library" in type(each).__name__])
"""


def lines_of(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not done.stderr
    return done.stdout.splitlines()


def test_a_stub_says_what_is_forbidden() -> None:
    """A function, a class, a subclass of it, a method; a name that is not there stays away."""
    assert lines_of(ORDINARY) == [
        "this question forbids math.fsum",
        "this question forbids collections.Counter",
        "this question forbids collections.Counter",
        "False",
        "this question forbids fractions.Fraction.limit_denominator",
        "False",
    ]


def test_an_operator_is_forbidden_by_whatever_way_it_is_called() -> None:
    """In the dispatcher, in every mode of autograd; others work, and nothing that could undo it can be found."""
    pytest.importorskip("torch", reason="torch is not installed")

    assert lines_of(DISPATCHED) == [*["{'ForbiddenUseError'}"] * 6, "not refused", "[]"]
