"""What a training run costs: write the six functions."""


def params(cfg: dict) -> int:
    """Return the number of parameters of a decoder."""
    # Write: embeddings, layers, the last normalisation, the output matrix.


def stored_bytes(entries: list[tuple[str, int, int]]) -> int:
    """Return the bytes of a file with tensors."""
    # Write: the refusal, each tensor once, packed.


def train_bytes(n: int, optimizer: str, precision: str, world: int = 1, stage: int = 0) -> dict[str, int]:
    """Return the bytes of weights, gradients and optimizer on each device."""
    # Write: the refusals, the shares, the bytes.


def activation_bytes(cfg: dict, batch: int, seq: int, itemsize: int, checkpoint: bool) -> int:
    """Return the bytes that are kept for the backward pass."""
    # Write: both ways.


def train_flops(n: int, tokens: int, checkpoint: bool) -> int:
    """Return the operations of a training run."""
    # Write: forward and backward passes.


def in_units(count: int, unit: str) -> float:
    """Return a number of bytes in a unit."""
    # Write: the refusal, the unit.
