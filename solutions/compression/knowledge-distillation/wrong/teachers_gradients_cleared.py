"""Mistake: gradients that lie at the teacher are thrown away."""

import math

import torch
from torch.nn.functional import cross_entropy, log_softmax

NO_LABEL = -100  # variant: no_label


def kd_loss(student_logits, teacher_logits, y, T, alpha):
    """Return the weighted sum of the soft and the hard loss."""
    if not 0 < T < math.inf:
        raise ValueError(f"T must be finite and above 0, not {T}")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be from 0 to 1, not {alpha}")
    if student_logits.shape != teacher_logits.shape:
        raise ValueError("the logits of student and teacher differ in shape")
    log_p = log_softmax(teacher_logits.detach() / T, dim=1)
    log_q = log_softmax(student_logits / T, dim=1)
    soft = (log_p.exp() * (log_p - log_q)).sum(dim=1).mean()
    labelled = (y != NO_LABEL).sum()
    hard = cross_entropy(student_logits, y, ignore_index=NO_LABEL, reduction="sum") / labelled.clamp(min=1)
    return alpha * T**2 * soft + (1 - alpha) * hard


def kd_step(student, teacher, x, y, opt, T, alpha):
    """Train the student once; return the loss as a float."""
    # asked before the student, so that modules they share are back in their modes in time
    teacher_logits = _answer(teacher, x)
    loss = kd_loss(student(x), teacher_logits, y, T, alpha)
    opt.zero_grad()
    teacher.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


@torch.no_grad()
def _answer(teacher, x):
    """Return the teacher's logits in eval mode, and leave every module in the mode it was in."""
    modes = [(module, module.training) for module in teacher.modules()]
    teacher.eval()
    logits = teacher(x)
    for module, training in modes:
        module.training = training
    return logits
