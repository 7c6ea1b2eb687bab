"""Mistake: the group without decay comes first."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy


def lr_at(step, total, warmup, base):
    """Return the learning rate of a step."""
    _check_schedule(total, warmup)
    if step < 0:
        raise ValueError(f"no step: {step}")
    if step < warmup:
        return base * step / warmup
    return base * max(0, total - step) / max(1, total - warmup)


def param_groups(model, wd):
    """Return the parameters that decay, and those that do not."""
    norms = {name for name, module in model.named_modules() if isinstance(module, nn.LayerNorm)}
    decayed, free = [], []
    for name, parameter in model.named_parameters():
        owner, _, own_name = name.rpartition(".")
        if parameter.requires_grad:
            group = free if own_name.endswith("bias") or owner in norms else decayed
            group.append(parameter)
    return [{"params": free, "weight_decay": 0.0}, {"params": decayed, "weight_decay": wd}]


def finetune(model, batches, total, warmup, base, wd, clip):
    """Train a model; return the losses, rates and norms of all steps."""
    if not batches:
        raise ValueError("there is no batch")
    _check_schedule(total, warmup)
    history = {"loss": [], "lr": [lr_at(step, total, warmup, base) for step in range(total)], "norm": []}
    opt = torch.optim.AdamW(param_groups(model, wd))
    model.train()
    opt.zero_grad()
    for step, rate in enumerate(history["lr"]):
        batch = batches[step % len(batches)]
        loss = cross_entropy(model(**{name: batch[name] for name in batch if name != "labels"}), batch["labels"])
        loss.backward()
        history["loss"].append(loss.item())
        history["norm"].append(_clip(opt, clip))
        for group in opt.param_groups:
            group["lr"] = rate
        opt.step()
        opt.zero_grad()
    model.eval()
    return history


def _check_schedule(total, warmup):
    """Refuse numbers of steps that make no schedule."""
    if not (total >= 1 and 0 <= warmup <= total):
        raise ValueError(f"no schedule: {total} steps, {warmup} to warm up")


def _clip(opt, clip):
    """Make all gradients smaller where their norm is too large; return the norm they had."""
    gradients = [p.grad for group in opt.param_groups for p in group["params"] if p.grad is not None]
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    if clip is not None and norm > clip:
        for gradient in gradients:
            gradient.mul_(clip / norm)
    return norm
