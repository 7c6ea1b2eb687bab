"""Picks by index, writes the loss out, and goes through parameters and buffers apart."""

import torch


def targets(r, terminated, q_next, gamma, q_next_online=None):
    """Return what the values of the chosen actions should be."""
    if q_next.dim() != 2:
        raise ValueError("values have two axes")
    rows = q_next.size(0)
    if tuple(r.shape) != (rows,) or tuple(terminated.shape) != (rows,):
        raise ValueError("rewards and flags have one axis")
    if q_next_online is not None and tuple(q_next_online.shape) != tuple(q_next.shape):
        raise ValueError("both networks value the same actions")
    if not (gamma >= 0 and gamma <= 1):
        raise ValueError("gamma is from 0 to 1")
    with torch.no_grad():
        made = r.clone()
        live = torch.nonzero(~terminated)[:, 0]
        if q_next_online is None:
            value = q_next[live].amax(dim=1)
        else:
            value = q_next[live, q_next_online[live].argmax(dim=1)]
        made[live] += gamma * value
    return made


@torch.no_grad()
def act(net, obs):
    """Return the best action for one observation."""
    values = net(obs.unsqueeze(0))[0]
    return max(range(len(values)), key=lambda action: float(values[action]))


def dqn_step(net, target_net, batch, gamma, opt, double=False):
    """Take one step of learning, and return the loss."""
    obs, actions, r, terminated, next_obs = batch
    q_next = target_net(next_obs).detach()
    online = net(next_obs).detach() if double else None
    wanted = targets(r, terminated, q_next, gamma, online)
    gap = net(obs)[torch.arange(len(actions)), actions] - wanted
    size = gap.abs()
    loss = torch.where(size < 1, gap**2 / 2, size - 0.5).mean()
    net.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


def sync(net, target_net, tau):
    """Move the target network towards the network."""
    if not (tau >= 0 and tau <= 1):
        raise ValueError("tau is from 0 to 1")
    for kind in ("named_parameters", "named_buffers"):
        ours, theirs = dict(getattr(net, kind)()), dict(getattr(target_net, kind)())
        if ours.keys() != theirs.keys() or any(ours[name].shape != theirs[name].shape for name in ours):
            raise ValueError("the networks differ")
    with torch.no_grad():
        for mine, other in zip(target_net.parameters(), net.parameters()):
            mine.mul_(1 - tau).add_(other, alpha=tau)
        for mine, other in zip(target_net.buffers(), net.buffers()):
            mine.copy_(other)
