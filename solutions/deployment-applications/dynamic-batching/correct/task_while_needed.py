"""A task serves batches and ends when none is due; then a timer for the oldest request starts the next."""

import asyncio
import math
from collections.abc import Callable

SLACK = 1e-7  # seconds; timers may fire earlier than asked for by a rounding error


class _Request:
    def __init__(self, x, answer, due):
        self.x, self.answer, self.due = x, answer, due


class Batcher:
    """Gathers requests into batches."""

    def __init__(self, fn: Callable, max_batch: int, max_wait: float) -> None:
        """Keep the settings."""
        if max_batch < 1:
            raise ValueError("max_batch must be at least 1")
        if not max_wait > 0:
            raise ValueError("max_wait must be greater than 0")
        self._fn, self._max_batch, self._max_wait = fn, max_batch, max_wait
        self._waiting = []
        self._worker = None  # the task that serves batches, while there are any
        self._timer = None
        self._closed = False

    async def submit(self, x: object) -> object:
        """Hand in a request and return its output."""
        if self._closed:
            raise RuntimeError("the batcher is closed")
        loop = asyncio.get_running_loop()
        request = _Request(x, loop.create_future(), loop.time() + self._max_wait)
        self._waiting.append(request)
        self._wake()
        try:
            return await request.answer
        except asyncio.CancelledError:
            self._wake()  # another request may be the oldest now
            raise

    async def close(self) -> None:
        """Serve what waits, and take no more."""
        self._closed = True
        self._wake()
        while self._worker is not None:
            await asyncio.wait([self._worker])

    def _ready(self):
        """Tell whether a batch is to start now."""
        self._waiting = [request for request in self._waiting if not request.answer.done()]
        if not self._waiting:
            return False
        now = asyncio.get_running_loop().time()
        return self._closed or len(self._waiting) >= self._max_batch or now >= self._waiting[0].due - SLACK

    def _wake(self):
        """Start the worker or set the timer, as is needed."""
        if self._worker is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._ready():
            self._worker = asyncio.get_running_loop().create_task(self._work())
        elif self._waiting and self._waiting[0].due < math.inf:
            self._timer = asyncio.get_running_loop().call_at(self._waiting[0].due, self._wake)

    async def _work(self):
        try:
            # Asked anew here: someone may have been cancelled since the worker was made.
            while self._ready():
                batch = self._waiting[: self._max_batch]
                del self._waiting[: self._max_batch]
                await self._serve(batch)
        finally:
            self._worker = None
            self._wake()

    async def _serve(self, batch):
        try:
            outputs = await self._fn([request.x for request in batch])
            if len(outputs) != len(batch):
                raise ValueError(f"the model gave {len(outputs)} outputs for {len(batch)} inputs")
        except Exception as error:
            for request in batch:
                if not request.answer.done():
                    request.answer.set_exception(error)
        except BaseException:
            for request in batch:
                request.answer.cancel()
            raise
        else:
            for request, output in zip(batch, outputs):
                if not request.answer.done():
                    request.answer.set_result(output)
