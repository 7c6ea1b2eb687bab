"""Rungs by recursion, draws from a table of functions."""

import math
from copy import deepcopy


def between(low, value, high):
    return float(low if value < low else min(value, high))


DRAWS = {
    "choice": lambda rng, values: values[rng.integers(len(values))],
    "uniform": lambda rng, low, high: float(rng.uniform(low, high)),
    "loguniform": lambda rng, low, high: between(low, math.e ** rng.uniform(math.log(low), math.log(high)), high),
    "int": lambda rng, low, high: int(rng.integers(low, high + 1)),
}


def check(spec, before):
    word, *rest = spec
    if word == "if":
        name, _, inner = rest
        if name not in before:
            raise ValueError(f"{name} comes later or never")
        check(inner, before)
    elif word == "choice":
        if not rest[0]:
            raise ValueError("empty")
    elif word in DRAWS:
        if rest[0] > rest[1] or (word == "loguniform" and rest[0] <= 0):
            raise ValueError("bounds")
    else:
        raise ValueError(word)


def sample(space, rng):
    """Draw one configuration."""
    before = []
    for name, spec in space.items():
        check(spec, before)
        before.append(name)
    config = {}

    def draw(name, spec):
        if spec[0] != "if":
            config[name] = DRAWS[spec[0]](rng, *spec[1:])
        elif spec[1] in config and config[spec[1]] == spec[2]:
            draw(name, spec[3])

    for name, spec in space.items():
        draw(name, spec)
    return config


def trial(head, call):
    try:
        number = float(call())
    except Exception as error:
        return {**head, "value": None, "error": type(error).__name__}
    return {**head, "value": number, "error": None}


def ranking(trials):
    good = [t for t in trials if t["error"] is None and abs(t["value"]) < math.inf]
    return sorted(good, key=lambda t: t["value"])


def random_search(f, space, n, rng):
    """Return the best of n trials, and all of them."""
    if n != abs(n):
        raise ValueError("negative")
    history = []
    for _ in range(n):
        config = sample(space, rng)
        history.append(trial({"config": config}, lambda c=deepcopy(config): f(c)))
        history[-1]["config"] = deepcopy(config)
    return (ranking(history) or [None])[0], history


def halving(configs, f, r0, eta):
    """Return the number of the winning configuration, and all trials."""
    if r0 < 1 or eta < 2:
        raise ValueError("r0, eta")
    return climb(list(enumerate(configs)), f, r0, eta, None)


def climb(rung, f, budget, eta, winner):
    if not rung:
        return winner, []
    trials = [trial({"index": i, "budget": budget}, lambda c=deepcopy(c): f(c, budget)) for i, c in rung]
    best = [t["index"] for t in ranking(trials)]
    winner = best[0] if best else winner
    if len(rung) == 1:
        return winner, trials
    going_on = set(best[: max(1, len(rung) // eta)])
    winner, later = climb([(i, c) for i, c in rung if i in going_on], f, budget * eta, eta, winner)
    return winner, trials + later
