"""One engine for all three: averages are moved towards the gradient, and rates are corrected instead of averages."""

import numpy as np


class Memory:
    """What one parameter remembers."""

    def __init__(self, shape):
        self.steps = 0
        self.first = np.zeros(shape)
        self.second = np.zeros(shape)
        self.peak = np.zeros(shape)


def demand(condition, message):
    if not condition:
        raise ValueError(message)


def walk(params, grads, state, lr, decay, shares, move):
    """Check everything, then move every parameter that has a gradient, in float64."""
    demand(np.isfinite([lr, decay]).all() and min(lr, decay) >= 0, "lr or weight_decay")
    demand(all(s >= 0 and s < 1 for s in shares), "momentum or betas")
    for name, g in grads.items():
        demand(name in params, f"no parameter {name}")
        demand(g is None or np.shape(g) == np.shape(params[name]), f"shape of {name}")
    for name, p in params.items():
        g = grads.get(name)
        if g is not None:
            memory = state.get(name)
            if memory is None:
                memory = state[name] = Memory(p.shape)
            memory.steps += 1
            p[...] = move(p.astype(np.float64), g.astype(np.float64), memory)


def step_sgd(params, grads, state, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Make one step of SGD with momentum, in place."""
    demand(not nesterov or momentum != 0, "nesterov needs momentum")

    def move(p, g, memory):
        slope = g + weight_decay * p
        memory.first = slope + momentum * memory.first
        if nesterov:
            return p - lr * slope - lr * momentum * memory.first
        return p - lr * memory.first

    walk(params, grads, state, lr, weight_decay, [momentum], move)


def adaptive(params, grads, state, lr, betas, eps, weight_decay, amsgrad, coupled):
    demand(eps > 0 and np.isfinite(eps), "eps")

    def move(p, g, memory):
        if coupled:
            g = g + weight_decay * p
        else:
            p = p * (1.0 - lr * weight_decay)
        memory.first = memory.first + (g - memory.first) * (1 - betas[0])
        memory.second = memory.second + (g * g - memory.second) * (1 - betas[1])
        memory.peak = np.fmax(memory.peak, memory.second)
        root = np.sqrt(1 - betas[1] ** memory.steps)
        scale = np.sqrt(memory.peak if amsgrad else memory.second) / root + eps
        return p - lr / (1 - betas[0] ** memory.steps) * memory.first / scale

    walk(params, grads, state, lr, weight_decay, betas, move)


def step_adam(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    """Make one step of Adam, in place; the decay is part of the gradient."""
    adaptive(params, grads, state, lr, betas, eps, weight_decay, amsgrad, coupled=True)


def step_adamw(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    """Make one step of AdamW, in place; the decay stays out of the averages."""
    adaptive(params, grads, state, lr, betas, eps, weight_decay, amsgrad, coupled=False)
