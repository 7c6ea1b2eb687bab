"""The share of right predictions."""


def SLOT_function(SLOT_truth, SLOT_guess, classes):
    if len(SLOT_truth) != len(SLOT_guess) or not SLOT_truth:
        raise ValueError("both lists must hold a class for each item")
    if any(not 0 <= label < classes for label in (*SLOT_truth, *SLOT_guess)):
        raise ValueError("there is a number that is no class")
    return sum(true == said for true, said in zip(SLOT_truth, SLOT_guess)) / len(SLOT_truth)
