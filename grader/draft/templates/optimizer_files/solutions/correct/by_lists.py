"""Step by step, with whole lists."""


def SLOT_function(SLOT_weights, gradients, rate):
    if not rate > 0 or {len(gradient) for gradient in gradients} - {len(SLOT_weights)}:
        raise ValueError("no such rate, or no such gradients")
    result, size = [*SLOT_weights], len(SLOT_weights)
    SLOT_state
    for count, gradient in enumerate(gradients, start=1):
        SLOT_short
        result = [old - rate * move for old, move in zip(result, moves)]
    return result
