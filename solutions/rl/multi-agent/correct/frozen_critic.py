"""Freezes the critic for the step instead of asking for some gradients; fills a table column by column."""

import torch


def joint_inputs(obs, acts):
    """Put observations and actions of all agents side by side."""
    if len(obs) == 0 or len(obs) != len(acts):
        raise ValueError("agents")
    rows = {part.shape[0] if part.dim() == 2 else -1 for part in list(obs) + list(acts)}
    if len(rows) != 1 or -1 in rows:
        raise ValueError("rows")
    return torch.hstack([torch.hstack(obs), torch.hstack(acts)])


@torch.no_grad()
def maddpg_targets(r, done, next_obs, target_actors, target_critics, gamma):
    """Return what each critic should say."""
    counts = {len(next_obs), len(target_actors), len(target_critics)}
    if len(counts) != 1 or done.dim() != 1 or tuple(r.shape) != (len(done), len(next_obs)):
        raise ValueError("numbers of agents or rows")
    made = r.clone()
    joint = joint_inputs(next_obs, [actor(seen) for actor, seen in zip(target_actors, next_obs)])
    live = ~done
    for i, critic in enumerate(target_critics):
        made[live, i] += gamma * critic(joint).reshape(-1)[live]
    return made


def actor_step(i, actors, critics, obs, acts, opt):
    """Teach one actor by its critic, and return the loss."""
    flags = [weight.requires_grad for weight in critics[i].parameters()]
    critics[i].requires_grad_(False)
    opt.zero_grad()
    replaced = list(acts)
    replaced[i] = actors[i](obs[i])
    loss = -torch.mean(critics[i](joint_inputs(obs, replaced)))
    loss.backward()
    opt.step()
    for weight, flag in zip(critics[i].parameters(), flags):
        weight.requires_grad_(flag)
    return float(loss.detach())


def play(env, policies, max_steps):
    """Play one episode."""
    seen = env.reset()
    if len(seen) != len(policies):
        raise ValueError("policies")
    returns = [0.0 for _ in policies]
    for step in range(max_steps):
        seen, rewards, terminated, truncated = env.step([policies[k](seen[k]) for k in range(len(policies))])
        for k, reward in enumerate(rewards):
            returns[k] += reward
        if terminated or truncated:
            return returns, step + 1
    return returns, max_steps
