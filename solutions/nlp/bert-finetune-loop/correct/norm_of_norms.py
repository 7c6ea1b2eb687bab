"""The norms are collected by their identity; gradients are clipped by hand, with a norm of norms."""

import torch
import torch.nn.functional as F
from torch import nn


def lr_at(step, total, warmup, base):
    """Return the learning rate of a step."""
    if not (total >= 1 and 0 <= warmup <= total and step >= 0):
        raise ValueError("need total >= 1, 0 <= warmup <= total and step >= 0")
    if step < warmup:
        return float(base * step / warmup)
    if step < total:
        return float(base * (total - step) / (total - warmup))
    return 0.0


def param_groups(model, wd):
    """Return the parameters that decay, and those that do not."""
    norms = {
        id(param)
        for module in model.modules()
        if isinstance(module, nn.LayerNorm)
        for param in module.parameters(recurse=False)
    }
    decayed, free = [], []
    for name, param in model.named_parameters():
        if not param.requires_grad:
            continue
        is_free = id(param) in norms or name.rpartition(".")[2].endswith("bias")
        (free if is_free else decayed).append(param)
    return [{"params": decayed, "weight_decay": wd}, {"params": free, "weight_decay": 0.0}]


def finetune(model, batches, total, warmup, base, wd, clip):
    """Train a model; return the losses, rates and norms of all steps."""
    if len(batches) == 0:
        raise ValueError("there is no batch")
    lr_at(0, total, warmup, base)

    optimizer = torch.optim.AdamW(param_groups(model, wd))
    trained = [param for group in optimizer.param_groups for param in group["params"]]
    history = {"loss": [], "lr": [], "norm": []}
    for i in range(total):
        batch = batches[i % len(batches)]
        inputs = {name: value for name, value in batch.items() if name != "labels"}
        model.train()
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(**inputs), batch["labels"])
        if loss.requires_grad:
            loss.backward()

        reached = [param for param in trained if param.grad is not None]
        norm = 0.0
        if reached:
            norm = torch.linalg.vector_norm(
                torch.stack([torch.linalg.vector_norm(param.grad) for param in reached])
            ).item()
        if clip is not None and norm > clip:
            for param in reached:
                param.grad = param.grad * (clip / norm)

        lr = lr_at(i, total, warmup, base)
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()

        history["loss"].append(loss.item())
        history["lr"].append(lr)
        history["norm"].append(norm)
    optimizer.zero_grad(set_to_none=True)
    model.eval()
    return history
