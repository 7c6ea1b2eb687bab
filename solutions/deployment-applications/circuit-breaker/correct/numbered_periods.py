"""Numbers the periods between openings and closings; notes the end of a call in a finally."""

import threading
from collections.abc import Callable


class BreakerOpen(RuntimeError):
    """A call that is refused."""


class Breaker:
    """Leaves a failing service alone for a while."""

    def __init__(self, fails: int, cooldown: float, clock: Callable) -> None:
        """Keep the settings."""
        if fails < 1:
            raise ValueError("fails must be at least 1")
        if cooldown < 0:
            raise ValueError("cooldown must not be negative")
        self._fails = fails
        self._cooldown = cooldown
        self._clock = clock
        self._lock = threading.Lock()
        self._count = 0  # failures in a row while closed
        self._opened_at = None  # None: closed
        self._probing = False
        self._period = 0  # grows whenever the breaker opens or closes; tells late results

    def _state(self) -> str:
        if self._opened_at is None:
            return "closed"
        return "half-open" if self._clock() >= self._opened_at + self._cooldown else "open"

    def _open(self) -> None:
        self._opened_at = self._clock()
        self._period += 1

    def _close(self) -> None:
        self._opened_at = None
        self._count = 0
        self._period += 1

    def _begin(self) -> tuple[bool, int]:
        with self._lock:
            state = self._state()
            if state == "open" or self._probing:
                raise BreakerOpen("the breaker is open")
            probe = state == "half-open"
            self._probing = probe
            return probe, self._period

    def _end(self, probe: bool, period: int, failed: bool | None) -> None:
        """Take note of an end: a failure, a success, or neither (None)."""
        with self._lock:
            if probe:
                self._probing = False
            if failed is None or period != self._period:
                return
            if probe:
                self._open() if failed else self._close()
            elif failed:
                self._count += 1
                if self._count >= self._fails:
                    self._open()
            else:
                self._count = 0

    def call(self, fn: Callable, /, *args, **kwargs) -> object:
        """Call a function, or refuse."""
        probe, period = self._begin()
        failed = None
        try:
            result = fn(*args, **kwargs)
            failed = False
        except Exception:
            failed = True
            raise
        finally:
            self._end(probe, period, failed)
        return result

    def state(self) -> str:
        """Return closed, open or half-open."""
        with self._lock:
            return self._state()


def retry(
    fn: Callable, attempts: int, base: float, cap: float, jitter: Callable, sleep: Callable, retryable: tuple
) -> object:
    """Call a function until it returns."""
    if attempts < 1:
        raise ValueError("attempts must be at least 1")
    if base < 0 or cap < 0:
        raise ValueError("base and cap must not be negative")
    pause = min(cap, float(base))
    for left in range(attempts - 1, -1, -1):
        try:
            return fn()
        except retryable:
            if not left:
                raise
        sleep(pause * jitter())
        pause = min(cap, pause * 2)
    return None
