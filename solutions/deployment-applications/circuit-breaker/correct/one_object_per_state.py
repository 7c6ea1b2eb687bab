"""An object for each state that the breaker is in; a call reports to the one under which it began."""

import threading
from collections.abc import Callable


class BreakerOpen(RuntimeError):
    """A call that is refused."""


class Closed:
    """Counts failures in a row."""

    def __init__(self):
        self.failures = 0


class Opened:
    """Knows until when calls are refused, and who probes."""

    def __init__(self, until):
        self.until = until
        self.probe = None


class Breaker:
    """Leaves a failing service alone for a while."""

    def __init__(self, fails: int, cooldown: float, clock: Callable) -> None:
        if fails <= 0:
            raise ValueError("fails")
        if cooldown < 0:
            raise ValueError("cooldown")
        self.fails, self.cooldown, self.clock = fails, cooldown, clock
        self.mutex = threading.RLock()
        self.current = Closed()

    def state(self) -> str:
        """Return closed, open or half-open."""
        with self.mutex:
            if isinstance(self.current, Closed):
                return "closed"
            return "half-open" if self.clock() >= self.current.until else "open"

    def call(self, fn: Callable, *args, **kwargs) -> object:
        """Call a function, or refuse."""
        ticket = object()
        with self.mutex:
            began = self.current
            if isinstance(began, Opened):
                if self.state() == "open" or began.probe is not None:
                    raise BreakerOpen
                began.probe = ticket
        try:
            value = fn(*args, **kwargs)
        except Exception:
            with self.mutex:
                self.failed(began)
            raise
        except BaseException:
            with self.mutex:
                if isinstance(began, Opened):
                    began.probe = None
            raise
        with self.mutex:
            if self.current is began:
                if isinstance(began, Opened):
                    self.current = Closed()
                else:
                    began.failures = 0
        return value

    def failed(self, began):
        """Open after a failure, if it was the last that was needed."""
        if self.current is not began:
            return
        if isinstance(began, Closed):
            began.failures += 1
            if began.failures < self.fails:
                return
        self.current = Opened(self.clock() + self.cooldown)


def retry(
    fn: Callable, attempts: int, base: float, cap: float, jitter: Callable, sleep: Callable, retryable: tuple
) -> object:
    """Call a function until it returns."""
    if attempts <= 0 or min(base, cap) < 0:
        raise ValueError("settings")
    number = 0
    while True:
        number += 1
        try:
            return fn()
        except retryable:
            if number == attempts:
                raise
        growth = base * 2.0 ** min(number - 1, 1000)
        sleep(min(cap, growth) * jitter())
