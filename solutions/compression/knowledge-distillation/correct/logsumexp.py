"""Logarithms of sums, written out; the step takes gradients of the student only."""

import math

import torch

NO_LABEL = -100  # variant: no_label


def kd_loss(student_logits, teacher_logits, y, T, alpha):
    """Return the weighted sum of the soft and the hard loss."""
    if math.isnan(T) or math.isinf(T) or T <= 0:
        raise ValueError("temperature")
    if math.isnan(alpha) or alpha < 0 or alpha > 1:
        raise ValueError("alpha")
    if list(student_logits.shape) != list(teacher_logits.shape):
        raise ValueError("shapes")
    teacher = teacher_logits.detach() / T
    teacher = teacher - teacher.logsumexp(dim=1, keepdim=True)
    softened = student_logits / T
    softened = softened - softened.logsumexp(dim=1, keepdim=True)
    soft = torch.sum(torch.exp(teacher) * (teacher - softened)) / len(y)
    rows = torch.nonzero(y != NO_LABEL).flatten()
    plain = student_logits[rows]
    losses = plain.logsumexp(dim=1) - plain.gather(1, y[rows, None])[:, 0]
    hard = losses.sum() / max(len(rows), 1)
    return soft * alpha * T**2 + hard * (1.0 - alpha)


def kd_step(student, teacher, x, y, opt, T, alpha):
    """Train the student once; return the loss as a float."""
    training = [module for module in teacher.modules() if module.training]
    for module in training:
        module.training = False
    with torch.no_grad():
        target = teacher(x)
    for module in training:
        module.training = True
    loss = kd_loss(student(x), target, y, T, alpha)
    weights = [p for p in student.parameters() if p.requires_grad]
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights, allow_unused=True)):
        weight.grad = slope
    opt.step()
    return float(loss)
