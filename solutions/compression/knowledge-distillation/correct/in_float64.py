"""The loss in float64, whatever the logits are; the teacher answers first, its modes set by hand."""

import math

import torch
from torch.nn import functional as F

NO_LABEL = -100  # variant: no_label


def kd_loss(student_logits, teacher_logits, y, T, alpha):
    """Return the weighted sum of the soft and the hard loss."""
    if not (math.isfinite(T) and T > 0):
        raise ValueError("T must be a finite number above 0")
    if not 0 <= alpha <= 1:
        raise ValueError("alpha must be a number from 0 to 1")
    if student_logits.shape != teacher_logits.shape:
        raise ValueError("the logits differ in shape")
    # in float64: with a large T the two distributions are close together
    student, teacher = student_logits.double(), teacher_logits.detach().double()
    log_p = F.log_softmax(teacher / T, dim=1)
    log_q = F.log_softmax(student / T, dim=1)
    soft = (log_p.exp() * (log_p - log_q)).sum(1).mean()
    labelled = int((y != NO_LABEL).sum())
    hard = F.cross_entropy(student, y, ignore_index=NO_LABEL, reduction="sum") / max(labelled, 1)
    return (alpha * T**2 * soft + (1 - alpha) * hard).to(student_logits.dtype)


def kd_step(student, teacher, x, y, opt, T, alpha):
    """Train the student once; return the loss as a float."""
    modes = [(module, module.training) for module in teacher.modules()]
    try:
        for module, _ in modes:
            module.training = False
        with torch.no_grad():
            answers = teacher(x)
    finally:
        # before the student is called: it may share modules
        for module, mode in modes:
            module.training = mode
    opt.zero_grad(set_to_none=True)
    loss = kd_loss(student(x), answers, y, T, alpha)
    loss.backward()
    opt.step()
    return loss.item()
