"""Gathers values along the actions; compares parameters and buffers by name."""

import torch
from torch import nn
from torch.nn import functional as F


@torch.no_grad()
def targets(
    r: torch.Tensor,
    terminated: torch.Tensor,
    q_next: torch.Tensor,
    gamma: float,
    q_next_online: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return what the values of the chosen actions should be."""
    if q_next.ndim != 2:
        raise ValueError("q_next must have two dimensions")
    if r.shape != q_next.shape[:1] or terminated.shape != q_next.shape[:1]:
        raise ValueError("r and terminated must have one number per row of q_next")
    if q_next_online is not None and q_next_online.shape != q_next.shape:
        raise ValueError("q_next_online must have the shape of q_next")
    if not 0 <= gamma <= 1:
        raise ValueError("gamma must be from 0 to 1")
    chooser = q_next if q_next_online is None else q_next_online
    value = q_next.gather(1, chooser.argmax(dim=1, keepdim=True)).squeeze(1)
    return torch.where(terminated.bool(), r, r + gamma * value)


@torch.no_grad()
def act(net: nn.Module, obs: torch.Tensor) -> int:
    """Return the best action for one observation."""
    return int(net(obs.unsqueeze(0))[0].argmax())


def dqn_step(
    net: nn.Module,
    target_net: nn.Module,
    batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor],
    gamma: float,
    opt: torch.optim.Optimizer,
    double: bool = False,
) -> float:
    """Take one step of learning, and return the loss."""
    obs, actions, r, terminated, next_obs = batch
    with torch.no_grad():
        q_next = target_net(next_obs)
        q_next_online = net(next_obs) if double else None
    wanted = targets(r, terminated, q_next, gamma, q_next_online)
    values = net(obs).gather(1, actions.long().unsqueeze(1)).squeeze(1)
    loss = F.smooth_l1_loss(values, wanted)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


def _shapes(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


@torch.no_grad()
def sync(net: nn.Module, target_net: nn.Module, tau: float) -> None:
    """Move the target network towards the network."""
    if not 0 <= tau <= 1:
        raise ValueError("tau must be from 0 to 1")
    parameters, own_parameters = dict(net.named_parameters()), dict(target_net.named_parameters())
    buffers, own_buffers = dict(net.named_buffers()), dict(target_net.named_buffers())
    if _shapes(parameters) != _shapes(own_parameters) or _shapes(buffers) != _shapes(own_buffers):
        raise ValueError("the networks differ in names or shapes")
    for name, parameter in own_parameters.items():
        parameter.copy_(tau * parameters[name] + (1 - tau) * parameter)
    for name, buffer in own_buffers.items():
        buffer.copy_(buffers[name])
