"""Mistake: without decay the first momentum is the caller's gradient itself"""

import math

import numpy as np


def step_sgd(params, grads, state, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Make one step of SGD with momentum, in place."""
    _refuse_options(lr, weight_decay, momentum)
    if nesterov and momentum == 0:
        raise ValueError("nesterov needs momentum")
    for p, g, memory in _with_gradient(params, grads, state):
        g = g + weight_decay * p if weight_decay else g
        if "v" in memory:
            v = memory["v"]
            v *= momentum
            v += g
        else:
            v = g
        memory["v"] = v
        p -= lr * (g + momentum * v if nesterov else v)


def step_adam(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    """Make one step of Adam, in place; the decay is part of the gradient."""
    _refuse_options(lr, weight_decay, *betas)
    _refuse_eps(eps)
    for p, g, memory in _with_gradient(params, grads, state):
        _adam(p, g + weight_decay * p, memory, lr, betas, eps, amsgrad)


def step_adamw(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    """Make one step of AdamW, in place; the decay stays out of the averages."""
    _refuse_options(lr, weight_decay, *betas)
    _refuse_eps(eps)
    for p, g, memory in _with_gradient(params, grads, state):
        p -= lr * weight_decay * p
        _adam(p, g, memory, lr, betas, eps, amsgrad)


def _adam(p, g, memory, lr, betas, eps, amsgrad):
    b1, b2 = betas
    t = memory.get("t", 0) + 1
    m = b1 * memory.get("m", 0.0) + (1 - b1) * g
    v = b2 * memory.get("v", 0.0) + (1 - b2) * g**2
    w = np.maximum(memory.get("w", 0.0), v) if amsgrad else v
    memory.update(t=t, m=m, v=v, w=w)
    p -= lr * (m / (1 - b1**t)) / (np.sqrt(w / (1 - b2**t)) + eps)


def _with_gradient(params, grads, state):
    """Return parameter, gradient and memory of all that make a step, after a look at every one of them."""
    present = {name: g for name, g in grads.items() if g is not None}
    if not grads.keys() <= params.keys():
        raise ValueError("a gradient without a parameter")
    if any(g.shape != params[name].shape for name, g in present.items()):
        raise ValueError("a gradient of another shape than its parameter")
    return [(params[name], g, state.setdefault(name, {})) for name, g in present.items()]


def _refuse_options(lr, weight_decay, *shares):
    if not all(0 <= number < math.inf for number in (lr, weight_decay)):
        raise ValueError("lr and weight_decay must be finite and at least 0")
    if not all(0 <= share < 1 for share in shares):
        raise ValueError("momentum and betas must be at least 0 and below 1")


def _refuse_eps(eps):
    if not 0 < eps < math.inf:
        raise ValueError("eps must be finite and above 0")
