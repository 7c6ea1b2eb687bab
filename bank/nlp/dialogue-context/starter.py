"""Training examples from a dialogue: see the statement for the rules."""


def build(turns, eos, max_len):
    """Return the ids of a dialogue, and labels on its last turn."""
    # Write: what is kept, what is cut, and which ids have labels.
    return [], []


def examples(turns, eos, max_len):
    """Return an example for each turn of the assistant."""
    return []


def collate(rows, pad):
    """Return the ids, the labels and the mask of rows of one length."""
    return [], [], []
