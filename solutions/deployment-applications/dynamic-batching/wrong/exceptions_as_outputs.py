"""Mistake: the exception is the output."""

import asyncio


class Batcher:
    """Gathers requests into batches."""

    def __init__(self, fn, max_batch, max_wait):
        if max_batch < 1 or max_wait <= 0:
            raise ValueError("a batch needs room, and time to gather")
        self._fn, self._max_batch, self._max_wait = fn, max_batch, max_wait
        # answer to input and deadline, the oldest first
        self._waiting = {}
        self._timer = None
        self._serving = None
        self._closed = False

    async def submit(self, x):
        """Hand in a request and return its output."""
        if self._closed:
            raise RuntimeError("closed")
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        self._waiting[answer] = x, loop.time() + self._max_wait
        self._look()
        try:
            return await answer
        finally:
            # still waiting: the caller was cancelled
            if self._waiting.pop(answer, None):
                self._look()

    async def close(self):
        """Serve what waits, and take no more."""
        self._closed = True
        self._look()
        while self._serving:
            await asyncio.wait([self._serving])

    def _look(self):
        """Start a batch, or set the timer for the oldest request."""
        if self._timer:
            self._timer.cancel()
        if self._serving or not self._waiting:
            return
        if self._closed or len(self._waiting) >= self._max_batch:
            self._start()
        else:
            _, deadline = next(iter(self._waiting.values()))
            self._timer = asyncio.get_running_loop().call_at(deadline, self._start)

    def _start(self):
        """Let a batch of the oldest requests be served."""
        answers = list(self._waiting)[: self._max_batch]
        inputs = [self._waiting.pop(answer)[0] for answer in answers]
        self._serving = asyncio.create_task(self._serve(answers, inputs))

    async def _serve(self, answers, inputs):
        """Call the model and hand out what it gives or raises."""
        try:
            outputs = await self._fn(inputs)
            if len(outputs) != len(answers):
                raise ValueError(f"{len(outputs)} outputs for {len(answers)} inputs")
            for answer, output in zip(answers, outputs, strict=True):
                if not answer.done():
                    answer.set_result(output)
        except Exception as error:
            for answer in answers:
                if not answer.done():
                    answer.set_result(error)
        self._serving = None
        self._look()
