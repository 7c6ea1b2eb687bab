"""Secret randomness: a check's seed follows from the grading's seed and the check, and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.keyed import mac

if TYPE_CHECKING:
    import numpy as np


PUBLIC = 0
"""In place of a grading's seed, for what anybody can see."""


def derive(seed: int, *parts: str) -> int:
    """Derive a 64-bit seed: HMAC-SHA256 keyed by `seed` over the parts."""
    return int.from_bytes(mac(seed.to_bytes(32, "little", signed=True), *parts)[:8], "little")


def make_rng(seed: int) -> np.random.Generator:
    """Return a numpy generator with a method `tensor(*shape, dtype=float32)` for standard normal torch tensors."""
    import numpy as np

    class Rng(np.random.Generator):
        """A numpy generator that also draws tensors."""

        def tensor(self, *shape: int, dtype: Any = None) -> Any:
            """Draw a torch tensor of standard normal numbers."""
            import torch

            return torch.from_numpy(self.standard_normal(shape)).to(dtype or torch.float32)

    return Rng(np.random.PCG64(seed))
