"""Names every piece and adds the pieces up."""

from math import prod


def linear(inputs, outputs, bias):
    """Return the parameters of a layer with a weight matrix."""
    return inputs * outputs + (outputs if bias else 0)


def params(cfg: dict) -> int:
    """Return the number of parameters of a decoder."""
    d, ff, bias = cfg["d"], cfg["ff"], cfg["bias"]
    norm = d * (1 + int(bias))
    block = norm + linear(d, 3 * d, bias) + linear(d, d, bias) + norm + linear(d, ff, bias) + linear(ff, d, bias)
    total = prod((cfg["vocab"], d)) + prod((cfg["positions"], d)) + norm
    for _ in range(cfg["layers"]):
        total += block
    return total if cfg["tied"] else total + cfg["vocab"] * d


def stored_bytes(entries: list[tuple[str, int, int]]) -> int:
    """Return the bytes of a file with tensors."""
    seen, total = {}, 0
    for storage, count, bits in entries:
        if storage in seen:
            if seen[storage] != (count, bits):
                raise ValueError(storage)
            continue
        seen[storage] = (count, bits)
        whole, rest = divmod(count * bits, 8)
        total += whole + bool(rest)
    return total


def train_bytes(n: int, optimizer: str, precision: str, world: int = 1, stage: int = 0) -> dict[str, int]:
    """Return the bytes of weights, gradients and optimizer on each device."""
    if precision == "fp32":
        width, extra = 4, 0
    elif precision == "mixed":
        width, extra = 2, 4
    else:
        raise ValueError(precision)
    if optimizer not in ("sgd", "momentum", "adam"):
        raise ValueError(optimizer)
    if stage not in range(4) or world <= 0 or n < 0:
        raise ValueError("devices")
    extra += {"sgd": 0, "momentum": 4, "adam": 8}[optimizer]
    part = (n + world - 1) // world
    sizes = [n, n, n]
    for place in range(stage):
        sizes[2 - place] = part
    weights, gradients, state = width * sizes[0], width * sizes[1], extra * sizes[2]
    return {"weights": weights, "gradients": gradients, "optimizer": state, "total": weights + gradients + state}


def activation_bytes(cfg: dict, batch: int, seq: int, itemsize: int, checkpoint: bool) -> int:
    """Return the bytes that are kept for the backward pass."""
    tokens = batch * seq
    layer = tokens * (8 * cfg["d"] + 2 * cfg["ff"] + 2 * cfg["heads"] * seq) * itemsize
    everything = layer * cfg["layers"]
    inputs_only = tokens * cfg["d"] * cfg["layers"] * itemsize + layer
    return inputs_only if checkpoint and inputs_only < everything else everything


def train_flops(n: int, tokens: int, checkpoint: bool) -> int:
    """Return the operations of a training run."""
    forward = 2 * n * tokens
    return forward + 2 * forward + (forward if checkpoint else 0)


def in_units(count: int, unit: str) -> float:
    """Return a number of bytes in a unit."""
    for power, letter in enumerate("kMGT", start=1):
        if unit == letter + "B":
            return count / 1000**power
        if unit == letter.upper() + "iB":
            return count / 1024**power
    raise ValueError(unit)
