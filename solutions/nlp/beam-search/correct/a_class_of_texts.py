"""Texts as objects that know how they compare."""

import functools
import math


@functools.total_ordering
class _Text:
    """Ids, the number of new ones, and the sum of their logarithms."""

    def __init__(self, ids, new=0, total=0.0, alpha=0.0):
        self.ids, self.new, self.total, self.alpha = ids, new, total, alpha

    def extend(self, logits):
        """Yield the text with each possible token."""
        top = max(logits)
        whole = top + math.log(math.fsum(math.exp(logit - top) for logit in logits))
        for token, logit in enumerate(logits):
            if not math.isinf(logit):
                yield _Text([*self.ids, token], self.new + 1, self.total + (logit - whole), self.alpha)

    @property
    def score(self):
        """The total under the length penalty."""
        return self.total * ((5 + self.new) / 6) ** -self.alpha

    def __lt__(self, other):
        return (-self.score, self.ids) < (-other.score, other.ids)

    def __eq__(self, other):
        return self is other


def beam_search(step_fn, prompt, eos, beam, max_new, alpha=0.0):
    """Return the best texts with their scores, the best first."""
    if beam < 1 or max_new < 0 or math.isnan(alpha) or alpha < 0 or alpha == math.inf:
        raise ValueError("beam, max_new or alpha")
    alive, finished = [_Text(prompt.copy(), alpha=alpha)], []
    while max_new:
        max_new -= 1
        rows = step_fn([text.ids.copy() for text in alive]).tolist()
        following = [longer for text, row in zip(alive, rows, strict=True) for longer in text.extend(row)]
        finished += [text for text in following if eos is not None and text.ids[-1] == eos]
        alive = sorted(text for text in following if eos is None or text.ids[-1] != eos)[:beam]
        if not alive:
            break
        if alpha == 0 and sum(text.total > alive[0].total for text in finished) >= beam:
            break
    if alive and not max_new:
        finished += alive
    return [(text.ids, text.score) for text in sorted(finished)[:beam]]
