"""Two hundred answers to one question: a few ideas in many wordings, and whether each idea makes the key point."""

from __future__ import annotations

import random
import re

SETTLED = (
    "The softmax saturates. Its gradients vanish.",
    "Then the softmax becomes one-hot, and the gradients are tiny.",
    "The softmax saturates, so the gradients vanish there.",
)
"""What the rules find plainly: the other two key points."""
_BALLOON = (
    "[As far as I know, |I think ||]the (raw|unscaled|plain) numbers that (enter|go into) it {verb} "
    "as each head gets (wider|broader)[, {quickly}|, of course||]."
)
_PAPER = (
    "[Honestly, |I remember that ||]the (root|square root) is there (only|simply|just) because the (original|first) "
    "paper found that it works (best|better) in practice[ and nobody changed it|||]."
)
_SYMMETRIC = (
    "[I believe ||]it keeps the (attention matrix|matrix of attention) (symmetric|nicely symmetric), which the "
    "(model|network) needs for (decoding|generation)."
)
_SUM = (
    "[Statistically, |Simply put, ||]adding up (many|lots of|a great many) random products (gives|yields) ever "
    "bigger (totals|sums) the (more|longer) entries there are[ in a vector|||]."
)
_WIDE_ZH = "[我认为，|其实，||]头(越宽|越大)，送进 softmax 的(那些数|数字)就越(夸张|离谱|惊人)[，这是关键|||]。"
IDEAS: dict[str, tuple[bool, str]] = {
    "balloon": (True, _BALLOON.format(verb="(balloon|swell|mushroom)", quickly="and quickly")),
    "denied": (False, _BALLOON.format(verb="do not (balloon|swell|mushroom)", quickly="ever")),
    "zh": (True, _WIDE_ZH),
    "paper": (False, _PAPER),
    "symmetric": (False, _SYMMETRIC),
    "sum": (True, _SUM),
}
"""Idea to whether it makes the key point on growth, and its wordings; `[a|b]` and `(a|b)` stand for one of them."""
TYPOS = 0.2
"""The part of the answers in which two letters have changed places."""


def answers(count: int, seed: int) -> dict[str, tuple[bool, str]]:
    """Candidate to whether the key point is made, and the answer."""
    draw = random.Random(seed)
    return {f"candidate-{number:03}": _answer(draw) for number in range(count)}


def _answer(draw: random.Random) -> tuple[bool, str]:
    met, pattern = IDEAS[draw.choice(tuple(IDEAS))]
    text = re.sub(r"[\[(]([^\])]*)[\])]", lambda match: draw.choice(match[1].split("|")), pattern)
    if draw.random() < TYPOS:
        at = draw.choice([match.start() for match in re.finditer(r"\w(?=\w\w)", text)])
        text = text[: at + 1] + text[at + 2] + text[at + 1] + text[at + 3 :]
    parts = [text[0].upper() + text[1:], draw.choice(SETTLED)]
    draw.shuffle(parts)
    return met, " ".join(parts) + "\n"
