"""Each kind of dimension is a class; ranks come from numpy, with failures at infinity."""

import copy

import numpy as np


class Dimension:
    """One entry of a space."""

    def __init__(self, low, high):
        if not low <= high:
            raise ValueError("bounds")
        self.low, self.high = low, high


class Uniform(Dimension):
    def draw(self, rng):
        return float(rng.uniform(self.low, self.high))


class Integer(Dimension):
    def draw(self, rng):
        return rng.integers(self.low, self.high, endpoint=True).item()


class LogUniform(Dimension):
    def __init__(self, low, high):
        super().__init__(low, high)
        if low <= 0:
            raise ValueError("logarithm")

    def draw(self, rng):
        value = np.exp(rng.uniform(np.log(self.low), np.log(self.high)))
        return float(np.clip(value, self.low, self.high))


class Choice:
    def __init__(self, values):
        if len(values) == 0:
            raise ValueError("nothing to choose from")
        self.values = values

    def draw(self, rng):
        return self.values[int(rng.integers(len(self.values)))]


KINDS = {"uniform": Uniform, "int": Integer, "loguniform": LogUniform, "choice": Choice}


def parse(entry, known):
    conditions = []
    while entry[0] == "if":
        if entry[1] not in known:
            raise ValueError("condition on the unknown")
        conditions.append(entry[1:3])
        entry = entry[3]
    if entry[0] not in KINDS:
        raise ValueError(entry[0])
    return conditions, KINDS[entry[0]](*entry[1:])


def sample(space, rng):
    """Draw one configuration."""
    plan, known = {}, set()
    for name in space:
        plan[name] = parse(space[name], known)
        known.add(name)
    drawn = {}
    for name, (conditions, dimension) in plan.items():
        if all(key in drawn and drawn[key] == value for key, value in conditions):
            drawn[name] = dimension.draw(rng)
    return drawn


def attempt(f, *arguments):
    value = error = None
    try:
        value = float(f(*copy.deepcopy(arguments)))
    except Exception as caught:
        error = repr(caught)
    return value, error


def cost(value):
    return value if value is not None and np.isfinite(value) else np.inf


def random_search(f, space, n, rng):
    """Return the best of n trials, and all of them."""
    if n < 0:
        raise ValueError(n)
    best, history = None, []
    while len(history) < n:
        config = sample(space, rng)
        kept = copy.deepcopy(config)
        value, error = attempt(f, config)
        history.append({"config": kept, "value": value, "error": error})
        if cost(value) < (np.inf if best is None else best["value"]):
            best = history[-1]
    return best, history


def halving(configs, f, r0, eta):
    """Return the number of the winning configuration, and all trials."""
    if r0 <= 0 or eta <= 1:
        raise ValueError("budget")
    alive = np.arange(len(configs))
    winner, history = None, []
    while alive.size:
        costs = []
        for index in alive.tolist():
            value, error = attempt(f, configs[index], r0)
            costs.append(cost(value))
            history.append({"index": index, "budget": r0, "value": value, "error": error})
        order = np.argsort(costs, kind="stable")
        order = order[np.isfinite(np.array(costs)[order])]
        if order.size:
            winner = int(alive[order[0]])
        if alive.size == 1:
            break
        alive = np.sort(alive[order[: max(alive.size // eta, 1)]])
        r0 = r0 * eta
    return winner, history
