"""Clears all gradients of the optimizer, then puts those of the actor in by hand."""

from collections.abc import Callable

import torch
from torch import nn


def joint_inputs(obs: list[torch.Tensor], acts: list[torch.Tensor]) -> torch.Tensor:
    """Put observations and actions of all agents side by side."""
    if len(obs) == 0 or len(obs) != len(acts):
        raise ValueError("there must be agents, each with an observation and an action")
    parts = [*obs, *acts]
    if any(part.dim() != 2 for part in parts):
        raise ValueError("observations and actions must be two-dimensional")
    if len({part.shape[0] for part in parts}) > 1:
        raise ValueError("observations and actions differ in batch size")
    return torch.cat(parts, dim=1)


@torch.no_grad()
def maddpg_targets(
    r: torch.Tensor,
    done: torch.Tensor,
    next_obs: list[torch.Tensor],
    target_actors: list[nn.Module],
    target_critics: list[nn.Module],
    gamma: float,
) -> torch.Tensor:
    """Return what each critic should say."""
    if r.dim() != 2 or not len(next_obs) == len(target_actors) == len(target_critics) == r.shape[1]:
        raise ValueError("there must be a reward, an observation, an actor and a critic for each agent")
    if done.shape != r.shape[:1]:
        raise ValueError("done must have the shape (B,)")
    actions = [actor(seen) for actor, seen in zip(target_actors, next_obs, strict=True)]
    joint = joint_inputs(next_obs, actions)
    values = torch.stack([critic(joint).reshape(-1) for critic in target_critics], dim=1)
    return torch.where(done.bool().unsqueeze(1), r, r + gamma * values)


def actor_step(
    i: int,
    actors: list[nn.Module],
    critics: list[nn.Module],
    obs: list[torch.Tensor],
    acts: list[torch.Tensor],
    opt: torch.optim.Optimizer,
) -> float:
    """Teach one actor by its critic, and return the loss."""
    trained = [p for p in actors[i].parameters() if p.requires_grad]
    with torch.enable_grad():
        chosen = list(acts)
        chosen[i] = actors[i](obs[i])
        loss = -critics[i](joint_inputs(obs, chosen)).mean()
        # Not backward(), which would leave gradients in the critic.
        grads = torch.autograd.grad(loss, trained, allow_unused=True) if trained else []
    opt.zero_grad(set_to_none=True)
    for p, grad in zip(trained, grads, strict=True):
        p.grad = grad
    opt.step()
    return loss.item()


def play(env, policies: list[Callable], max_steps: int) -> tuple[list[float], int]:
    """Play one episode."""
    observations = env.reset()
    if len(observations) != len(policies):
        raise ValueError("there must be one policy for each observation")
    returns = [0.0] * len(policies)
    steps = 0
    while steps < max_steps:
        actions = [policy(seen) for policy, seen in zip(policies, observations, strict=True)]
        observations, rewards, terminated, truncated = env.step(actions)
        returns = [total + float(reward) for total, reward in zip(returns, rewards, strict=True)]
        steps += 1
        if terminated or truncated:
            break
    return returns, steps
