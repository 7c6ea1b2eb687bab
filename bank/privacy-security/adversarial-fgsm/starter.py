"""Adversarial examples: see the statement for the rules."""


def fgsm(model, x, y, eps, lo=0.0, hi=1.0):
    """Return inputs one step of size eps away, where the loss is larger."""
    # Write: the gradient of the loss, its sign, the step, the range.
    return x


def pgd(model, x, y, eps, alpha, steps, lo=0.0, hi=1.0, start=None):
    """Return inputs many small steps away, never farther than eps."""
    # Write: the first point, the steps, the way back into the allowed set.
    return x
