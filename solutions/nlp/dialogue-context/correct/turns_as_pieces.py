"""Each turn is a piece with its eos; pieces are dropped from the front, and the last one before the reply is cut."""

NO_LABEL = -100  # variant: no_label


def _check_roles(turns):
    for role, _ in turns:
        if role not in ("user", "assistant"):
            raise ValueError(f"unknown role {role!r}")


def build(turns, eos, max_len):
    """Return the ids of a dialogue, and labels on its last turn."""
    _check_roles(turns)
    if not turns or turns[-1][0] != "assistant":
        raise ValueError("the last turn must be the assistant's")
    pieces = [[*ids, eos] for _, ids in turns]
    reply = pieces[-1]
    if len(reply) > max_len:
        raise ValueError("the reply is too long")

    excess = sum(len(piece) for piece in pieces) - max_len
    first = 0
    while excess > 0 and first < len(pieces) - 2:
        excess -= len(pieces[first])
        first += 1
    kept = pieces[first:-1]
    if excess > 0:  # only the prompt is left, else the reply would be too long
        kept[0] = kept[0][excess:]

    before = [token for piece in kept for token in piece]
    return before + reply, [NO_LABEL] * len(before) + reply


def examples(turns, eos, max_len):
    """Return an example for each turn of the assistant."""
    _check_roles(turns)
    return [
        build(turns[: i + 1], eos, max_len)
        for i, (role, ids) in enumerate(turns)
        if role == "assistant" and len(ids) + 1 <= max_len
    ]


def collate(rows, pad):
    """Return the ids, the labels and the mask of rows of one length."""
    width = max((len(ids) for ids, _ in rows), default=0)
    all_ids, all_labels, mask = [], [], []
    for ids, labels in rows:
        fill = width - len(ids)
        all_ids.append([*ids] + [pad] * fill)
        all_labels.append([*labels] + [NO_LABEL] * fill)
        mask.append([1] * len(ids) + [0] * fill)
    return all_ids, all_labels, mask
