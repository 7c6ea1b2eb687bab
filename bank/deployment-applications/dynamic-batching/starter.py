"""Dynamic batching for a model server: write the class."""

from collections.abc import Callable


class Batcher:
    """Gathers requests into batches."""

    def __init__(self, fn: Callable, max_batch: int, max_wait: float) -> None:
        """Keep the settings."""
        # Write: the refusals, the settings, what waits.

    async def submit(self, x: object) -> object:
        """Hand in a request and return its output."""
        # Write: the request, the start of a batch, the output.

    async def close(self) -> None:
        """Serve what waits, and take no more."""
        # Write: the end.
