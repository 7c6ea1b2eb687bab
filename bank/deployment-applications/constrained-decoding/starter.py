"""Decoding that always ends valid: write both functions."""

from collections.abc import Callable


def distances(automaton: tuple) -> dict:
    """Return how many tokens each state is away from acceptance."""
    # Write: the search.


def constrained_decode(step_fn: Callable, automaton: tuple, eos: int, max_len: int) -> list[int]:
    """Return the tokens chosen greedily among those that can still end valid."""
    # Write: the refusals, the steps.
