"""A scheduler and the clipping of the library; groups by walking over modules."""

import math

import torch


def lr_at(step, total, warmup, base):
    """Return the learning rate of a step."""
    if total < 1:
        raise ValueError("total")
    if warmup < 0 or warmup > total:
        raise ValueError("warmup")
    if step < 0:
        raise ValueError("step")
    if step >= total:
        return 0.0
    share = step / warmup if step < warmup else (total - step) / (total - warmup)
    return float(base * share)


def param_groups(model, wd):
    """Return the parameters that decay, and those that do not."""
    unweighted = set()
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if isinstance(module, torch.nn.LayerNorm) or name[-4:] == "bias":
                unweighted.add(parameter)
    trained = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p not in unweighted], "weight_decay": wd},
        {"params": [p for p in trained if p in unweighted], "weight_decay": 0.0},
    ]


def finetune(model, batches, total, warmup, base, wd, clip):
    """Train a model; return the losses, rates and norms of all steps."""
    lr_at(0, total, warmup, base)
    if len(batches) == 0:
        raise ValueError("batches")
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(param_groups(model, wd), lr=1.0)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: lr_at(step, total, warmup, base))
    criterion = torch.nn.CrossEntropyLoss()
    limit = math.inf if clip is None else clip
    losses, rates, norms = [], [], []
    model.train()
    for step in range(total):
        batch = dict(batches[step % len(batches)])
        labels = batch.pop("labels")
        model.zero_grad()
        loss = criterion(model(**batch), labels)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, limit)))
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
        losses.append(float(loss))
    model.zero_grad()
    model.eval()
    return {"loss": losses, "lr": rates, "norm": norms}
