"""Has no width for an empty batch."""


def SLOT_function(SLOT_sequences: list[list[int]], length: int, pad: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return rows of one length, and which of their ids are real."""
    if length < 1:
        raise ValueError("no room for an id")
    cut = []
    for ids in SLOT_sequences:
        SLOT_cutcode
        cut.append(kept)
    size = max(len(kept) for kept in cut)
    rows, masks = [], []
    for kept in cut:
        gap = [pad] * (size - len(kept))
        SLOT_padcode
        rows.append(padded)
        masks.append(seen)
    return rows, masks
