"""One function hands back what Adam takes off; what has the factor 0 is left out."""

import math
from numbers import Real

import numpy as np


def check_options(lr, weight_decay, fractions, eps=1.0):
    for name, value in (("lr", lr), ("weight_decay", weight_decay)):
        if not (isinstance(value, Real) and math.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be a finite number of at least 0")
    for value in fractions:
        if not (isinstance(value, Real) and 0 <= value < 1):
            raise ValueError("momentum and betas must be at least 0 and less than 1")
    if not (isinstance(eps, Real) and math.isfinite(eps) and eps > 0):
        raise ValueError("eps must be a finite number above 0")


def with_gradients(params, grads):
    """Return the names of the parameters that make a step."""
    for name, g in grads.items():
        if name not in params:
            raise ValueError(f"no parameter {name!r}")
        if g is not None and np.shape(g) != params[name].shape:
            raise ValueError(f"the gradient of {name!r} has another shape")
    return [name for name in params if grads.get(name) is not None]


def step_sgd(params, grads, state, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Make one step of SGD with momentum, in place."""
    check_options(lr, weight_decay, [momentum])
    if nesterov and momentum == 0:
        raise ValueError("nesterov needs a momentum")
    for name in with_gradients(params, grads):
        p, g = params[name], grads[name]
        if weight_decay:
            g = g + weight_decay * p
        step = g
        if momentum:
            v = momentum * state[name] + g if name in state else np.array(g)
            state[name] = v
            step = g + momentum * v if nesterov else v
        p[...] = p - lr * step


def step_adam(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    """Make one step of Adam, in place; the decay is part of the gradient."""
    check_options(lr, weight_decay, betas, eps)
    for name in with_gradients(params, grads):
        p, g = params[name], grads[name]
        if weight_decay:
            g = g + weight_decay * p
        p[...] = p - adam_change(state, name, g, lr, betas, eps, amsgrad)


def step_adamw(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    """Make one step of AdamW, in place; the decay stays out of the averages."""
    check_options(lr, weight_decay, betas, eps)
    for name in with_gradients(params, grads):
        p = params[name]
        change = adam_change(state, name, grads[name], lr, betas, eps, amsgrad)
        p[...] = p - lr * weight_decay * p - change


def adam_change(state, name, g, lr, betas, eps, amsgrad):
    """Move the averages of one parameter; return what is to be subtracted from it."""
    b1, b2 = betas
    own = state.setdefault(name, {"t": 0, "m": np.zeros_like(g), "v": np.zeros_like(g), "w": np.zeros_like(g)})
    own["t"] += 1
    own["m"] = b1 * own["m"] + (1 - b1) * g
    own["v"] = b2 * own["v"] + (1 - b2) * g**2
    second = own["v"]
    if amsgrad:
        second = own["w"] = np.maximum(own["w"], own["v"])
    m = own["m"] / (1 - b1 ** own["t"])
    return lr * m / (np.sqrt(second / (1 - b2 ** own["t"])) + eps)
