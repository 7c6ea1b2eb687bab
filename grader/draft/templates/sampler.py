"""A sampler: the probabilities of the next token, after a temperature and one of three ways to cut off the tail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class SamplerSlots(Slots):
    """What is open in the sampler."""

    setting: Literal["chat", "code", "music"]
    """What the language model writes."""
    rule: Literal["top-k", "top-p", "min-p"]
    """How the tail is cut off."""
    function: Literal["next_token_chances", "sampling_weights", "cut_tail"]
    logits: Literal["logits", "token_scores"]
    """The argument with a number for each token."""


SETTINGS = {
    "chat": Setting(
        "Sample the next word of a conversation",
        "A chat model sounds dull when it always takes the likeliest word, and raves when it takes any of them.",
        Translation(title="为对话采样下一个词", story="对话模型总取最可能的词会显得乏味，任何词都取又会胡言乱语。"),
    ),
    "code": Setting(
        "Sample the next token of a program",
        "A model completes programs in an editor, and now and then a rare token from the tail ruins a whole line.",
        Translation(
            title="为程序采样下一个词元", story="模型在编辑器中补全程序，分布尾部的罕见词元偶尔会毁掉整行代码。"
        ),
    ),
    "music": Setting(
        "Sample the next note of a melody",
        "A small model improvises melodies, and its owner wants to choose how daring the next note may be.",
        Translation(
            title="为旋律采样下一个音符", story="一个小模型即兴创作旋律，使用者希望能决定下一个音符可以多大胆。"
        ),
    ),
}

_RULES = {
    "top-k": {
        "limit": "count",
        "kind": "int",
        "ruleen": "the `count` most probable tokens are kept; of two that are equally probable, the first",
        "rulezh": "保留概率最大的 `count` 个词元；概率相同的，取排在前面的",
        "baden": "`count` is below 1",
        "badzh": "`count` 小于 1",
        "badcode": "count < 1",
        "badvalues": "[0, -2]",
        "goodvalues": "st.integers(1, 7)",
        "keepcode": "kept = set(order[:count])",
        "oraclekeep": "kept = [place for place in places if sum(better(other, place) for other in places) < limit]",
        "shortkeep": "mask = [rank < count for rank in ranks]",
        "wrongkeep": "kept = set(order[: count + 1])",
        "wholelimit": "10",
    },
    "top-p": {
        "limit": "share",
        "kind": "float",
        "ruleen": "the most probable tokens are kept, one after the other, until their probabilities add up to "
        "`share` or more; of two that are equally probable, the first goes first",
        "rulezh": "从概率最大的词元开始逐个保留，直到它们的概率之和达到 `share`；概率相同的，排在前面的优先",
        "baden": "`share` is not above 0 or is above 1",
        "badzh": "`share` 不大于 0，或大于 1",
        "badcode": "not 0 < share <= 1",
        "badvalues": "[0.0, -0.5, 1.25]",
        "goodvalues": "st.integers(2, 18).map(lambda number: number / 20 + 0.013)",
        "keepcode": "kept, reached = set(), 0.0\nfor place in order:\n    if reached < share:\n"
        "        kept.add(place)\n        reached += chances[place]",
        "oraclekeep": "above = [sum(chances[one] for one in places if better(one, place)) for place in places]\n"
        "kept = [place for place in places if above[place] < limit]",
        "shortkeep": "before = list(itertools.accumulate((chances[place] for place in order), initial=0.0))\n"
        "mask = [before[rank] < share for rank in ranks]",
        "wrongkeep": "kept, reached = set(), 0.0\nfor place in order:\n    reached += chances[place]\n"
        "    if reached <= share or not kept:\n        kept.add(place)",
        "wholelimit": "1.0",
    },
    "min-p": {
        "limit": "part",
        "kind": "float",
        "ruleen": "the tokens are kept whose probability is at least `part` times that of the most probable one",
        "rulezh": "保留概率不小于最大概率的 `part` 倍的词元",
        "baden": "`part` is below 0 or above 1",
        "badzh": "`part` 小于 0 或大于 1",
        "badcode": "not 0 <= part <= 1",
        "badvalues": "[-0.25, 1.25]",
        "goodvalues": "st.integers(1, 18).map(lambda number: number / 20 + 0.013)",
        "keepcode": "kept = {place for place in order if chances[place] >= part * chances[order[0]]}",
        "oraclekeep": "kept = [place for place in places if chances[place] >= limit * max(chances)]",
        "shortkeep": "mask = [chance >= part * max(chances) for chance in chances]",
        "wrongkeep": "kept = {place for place in order if chances[place] >= part} or {order[0]}",
        "wholelimit": "0.0",
    },
}


def _values(slots: SamplerSlots) -> Mapping[str, str]:
    """Return the rule: in words, in the reference, and in the other programs."""
    return _RULES[slots.rule]


SAMPLER = Template(
    name="sampler",
    summary="the probabilities from which a language model draws its next token, after a temperature and a cut-off",
    packages=(),
    skills=("python", "language-models", "sampling"),
    minutes=25,
    signature="(SLOT_logits: list[float], temperature: float, SLOT_limit: SLOT_kind) -> list[float]",
    slots=SamplerSlots,
    names=("function", "logits"),
    settings=SETTINGS,
    values=_values,
)
