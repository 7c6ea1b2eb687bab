"""What a suite imports: the marks that stand on a check, and the comparison that explains itself."""

from grader.exam.alike import assert_alike
from grader.exam.compare import Mismatch, assert_close, assert_equal
from grader.exam.marks import contract, hint, memory, performance, points, stated

__all__ = [
    "Mismatch",
    "assert_alike",
    "assert_close",
    "assert_equal",
    "contract",
    "hint",
    "memory",
    "performance",
    "points",
    "stated",
]
