"""A worker that sleeps until something has changed or the oldest ticket is due."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass


@dataclass(eq=False)
class Ticket:
    """A request."""

    content: object
    since: float
    reply: asyncio.Future


class Batcher:
    """Gathers requests into batches."""

    def __init__(self, fn: Callable, max_batch: int, max_wait: float) -> None:
        if max_batch <= 0:
            raise ValueError("max_batch")
        if not max_wait > 0:
            raise ValueError("max_wait")
        self.fn, self.max_batch, self.max_wait = fn, max_batch, max_wait
        self.tickets: list[Ticket] = []
        self.changed = asyncio.Event()
        self.closing = False
        self.worker = None

    async def submit(self, x: object) -> object:
        """Hand in a request and return its output."""
        if self.closing:
            raise RuntimeError("no more requests")
        loop = asyncio.get_running_loop()
        ticket = Ticket(x, loop.time(), loop.create_future())
        self.tickets.append(ticket)
        self.changed.set()
        if self.worker is None:
            self.worker = loop.create_task(self.work())
        try:
            return await ticket.reply
        except asyncio.CancelledError:
            with suppress(ValueError):
                self.tickets.remove(ticket)
            self.changed.set()
            raise

    async def close(self) -> None:
        """Serve what waits, and take no more."""
        self.closing = True
        self.changed.set()
        if self.worker is not None:
            await asyncio.shield(self.worker)

    async def work(self):
        """Serve batch after batch until the end."""
        while await self.batch_is_due():
            batch, self.tickets = self.tickets[: self.max_batch], self.tickets[self.max_batch :]
            try:
                outputs = list(await self.fn([ticket.content for ticket in batch]))
            except Exception as error:
                self.fail(batch, error)
                continue
            if len(outputs) != len(batch):
                self.fail(batch, ValueError("the model has lost count"))
                continue
            for ticket, output in zip(batch, outputs, strict=True):
                if not ticket.reply.cancelled():
                    ticket.reply.set_result(output)

    def fail(self, batch, error):
        """Let everybody know."""
        for ticket in batch:
            if not ticket.reply.cancelled():
                ticket.reply.set_exception(error)

    async def batch_is_due(self):
        """Wait for the next batch; return whether there will be one."""
        while True:
            if self.closing or len(self.tickets) >= self.max_batch:
                return bool(self.tickets)
            left = None
            if self.tickets:
                left = self.tickets[0].since + self.max_wait - asyncio.get_running_loop().time()
                if left <= 1e-9:
                    return True
            self.changed.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.changed.wait(), left)
