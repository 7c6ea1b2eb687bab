"""Mistake: every turn of the assistant is to be learnt."""

NO_LABEL = -100  # variant: no_label


def build(turns, eos, max_len):
    """Return the ids of a dialogue, and labels on its last turn."""
    _check_roles(turns)
    if not turns or turns[-1][0] != "assistant":
        raise ValueError("the last turn must be the assistant's")
    *context, reply = [[*ids, eos] for _, ids in turns]
    room = max_len - len(reply)
    if room < 0:
        raise ValueError(f"the reply takes {len(reply)}, more than {max_len}")
    while len(context) > 1 and sum(map(len, context)) > room:
        context = context[1:]
    roles = [role for role, _ in turns[:-1]][len(turns) - 1 - len(context) :]
    marks = [token if role == "assistant" else NO_LABEL for role, turn in zip(roles, context) for token in turn]
    kept = [token for turn in context for token in turn]
    cut = max(0, len(kept) - room)
    return kept[cut:] + reply, marks[cut:] + reply


def examples(turns, eos, max_len):
    """Return an example for each turn of the assistant."""
    _check_roles(turns)
    ends = [i for i, (role, ids) in enumerate(turns) if role == "assistant" and len(ids) < max_len]
    return [build(turns[: i + 1], eos, max_len) for i in ends]


def collate(rows, pad):
    """Return the ids, the labels and the mask of rows of one length."""
    longest = max((len(ids) for ids, _ in rows), default=0)
    ids = [_filled(row, pad, longest) for row, _ in rows]
    labels = [_filled(row, NO_LABEL, longest) for _, row in rows]
    return ids, labels, [_filled([1] * len(row), 0, longest) for row, _ in rows]


def _filled(row, value, length):
    """Return a row made longer."""
    return row + [value] * (length - len(row))


def _check_roles(turns):
    """Refuse a dialogue in which somebody else speaks."""
    for role, _ in turns:
        if role not in ("user", "assistant"):
            raise ValueError(f"no role: {role!r}")
