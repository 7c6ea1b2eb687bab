"""What a conversation with a model may cost: tokens and time."""

from __future__ import annotations

import time

from grader.models.model import ModelError


class BudgetSpentError(ModelError):
    """Nothing is left."""


class Budget:
    """Counts down; a reply from the cache costs nothing."""

    def __init__(self, tokens: int, seconds: float) -> None:
        self.total = tokens
        self.spent = 0
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds

    def allow(self, tokens: int) -> int:
        """Return how many of these tokens may be generated.

        Raises:
            BudgetSpentError: none, or the time is over.
        """
        if time.monotonic() >= self.deadline:
            raise BudgetSpentError(f"the time is spent, {self.seconds:g} s; --seconds gives more")
        if self.spent >= self.total:
            raise BudgetSpentError(f"the tokens are spent, {self.total}; --tokens gives more")
        return min(tokens, self.total - self.spent)

    def charge(self, tokens: int) -> None:
        """Count what was generated."""
        self.spent += tokens
