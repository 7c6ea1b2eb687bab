"""By what PyTorch has for it."""

import torch


def SLOT_function(SLOT_model, optimizer, x, y, limit):
    if limit <= 0:
        raise ValueError("no such limit")
    moving = [each for each in SLOT_model.parameters() if each.requires_grad]
    loss = torch.nn.functional.mse_loss(SLOT_model(x), y)
    for each, slope in zip(moving, torch.autograd.grad(loss, moving), strict=True):
        each.grad = slope
    SLOT_shortcode
    return loss.item()
