"""Retries and a circuit breaker: write the class and the function."""

from collections.abc import Callable


class BreakerOpen(RuntimeError):
    """A call that is refused."""


class Breaker:
    """Leaves a failing service alone for a while."""

    def __init__(self, fails: int, cooldown: float, clock: Callable) -> None:
        """Keep the settings."""
        # Write: the refusals, the settings, what must be remembered.

    def call(self, fn: Callable, *args, **kwargs) -> object:
        """Call a function, or refuse."""
        # Write: the refusal, the call, what its end means.

    def state(self) -> str:
        """Return closed, open or half-open."""
        # Write: the state.


def retry(
    fn: Callable, attempts: int, base: float, cap: float, jitter: Callable, sleep: Callable, retryable: tuple
) -> object:
    """Call a function until it returns."""
    # Write: the refusals, the attempts, the pauses.
