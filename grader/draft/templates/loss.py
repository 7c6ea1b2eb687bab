"""A loss: cross-entropy of a classifier in one of three variants, over the rows that count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class LossSlots(Slots):
    """What is open in the loss."""

    setting: Literal["letters", "scans", "plants"]
    """What is classified."""
    rule: Literal["smoothed", "focal", "margin"]
    """What is done to cross-entropy."""
    function: Literal["class_loss", "training_loss", "batch_loss"]
    logits: Literal["logits", "scores", "outputs"]
    """The argument with a number for each class."""


SETTINGS = {
    "letters": Setting(
        "Compute the loss of a classifier of letters",
        "A classifier sorts the letters that customers write, and a few of the labels in its training data are wrong.",
        Translation(title="计算来信分类器的损失", story="分类器为客户来信归类，而训练数据中有少数标签是错的。"),
    ),
    "scans": Setting(
        "Compute the loss of a classifier of scans",
        "A classifier looks for rare findings in scans, and most of its training data are easy and all alike.",
        Translation(
            title="计算影像分类器的损失", story="分类器在医学影像中寻找罕见病灶，而大部分训练数据既简单又雷同。"
        ),
    ),
    "plants": Setting(
        "Compute the loss of a classifier of plants",
        "A classifier names plants by their leaves, and many kinds look so alike that their classes need a distance.",
        Translation(
            title="计算植物分类器的损失", story="分类器根据叶片辨认植物，许多种类极为相似，类别之间需要拉开距离。"
        ),
    ),
}

_RULES = {
    "smoothed": {
        "strength": "share",
        "example": "0.2",
        "ruleen": "the loss of a row is (1 - `share`) times the negative logarithm of its class's probability, plus "
        "`share` times the mean of the negative logarithms of all classes' probabilities",
        "rulezh": "一行的损失为：（1 - `share`）乘以其类别概率的负对数，再加上 `share` 乘以所有类别概率负对数的平均值",
        "baden": "`share` is below 0, or 1 or more",
        "badzh": "`share` 小于 0，或者大于等于 1",
        "badcode": "not 0 <= share < 1",
        "badvalues": "[-0.1, 1.0, 1.5]",
        "goodvalues": "(0.0, 0.1, 0.6)",
        "rulecode": "logs = torch.log_softmax(rows, -1)\n"
        "losses = -(1 - share) * logs.gather(1, classes[:, None])[:, 0] - share * logs.mean(-1)",
        "shortcode": "losses = whole - (1 - share) * picked - share * rows.mean(-1)",
        "oraclecode": "rest = [whole - value for value in row]\n"
        "return (1 - strength) * rest[label] + strength * math.fsum(rest) / len(rest)",
        "overflowcode": "logs = (rows.exp() / rows.exp().sum(-1, keepdim=True)).log()\n"
        "losses = -(1 - share) * logs.gather(1, classes[:, None])[:, 0] - share * logs.mean(-1)",
        "nearcode": "logs = torch.log_softmax(rows, -1)\nown = logs.gather(1, classes[:, None])[:, 0]\n"
        "losses = -(1 - share) * own - share * (logs.sum(-1) - own) / (rows.shape[1] - 1)",
        "detachedcode": "logs = torch.log_softmax(rows, -1)\n"
        "losses = -(1 - share) * logs.gather(1, classes[:, None])[:, 0] - share * logs.mean(-1).detach()",
    },
    "focal": {
        "strength": "power",
        "example": "2.0",
        "ruleen": "the loss of a row is the negative logarithm of its class's probability, multiplied by "
        "(1 - that probability) to the power of `power`",
        "rulezh": "一行的损失为：其类别概率的负对数，乘以（1 - 该概率）的 `power` 次方",
        "baden": "`power` is below 0",
        "badzh": "`power` 小于 0",
        "badcode": "not power >= 0",
        "badvalues": "[-0.1, -2.0]",
        "goodvalues": "(0.0, 1.0, 2.5)",
        "rulecode": "chosen = torch.log_softmax(rows, -1).gather(1, classes[:, None])[:, 0]\n"
        "losses = -((1 - chosen.exp()) ** power) * chosen",
        "shortcode": "losses = (whole - picked) * (-torch.expm1(picked - whole)) ** power",
        "oraclecode": "return (-math.expm1(row[label] - whole)) ** strength * (whole - row[label])",
        "overflowcode": "chances = rows.exp() / rows.exp().sum(-1, keepdim=True)\n"
        "chosen = chances.gather(1, classes[:, None])[:, 0]\nlosses = -((1 - chosen) ** power) * chosen.log()",
        "nearcode": "chosen = torch.log_softmax(rows, -1).gather(1, classes[:, None])[:, 0]\n"
        "losses = -(chosen.exp() ** power) * chosen",
        "detachedcode": "chosen = torch.log_softmax(rows, -1).gather(1, classes[:, None])[:, 0]\n"
        "losses = -((1 - chosen.detach().exp()) ** power) * chosen",
    },
    "margin": {
        "strength": "margin",
        "example": "0.5",
        "ruleen": "`margin` is taken from the number of the row's class, and from no other; the loss of the row is "
        "then the negative logarithm of its class's probability",
        "rulezh": "从该行所属类别的数中减去 `margin`，其他类别的数不变；该行的损失为此后其类别概率的负对数",
        "baden": "`margin` is below 0",
        "badzh": "`margin` 小于 0",
        "badcode": "not margin >= 0",
        "badvalues": "[-0.1, -2.0]",
        "goodvalues": "(0.0, 0.5, 3.0)",
        "rulecode": "lowered = rows - margin * torch.nn.functional.one_hot(classes, rows.shape[1])\n"
        "losses = -torch.log_softmax(lowered, -1).gather(1, classes[:, None])[:, 0]",
        "shortcode": "own = torch.nn.functional.one_hot(classes, rows.shape[1]).bool()\n"
        "others = rows.masked_fill(own, -math.inf)\n"
        "losses = torch.logaddexp(torch.logsumexp(others, -1), picked - margin) - picked + margin",
        "oraclecode": "lowered = [value - strength * (place == label) for place, value in enumerate(row)]\n"
        "top = max(lowered)\n"
        "return top + math.log(math.fsum(math.exp(value - top) for value in lowered)) - lowered[label]",
        "overflowcode": "lowered = rows - margin * torch.nn.functional.one_hot(classes, rows.shape[1])\n"
        "chances = lowered.exp() / lowered.exp().sum(-1, keepdim=True)\n"
        "losses = -chances.gather(1, classes[:, None])[:, 0].log()",
        "nearcode": "lowered = rows + margin * torch.nn.functional.one_hot(classes, rows.shape[1])\n"
        "losses = -torch.log_softmax(lowered, -1).gather(1, classes[:, None])[:, 0]",
        "detachedcode": "lowered = rows - margin * torch.nn.functional.one_hot(classes, rows.shape[1])\n"
        "whole = torch.logsumexp(lowered, -1).detach()\n"
        "losses = whole - lowered.gather(1, classes[:, None])[:, 0]",
    },
}


def _values(slots: LossSlots) -> Mapping[str, str]:
    """Return the rule: in words, in the reference, and in the other programs."""
    return _RULES[slots.rule]


LOSS = Template(
    name="loss",
    summary="the loss of a classifier in training, a variant of cross-entropy that leaves out rows without a label",
    packages=("torch",),
    skills=("torch", "losses", "numerical-stability"),
    minutes=20,
    signature="(SLOT_logits: Tensor[N, C], targets: int64 Tensor[N], SLOT_strength: float) -> Tensor[]",
    slots=LossSlots,
    names=("function", "logits"),
    settings=SETTINGS,
    values=_values,
)
