"""Mistake: r0 and eta are not looked at"""

import copy
import math


def sample(space, rng):
    """Draw one configuration."""
    for at, spec in enumerate(space.values()):
        _refuse(spec, list(space)[:at])
    config = {}
    for name, spec in space.items():
        while spec and spec[0] == "if":
            _, other, wanted, inner = spec
            spec = inner if other in config and config[other] == wanted else None
        if spec:
            config[name] = _draw(spec, rng)
    return config


def _draw(spec, rng):
    kind, *bounds = spec
    if kind == "choice":
        return bounds[0][rng.integers(len(bounds[0]))]
    low, high = bounds
    if kind == "int":
        return int(rng.integers(low, high + 1))
    if kind == "uniform":
        return float(rng.uniform(low, high))
    return min(max(math.exp(rng.uniform(math.log(low), math.log(high))), float(low)), float(high))


def _refuse(spec, earlier):
    match spec:
        case ("if", name, _, inner) if name in earlier:
            _refuse(inner, earlier)
        case ("choice", [_, *_]):
            pass
        case ("uniform" | "int", low, high) if low <= high:
            pass
        case ("loguniform", low, high) if 0 < low <= high:
            pass
        case _:
            raise ValueError(f"cannot draw from {spec}")


def random_search(f, space, n, rng):
    """Return the best of n trials, and all of them."""
    if n < 0:
        raise ValueError("n must not be negative")
    history = []
    for _ in range(n):
        config = sample(space, rng)
        history.append({"config": copy.deepcopy(config), **_try(f, config)})
    return min(filter(_is_valid, history), key=_value, default=None), history


def halving(configs, f, r0, eta):
    """Return the number of the winning configuration, and all trials."""
    eta = max(eta, 2)
    history, winner = [], None
    budget, rung = r0, list(range(len(configs)))
    while rung:
        trials = [{"index": index, "budget": budget, **_try(f, configs[index], budget)} for index in rung]
        history += trials
        ranked = [trial["index"] for trial in sorted(filter(_is_valid, trials), key=_value)]
        winner = ranked[0] if ranked else winner
        rung = sorted(ranked[: max(1, len(rung) // eta)]) if len(rung) > 1 else []
        budget *= eta
    return winner, history


def _try(f, config, *budget):
    """Call f on a copy; return value and error."""
    try:
        return {"value": float(f(copy.deepcopy(config), *budget)), "error": None}
    except Exception as error:
        return {"value": None, "error": f"{type(error).__name__}: {error}"}


def _is_valid(trial):
    return trial["value"] is not None and math.isfinite(trial["value"])


def _value(trial):
    return trial["value"]
