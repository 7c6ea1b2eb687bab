"""Pads on the other side."""


def SLOT_function(SLOT_sequences: list[list[int]], length: int, pad: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return rows of one length, and which of their ids are real."""
    if length < 1:
        raise ValueError("no room for an id")
    cut = []
    for ids in SLOT_sequences:
        SLOT_cutcode
        cut.append(kept)
    size = max(map(len, cut), default=0)
    rows, masks = [], []
    for kept in cut:
        gap = [pad] * (size - len(kept))
        SLOT_nearpad
        rows.append(padded)
        masks.append(seen)
    return rows, masks
