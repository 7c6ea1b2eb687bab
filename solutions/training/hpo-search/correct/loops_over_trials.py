"""Conditions are resolved by a loop, rungs too; every configuration given to f is a deep copy."""

import copy
import math


def check_rule(rule, known):
    kind = rule[0]
    if kind == "if":
        _, name, _, inner = rule
        if name not in known:
            raise ValueError(f"condition on {name!r}, which does not come before")
        check_rule(inner, known)
    elif kind == "choice":
        if len(rule[1]) == 0:
            raise ValueError("nothing to choose from")
    elif kind in ("uniform", "loguniform", "int"):
        _, low, high = rule
        if low > high:
            raise ValueError(f"low {low} is above high {high}")
        if kind == "loguniform" and low <= 0:
            raise ValueError("loguniform needs a low above 0")
    else:
        raise ValueError(f"unknown kind {kind!r}")


def check_space(space):
    known = set()
    for name, rule in space.items():
        check_rule(rule, known)
        known.add(name)


def draw(space, rng):
    config = {}
    for name, rule in space.items():
        while rule is not None and rule[0] == "if":
            _, other, value, inner = rule
            rule = inner if other in config and config[other] == value else None
        if rule is None:
            continue
        if rule[0] == "choice":
            config[name] = rule[1][int(rng.integers(len(rule[1])))]
            continue
        kind, low, high = rule
        if kind == "uniform":
            config[name] = float(rng.uniform(low, high))
        elif kind == "loguniform":
            value = math.exp(rng.uniform(math.log(low), math.log(high)))
            config[name] = float(min(max(value, low), high))
        else:
            config[name] = int(rng.integers(low, high + 1))
    return config


def sample(space, rng):
    """Draw one configuration."""
    check_space(space)
    return draw(space, rng)


def attempt(f, *args):
    """Return the value of a trial and its error, one of which is None."""
    try:
        return float(f(*args)), None
    except Exception as error:  # noqa: BLE001  whatever goes wrong in a trial is recorded
        return None, f"{type(error).__name__}: {error}"


def is_finite(trial):
    return trial["value"] is not None and math.isfinite(trial["value"])


def random_search(f, space, n, rng):
    """Return the best of n trials, and all of them."""
    if n < 0:
        raise ValueError("n must not be negative")
    check_space(space)
    history = []
    for _ in range(n):
        config = draw(space, rng)
        value, error = attempt(f, copy.deepcopy(config))
        history.append({"config": config, "value": value, "error": error})
    best = min(filter(is_finite, history), key=lambda trial: trial["value"], default=None)
    return best, history


def halving(configs, f, r0, eta):
    """Return the number of the winning configuration, and all trials."""
    if r0 < 1 or eta < 2:
        raise ValueError("need r0 >= 1 and eta >= 2")
    history, winner = [], None
    rung, budget = list(range(len(configs))), r0
    while rung:
        trials = []
        for index in rung:
            value, error = attempt(f, copy.deepcopy(configs[index]), budget)
            trials.append({"index": index, "budget": budget, "value": value, "error": error})
        history += trials
        ranked = sorted(filter(is_finite, trials), key=lambda trial: (trial["value"], trial["index"]))
        if ranked:
            winner = ranked[0]["index"]
        if len(rung) == 1:
            break
        rung = sorted(trial["index"] for trial in ranked[: max(1, len(rung) // eta)])
        budget *= eta
    return winner, history
