"""An attention variant: who sees whom, by one of three rules, in a precision that suffices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class AttentionSlots(Slots):
    """What is open in the attention."""

    setting: Literal["letters", "sensors", "proteins"]
    """What the sequence is."""
    rule: Literal["window", "prefix", "slope"]
    """Which keys a query sees, and how near."""
    function: Literal["attend", "mix_values", "attention"]
    query: Literal["query", "queries", "asking"]
    """The argument with what asks."""


SETTINGS = {
    "letters": Setting(
        "Compute attention over long letters",
        "A model answers long letters, and how far its attention may look back decides what a reply costs.",
        Translation(title="计算长信件上的注意力", story="模型回复很长的信件，注意力能回看多远决定了每次回复的开销。"),
    ),
    "sensors": Setting(
        "Compute attention over readings of sensors",
        "A model reads the sensors of a bridge one after the other, and its attention must never look into the future.",
        Translation(title="计算传感器读数上的注意力", story="模型依次读取桥梁传感器的数据，注意力绝不能看到未来。"),
    ),
    "proteins": Setting(
        "Compute attention over chains of proteins",
        "A model writes proteins link by link, and its attention should care more for what is near in the chain.",
        Translation(title="计算蛋白质链上的注意力", story="模型逐个生成蛋白质链的环节，注意力应更看重链上邻近的部分。"),
    ),
}

_RULES = {
    "window": {
        "limit": "reach",
        "kind": "int",
        "ruleen": "position i sees position j if i - `reach` < j <= i: itself and at most `reach` - 1 before it",
        "rulezh": "位置 i 能看到位置 j 的条件是 i - `reach` < j <= i：即它自身以及之前至多 `reach` - 1 个位置",
        "baden": "`reach` is below 1",
        "badzh": "`reach` 小于 1",
        "badcode": "reach < 1",
        "badvalues": "[0, -3]",
        "goodvalues": "(1, 2, 3, 50)",
        "rulecode": "seen = (back >= 0) & (back < reach)",
        "shortcode": "seen = list(range(max(0, i + 1 - reach), i + 1))\nscores = row[seen]",
        "oraclecode": "return dot if 0 <= i - j < limit else None",
        "nearcode": "seen = (back >= 0) & (back <= reach)",
        "turnedcode": "seen = (back <= 0) & (back > -reach)",
        "openedcode": "seen = back.abs() < reach",
    },
    "prefix": {
        "limit": "prefix",
        "kind": "int",
        "ruleen": "position i sees position j if j <= i or j < `prefix`: the first `prefix` positions are seen by all",
        "rulezh": "位置 i 能看到位置 j 的条件是 j <= i 或 j < `prefix`：最前面的 `prefix` 个位置对所有位置可见",
        "baden": "`prefix` is below 0",
        "badzh": "`prefix` 小于 0",
        "badcode": "prefix < 0",
        "badvalues": "[-1, -3]",
        "goodvalues": "(0, 2, 3, 50)",
        "rulecode": "seen = (back >= 0) | (place < prefix)",
        "shortcode": "seen = list(range(min(len(row), max(i + 1, prefix))))\nscores = row[seen]",
        "oraclecode": "return dot if j <= i or j < limit else None",
        "nearcode": "seen = (back >= 0) | (place <= prefix)",
        "turnedcode": "seen = (back <= 0) | (place < prefix)",
        "openedcode": "seen = (back >= 0) | (place[:, None] < prefix)",
    },
    "slope": {
        "limit": "slope",
        "kind": "float",
        "ruleen": "position i sees position j if j <= i, and `slope` times (i - j) is taken from the score of the two",
        "rulezh": "位置 i 能看到位置 j 的条件是 j <= i，并从两者的分数中减去 `slope` 乘以 (i - j)",
        "baden": "`slope` is below 0",
        "badzh": "`slope` 小于 0",
        "badcode": "not slope >= 0",
        "badvalues": "[-0.5, -3.0]",
        "goodvalues": "(0.0, 0.3, 1.5, 4.0)",
        "rulecode": "seen = back >= 0\nscores = scores - slope * back.to(wide)",
        "shortcode": "seen = list(range(i + 1))\nscores = row[seen] - slope * torch.arange(i, -1, -1, dtype=row.dtype)",
        "oraclecode": "return dot - limit * (i - j) if j <= i else None",
        "nearcode": "seen = back >= 0\nscores = scores + slope * back.to(wide)",
        "turnedcode": "seen = back <= 0\nscores = scores + slope * back.to(wide)",
        "openedcode": "seen = back == back\nscores = scores - slope * back.abs().to(wide)",
    },
}


def _values(slots: AttentionSlots) -> Mapping[str, str]:
    """Return the rule: in words, in the reference, and in the other programs."""
    rule = _RULES[slots.rule]
    return {**rule, "ruleupen": rule["ruleen"][0].upper() + rule["ruleen"][1:]}


ATTENTION = Template(
    name="attention",
    summary="a variant of attention in a transformer, which decides what each position of a sequence sees",
    packages=("torch",),
    skills=("torch", "attention", "numerical-stability"),
    minutes=25,
    signature="(SLOT_query: Tensor[..., L, D], key: Tensor[..., L, D], value: Tensor[..., L, E], "
    "SLOT_limit: SLOT_kind) -> Tensor[..., L, E]",
    slots=AttentionSlots,
    names=("function", "query"),
    settings=SETTINGS,
    values=_values,
)
