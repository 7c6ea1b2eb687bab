"""Ends with the shorter list."""


def SLOT_function(SLOT_truth: list[int], SLOT_guess: list[int], classes: int) -> float:
    """Return the score of the predictions."""
    if any(not 0 <= label < classes for label in (*SLOT_truth, *SLOT_guess)):
        raise ValueError("there is a number that is no class")
    square = SLOT_beta**2
    scores, weights = [], []
    for label in range(classes):
        hits = sum(true == said == label for true, said in zip(SLOT_truth, SLOT_guess))
        misses = SLOT_truth.count(label) - hits
        alarms = SLOT_guess.count(label) - hits
        if hits + misses + alarms == 0:
            SLOT_absentcode
        else:
            scores.append((1 + square) * hits / ((1 + square) * hits + square * misses + alarms))
            weights.append(SLOT_weight)
    return sum(score * weight for score, weight in zip(scores, weights)) / sum(weights)
