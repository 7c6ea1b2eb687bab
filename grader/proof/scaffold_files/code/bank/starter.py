"""Scale a list of numbers."""


def scale(values: list[float], factor: float) -> list[float]:
    """Return a new list with every value multiplied by factor."""
    return []  # write your answer here
