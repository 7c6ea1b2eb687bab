"""Collects the turns from the last to the first, as long as there is room."""

from itertools import zip_longest

NO_LABEL = -100  # variant: no_label


def build(turns, eos, max_len):
    """Return the ids of a dialogue, and labels on its last turn."""
    if any(role != "user" and role != "assistant" for role, _ in turns):
        raise ValueError("role")
    if len(turns) == 0:
        raise ValueError("no turn")
    last_role, reply = turns[-1]
    if last_role == "user":
        raise ValueError("no reply")
    budget = max_len - len(reply) - 1
    if budget < 0:
        raise ValueError("the reply does not fit")
    before = []
    for distance, (_, ids) in enumerate(reversed(turns[:-1])):
        taken = list(ids) + [eos]
        if len(taken) > budget:
            if distance == 0 and budget:
                before = taken[-budget:]
            break
        before = taken + before
        budget -= len(taken)
    ids = before + reply + [eos]
    return ids, [token if i >= len(before) else NO_LABEL for i, token in enumerate(ids)]


def examples(turns, eos, max_len):
    """Return an example for each turn of the assistant."""
    found, so_far = [], []
    for turn in turns:
        so_far.append(turn)
        if turn[0] == "assistant" and len(turn[1]) + 1 <= max_len:
            found.append(build(so_far, eos, max_len))
        elif turn[0] not in {"user", "assistant"}:
            raise ValueError("role")
    return found


def collate(rows, pad):
    """Return the ids, the labels and the mask of rows of one length."""
    columns = list(
        zip_longest(*(list(zip(ids, labels, [1] * len(ids))) for ids, labels in rows), fillvalue=(pad, NO_LABEL, 0))
    )
    parts = tuple([[column[r][part] for column in columns] for r in range(len(rows))] for part in range(3))
    return parts
