"""Builds on the losses of the library: kl_div in log space, and a mean over the labelled rows only."""

import contextlib

import torch
import torch.nn.functional as F  # noqa: N812


def kd_loss(student_logits, teacher_logits, y, T, alpha):
    """Return the weighted sum of the soft and the hard loss."""
    if not (T > 0 and T != float("inf")) or not (0.0 <= alpha and alpha <= 1.0):
        raise ValueError("bad temperature or weight")
    if student_logits.size() != teacher_logits.size():
        raise ValueError("shapes differ")
    with torch.no_grad():
        target = F.log_softmax(teacher_logits / T, -1)
    soft = F.kl_div(F.log_softmax(student_logits / T, -1), target, log_target=True, reduction="batchmean")
    has_label = y >= 0
    loss = soft * (alpha * T * T)
    if has_label.any():
        loss = loss + F.cross_entropy(student_logits[has_label], y[has_label]) * (1 - alpha)
    return loss


@contextlib.contextmanager
def evaluating(network):
    """Hold every module of a network in eval mode."""
    before = {module: module.training for module in network.modules()}
    try:
        yield network.eval()
    finally:
        for module, mode in before.items():
            module.training = mode


def kd_step(student, teacher, x, y, opt, T, alpha):
    """Train the student once; return the loss as a float."""
    opt.zero_grad(set_to_none=True)
    student_logits = student(x)
    with evaluating(teacher), torch.inference_mode():
        teacher_logits = teacher(x)
    loss = kd_loss(student_logits, teacher_logits.clone(), y, T, alpha)
    loss.backward()
    opt.step()
    return float(loss.detach())
