"""By counters, as precision and recall."""

from collections import Counter


def SLOT_function(SLOT_truth, SLOT_guess, classes):
    if not SLOT_truth or len(SLOT_truth) != len(SLOT_guess):
        raise ValueError("lists of different lengths, or empty ones")
    if not set(SLOT_truth) | set(SLOT_guess) <= set(range(classes)):
        raise ValueError("no class")
    true, said = Counter(SLOT_truth), Counter(SLOT_guess)
    right = Counter(label for label, other in zip(SLOT_truth, SLOT_guess) if label == other)
    counts = dict.fromkeys(range(classes), 1)
    scores = {}
    for label in range(classes):
        hits, misses = right[label], true[label] - right[label]
        if true[label] + said[label] == 0:
            SLOT_absentshort
            continue
        counts[label] = SLOT_weight
        scores[label] = 0.0
        if hits:
            precision, recall = hits / said[label], hits / true[label]
            scores[label] = (1 + SLOT_beta**2) * precision * recall / (SLOT_beta**2 * precision + recall)
    return sum(scores[label] * counts[label] for label in scores) / sum(counts.values())
