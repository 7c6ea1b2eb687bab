"""Mistake: The cooldown includes its last moment."""

import threading


class BreakerOpen(RuntimeError):
    """A call that is refused."""


class Breaker:
    """Leaves a failing service alone for a while."""

    def __init__(self, fails, cooldown, clock):
        if fails < 1 or cooldown < 0:
            raise ValueError("a breaker needs failures and a time to wait")
        self._fails, self._cooldown, self._clock = fails, cooldown, clock
        self._lock = threading.Lock()
        self._row = 0
        self._opened = None
        self._probing = False
        # grows with every opening, so that a late result is known
        self._era = 0

    def call(self, fn, *args, **kwargs):
        """Call a function, or refuse."""
        era = self._enter()
        try:
            result = fn(*args, **kwargs)
        except BaseException as error:
            self._leave(era, "failed" if isinstance(error, Exception) else "interrupted")
            raise
        self._leave(era, "succeeded")
        return result

    def state(self):
        """Return closed, open or half-open."""
        if self._opened is None:
            return "closed"
        return "open" if self._clock() <= self._opened + self._cooldown else "half-open"

    def _enter(self):
        """Return the era in which a call begins."""
        with self._lock:
            state = self.state()
            if state == "open" or self._probing:
                raise BreakerOpen("the service is left alone")
            if state == "half-open":
                self._probing = True
            return self._era

    def _leave(self, era, end):
        """Draw the conclusion from a call's end."""
        with self._lock:
            if era != self._era:
                return
            probing, self._probing = self._probing, False
            if end == "succeeded":
                self._row, self._opened = 0, None
            elif end == "failed":
                self._row += 1
                if probing or self._row >= self._fails:
                    self._row, self._opened = 0, self._clock()
                    self._era += 1


def retry(fn, attempts, base, cap, jitter, sleep, retryable):
    """Call a function until it returns."""
    if attempts < 1 or base < 0 or cap < 0:
        raise ValueError("no attempts, or a negative pause")
    pause = base
    for _ in range(attempts - 1):
        try:
            return fn()
        except retryable:
            sleep(min(cap, pause) * jitter())
        # doubled only below the cap, so that it never overflows
        pause = min(2 * pause, cap)
    return fn()
