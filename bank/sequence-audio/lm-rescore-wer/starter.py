"""A language model, a choice and a measure: write a class and two functions."""


class NGram:
    """An n-gram model with k added to each count."""

    def __init__(self, n: int, k: float) -> None:
        """Begin without counts."""
        # Write: the refusals and what is kept.

    def fit(self, sents: list[list[str]]) -> None:
        """Count the words of sentences after those before them."""
        # Write: symbols around a sentence, counts.

    def prob(self, word: str, history: list[str]) -> float:
        """Return the probability of a word after others."""
        # Write: unknown words, the context, the quotient.

    def logprob(self, sent: list[str]) -> float:
        """Return the logarithm of the probability of a sentence."""
        # Write: a sum over words and the end.


def rescore(hyps: list[list[str]], am: list[float], lm: NGram, lam: float, beta: float) -> int:
    """Choose a hypothesis by sound, language and length."""
    # Write: the refusals and the largest sum.


def wer(ref: list[str], hyp: list[str]) -> tuple[float, int, int, int]:
    """Return the word error rate, and substitutions, deletions and insertions."""
    # Write: a distance row by row, and its parts.
