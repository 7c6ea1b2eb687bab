"""Closed formulas; units from powers, one tensor with two sizes found on the way."""

OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}
UNITS = {
    **{prefix + "B": 1000**power for power, prefix in enumerate(("k", "M", "G", "T"), 1)},
    **{prefix + "iB": 1024**power for power, prefix in enumerate(("K", "M", "G", "T"), 1)},
}


def params(cfg: dict) -> int:
    """Return the number of parameters of a decoder."""
    d, ff = cfg["d"], cfg["ff"]
    norm = 2 * d if cfg["bias"] else d
    layer = 2 * norm + 4 * d * d + 2 * d * ff
    if cfg["bias"]:
        layer += 3 * d + d + ff + d
    embeddings = (cfg["vocab"] + cfg["positions"]) * d
    output = 0 if cfg["tied"] else d * cfg["vocab"]
    return embeddings + cfg["layers"] * layer + norm + output


def stored_bytes(entries: list[tuple[str, int, int]]) -> int:
    """Return the bytes of a file with tensors."""
    tensors = {}
    for storage, count, bits in entries:
        if tensors.setdefault(storage, (count, bits)) != (count, bits):
            raise ValueError(f"entries of the storage {storage!r} differ")
    return sum((count * bits + 7) // 8 for count, bits in tensors.values())


def train_bytes(n: int, optimizer: str, precision: str, world: int = 1, stage: int = 0) -> dict[str, int]:
    """Return the bytes of weights, gradients and optimizer on each device."""
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"unknown optimizer: {optimizer!r}")
    if precision not in ("fp32", "mixed"):
        raise ValueError(f"unknown precision: {precision!r}")
    if stage not in (0, 1, 2, 3):
        raise ValueError(f"unknown stage: {stage!r}")
    if n < 0 or world < 1:
        raise ValueError("n must not be negative, and world at least 1")

    mixed = precision == "mixed"
    share = -(-n // world)
    width = 2 if mixed else 4
    costs = {
        "weights": width * (share if stage >= 3 else n),
        "gradients": width * (share if stage >= 2 else n),
        "optimizer": 4 * (OPTIMIZERS[optimizer] + mixed) * (share if stage >= 1 else n),
    }
    return {**costs, "total": sum(costs.values())}


def activation_bytes(cfg: dict, batch: int, seq: int, itemsize: int, checkpoint: bool) -> int:
    """Return the bytes that are kept for the backward pass."""
    layers, d = cfg["layers"], cfg["d"]
    layer = batch * seq * (8 * d + 2 * cfg["ff"]) + 2 * batch * cfg["heads"] * seq**2
    values = layers * layer
    if checkpoint:
        values = min(values, layers * batch * seq * d + layer)
    return values * itemsize


def train_flops(n: int, tokens: int, checkpoint: bool) -> int:
    """Return the operations of a training run."""
    forward = 2 * n * tokens
    return forward * (4 if checkpoint else 3)


def in_units(count: int, unit: str) -> float:
    """Return a number of bytes in a unit."""
    if unit not in UNITS:
        raise ValueError(f"unknown unit: {unit!r}")
    return count / UNITS[unit]
