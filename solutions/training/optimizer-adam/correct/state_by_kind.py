"""Arrays of the state are made once and written in place; the state is sorted by what is stored, not by name."""

import numpy as np


def _begin(params, grads, lr, weight_decay, shares, eps=1.0):
    bad = [x for x in (lr, weight_decay) if not (x >= 0 and x != float("inf"))]
    bad += [x for x in shares if not (x >= 0 and x < 1)]
    bad += [x for x in [eps] if not (x > 0 and x != float("inf"))]
    if bad:
        raise ValueError(f"not allowed: {bad[0]}")
    chosen = []
    for name in grads:
        if name not in params:
            raise ValueError(name)
        if grads[name] is not None:
            if params[name].shape != grads[name].shape:
                raise ValueError(name)
            chosen.append(name)
    return chosen


def _slot(state, kind, name, like):
    table = state.setdefault(kind, {})
    if name not in table:
        table[name] = np.zeros_like(like)
    return table[name]


def step_sgd(params, grads, state, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Make one step of SGD with momentum, in place."""
    chosen = _begin(params, grads, lr, weight_decay, (momentum,))
    if nesterov and not momentum:
        raise ValueError("nesterov without momentum")
    for name in chosen:
        p = params[name]
        slope = grads[name] + weight_decay * p
        buffer = _slot(state, "buffer", name, p)
        buffer *= momentum
        buffer += slope
        p -= lr * buffer if not nesterov else lr * (slope + momentum * buffer)


def _step(p, slope, state, name, lr, betas, eps, amsgrad):
    counts = state.setdefault("count", {})
    counts[name] = counts.get(name, 0) + 1
    m, v, top = (_slot(state, kind, name, p) for kind in ("m", "v", "top"))
    m *= betas[0]
    m += (1 - betas[0]) * slope
    v *= betas[1]
    v += (1 - betas[1]) * np.square(slope)
    np.maximum(top, v, out=top)
    chosen = top if amsgrad else v
    correction = [1 - beta ** counts[name] for beta in betas]
    np.subtract(p, lr * (m / correction[0]) / ((chosen / correction[1]) ** 0.5 + eps), out=p)


def step_adam(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    """Make one step of Adam, in place; the decay is part of the gradient."""
    for name in _begin(params, grads, lr, weight_decay, betas, eps):
        p = params[name]
        _step(p, grads[name] + weight_decay * p, state, name, lr, betas, eps, amsgrad)


def step_adamw(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    """Make one step of AdamW, in place; the decay stays out of the averages."""
    for name in _begin(params, grads, lr, weight_decay, betas, eps):
        params[name] *= 1 - lr * weight_decay
        _step(params[name], grads[name], state, name, lr, betas, eps, amsgrad)
