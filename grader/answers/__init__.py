"""Answers in words: the form a candidate fills in, and what it is worth. Nothing is executed; text is data."""

LADDER = "1"
"""Version of the rules by which text is compared; a proof depends on it."""
