"""Mistake: one policy acts for everybody."""

import torch


def joint_inputs(obs, acts):
    """Put observations and actions of all agents side by side."""
    parts = [*obs, *acts]
    if not obs or len(obs) != len(acts):
        raise ValueError(f"{len(obs)} observations and {len(acts)} actions")
    if any(part.ndim != 2 or len(part) != len(obs[0]) for part in parts):
        raise ValueError("as many rows of each agent's observations and actions, please")
    return torch.cat(parts, dim=1)


def maddpg_targets(r, done, next_obs, target_actors, target_critics, gamma):
    """Return what each critic should say."""
    agents = len(next_obs)
    if not len(target_actors) == len(target_critics) == agents or r.shape != (done.numel(), agents) or done.ndim != 1:
        raise ValueError("the arguments differ in the number of agents or rows")
    with torch.no_grad():
        acts = [actor(seen) for actor, seen in zip(target_actors, next_obs)]
        joint = joint_inputs(next_obs, acts)
        values = torch.stack([critic(joint).flatten() for critic in target_critics], dim=1)
        return torch.where(done[:, None], r, r + gamma * values)


def actor_step(i, actors, critics, obs, acts, opt):
    """Teach one actor by its critic, and return the loss."""
    acts = [*acts[:i], actors[i](obs[i]), *acts[i + 1 :]]
    loss = -critics[i](joint_inputs(obs, acts)).mean()
    weights = [weight for weight in actors[i].parameters() if weight.requires_grad]
    # not backward(), which would fill the critic's gradients, too
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights)):
        weight.grad = slope
    opt.step()
    return loss.item()


def play(env, policies, max_steps):
    """Play one episode."""
    observations = env.reset()
    if len(observations) != len(policies):
        raise ValueError(f"{len(observations)} agents, but {len(policies)} policies")
    returns, steps, over = [0.0] * len(policies), 0, False
    while steps < max_steps and not over:
        actions = [policies[0](seen) for seen in observations]
        observations, rewards, terminated, truncated = env.step(actions)
        returns = [total + reward for total, reward in zip(returns, rewards)]
        steps, over = steps + 1, terminated or truncated
    return returns, steps
