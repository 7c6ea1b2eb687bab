"""Mistake: Query, key and value share one bias."""

_NUMBERS = {"sgd": 0, "momentum": 1, "adam": 2}
_WIDTHS = {"fp32": 4, "mixed": 2}
_UNITS = {
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}


def params(cfg):
    """Return the number of parameters of a decoder."""
    d, ff = cfg["d"], cfg["ff"]
    norm = 2 * d if cfg["bias"] else d
    biases = 3 * d + ff if cfg["bias"] else 0
    layer = 4 * d * d + 2 * d * ff + biases + 2 * norm
    embeddings = cfg["vocab"] * d * (1 if cfg["tied"] else 2) + cfg["positions"] * d
    return embeddings + cfg["layers"] * layer + norm


def stored_bytes(entries):
    """Return the bytes of a file with tensors."""
    tensors = {storage: (count, bits) for storage, count, bits in entries}
    if len(set(entries)) != len(tensors):
        raise ValueError("one tensor with two sizes")
    return sum((count * bits + 7) // 8 for count, bits in tensors.values())


def train_bytes(n, optimizer, precision, world=1, stage=0):
    """Return the bytes of weights, gradients and optimizer on each device."""
    if optimizer not in _NUMBERS or precision not in _WIDTHS or stage not in {0, 1, 2, 3}:
        raise ValueError("unknown optimizer, precision or stage")
    if n < 0 or world < 1:
        raise ValueError("no such model or no device")
    share = -(-n // world)
    numbers = _NUMBERS[optimizer] + (precision == "mixed")
    held = {
        "weights": _WIDTHS[precision] * (share if stage == 3 else n),
        "gradients": _WIDTHS[precision] * (share if stage >= 2 else n),
        "optimizer": 4 * numbers * (share if stage >= 1 else n),
    }
    return {**held, "total": sum(held.values())}


def activation_bytes(cfg, batch, seq, itemsize, checkpoint):
    """Return the bytes that are kept for the backward pass."""
    layer = batch * seq * (8 * cfg["d"] + 2 * cfg["ff"]) + 2 * batch * cfg["heads"] * seq**2
    values = cfg["layers"] * layer
    if checkpoint:
        values = min(values, cfg["layers"] * batch * seq * cfg["d"] + layer)
    return itemsize * values


def train_flops(n, tokens, checkpoint):
    """Return the operations of a training run."""
    return (8 if checkpoint else 6) * n * tokens


def in_units(count, unit):
    """Return a number of bytes in a unit."""
    if unit not in _UNITS:
        raise ValueError(f"no unit {unit!r}")
    return count / _UNITS[unit]
