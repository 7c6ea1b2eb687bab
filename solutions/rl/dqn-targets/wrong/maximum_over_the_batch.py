"""Mistake: the best value is taken over rows, not over actions."""

import torch
from torch.nn.functional import smooth_l1_loss


def targets(r, terminated, q_next, gamma, q_next_online=None):
    """Return what the values of the chosen actions should be."""
    chooser = q_next if q_next_online is None else q_next_online
    if q_next.ndim != 2 or chooser.shape != q_next.shape or not 0 <= gamma <= 1:
        raise ValueError("two tables of values of the same shape, and gamma from 0 to 1, please")
    if not r.shape == terminated.shape == q_next.shape[:1]:
        raise ValueError("one reward and one flag for each row, please")
    value = q_next.gather(0, chooser.argmax(dim=0, keepdim=True)).squeeze(0)[:1]
    return torch.where(terminated, r, r + gamma * value).detach()


def act(net, obs):
    """Return the best action for one observation."""
    with torch.no_grad():
        return int(net(obs[None]).argmax())


def dqn_step(net, target_net, batch, gamma, opt, double=False):
    """Take one step of learning, and return the loss."""
    obs, actions, r, terminated, next_obs = batch
    with torch.no_grad():
        wanted = targets(r, terminated, target_net(next_obs), gamma, net(next_obs) if double else None)
    found = net(obs).gather(1, actions[:, None]).squeeze(1)
    loss = smooth_l1_loss(found, wanted)
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


def sync(net, target_net, tau):
    """Move the target network towards the network."""
    ours, theirs = net.state_dict(), target_net.state_dict()
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in (ours, theirs)]
    if shapes[0] != shapes[1] or not 0 <= tau <= 1:
        raise ValueError("two networks of the same shapes, and tau from 0 to 1, please")
    shares = dict.fromkeys((name for name, _ in net.named_parameters()), tau)
    with torch.no_grad():
        for name, tensor in theirs.items():
            share = shares.get(name, 1)
            tensor.copy_(share * ours[name] + (1 - share) * tensor)
