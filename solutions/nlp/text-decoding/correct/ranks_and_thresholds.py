"""The rank of every token in its row, compared with the number of tokens that stay."""

import numpy as np


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Return the divided logits of the tokens that may follow, and -inf for every other one."""
    for name, value, top in (("temperature", temperature, np.finfo(float).max), ("top_p", top_p, 1)):
        if value is not None and not 0 < value <= top:
            raise ValueError(name)
    if top_k is not None and top_k < 1:
        raise ValueError("top_k")
    divided = logits.astype(np.float64) / temperature
    ids = np.broadcast_to(np.arange(logits.shape[-1]), logits.shape)
    rank = np.lexsort((ids, -divided), axis=-1).argsort(axis=-1)
    stay = rank < (logits.shape[-1] if top_k is None else top_k)
    if top_p is not None and top_p < 1:
        ranked = np.sort(np.where(stay, divided, -np.inf), axis=-1)[..., ::-1]
        powers = np.exp(ranked - ranked[..., :1])
        sums = np.cumsum(powers, axis=-1) / powers.sum(axis=-1, keepdims=True)
        # one more than the sums that fall short
        stay &= rank <= (sums < top_p).sum(axis=-1, keepdims=True)
    return np.where(stay, divided, -np.inf).astype(logits.dtype)


def generate(step_fn, prompt, max_new, eos, u=None, temperature=1.0, top_k=None, top_p=None):
    """Return the prompt and the new tokens, chosen greedily or by the numbers of u."""
    if max_new < 0:
        raise ValueError("max_new")
    numbers = [None] * max_new if u is None else u.tolist()[:max_new]
    if len(numbers) != max_new:
        raise ValueError("u")
    ids = prompt.copy()
    for number in numbers:
        logits = step_fn(ids.copy())
        if number is None:
            token = np.argmax(logits)
        else:
            kept = filter_logits(logits, temperature, top_k, top_p)
            stays = np.flatnonzero(kept != -np.inf)
            p = np.exp(kept[stays] - kept[stays].max())
            place = np.searchsorted(np.cumsum(p / p.sum()), number, side="right")
            token = stays[min(place, len(stays) - 1)]
        ids.append(int(token))
        if eos is not None and ids[-1] == eos:
            return ids
    return ids
