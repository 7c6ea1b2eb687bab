"""Three optimizers for numpy arrays: see the statement for the rules."""


def step_sgd(params, grads, state, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Make one step of SGD with momentum, in place."""
    # Write: decay into the gradient, momentum, the step.


def step_adam(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    """Make one step of Adam, in place; the decay is part of the gradient."""
    # Write: two moving averages, their corrections, the step.


def step_adamw(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    """Make one step of AdamW, in place; the decay stays out of the averages."""
    # Write: the decay, then Adam's step.
