"""A training step: forward, backward, a rule for gradients that are too large, and the optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class StepSlots(Slots):
    """What is open in the training step."""

    setting: Literal["prices", "rivers", "batteries"]
    """What is predicted."""
    rule: Literal["norm", "value", "skip"]
    """What is done with gradients that are too large."""
    function: Literal["train_step", "learn_once", "take_step"]
    model: Literal["model", "network", "predictor"]
    """The argument that learns."""


SETTINGS = {
    "prices": Setting(
        "Train a model of prices step by step",
        "A model learns the prices of flats, and a few mistyped examples give gradients that would ruin its weights.",
        Translation(title="逐步训练房价模型", story="模型学习公寓价格，少数录入错误的样本产生的梯度会毁掉权重。"),
    ),
    "rivers": Setting(
        "Train a model of rivers step by step",
        "A model learns how high rivers rise, and the rare floods in its training data give gradients of another size.",
        Translation(title="逐步训练河流水位模型", story="模型学习河流水位，训练数据中罕见的洪水产生量级悬殊的梯度。"),
    ),
    "batteries": Setting(
        "Train a model of batteries step by step",
        "A model learns how batteries age, and the training must go on when a broken sensor sends huge numbers.",
        Translation(
            title="逐步训练电池模型", story="模型学习电池如何老化，即使故障传感器送来巨大的数值，训练也必须继续。"
        ),
    ),
}

_NORM = "norm = torch.stack([each.double().square().sum() for each in gradients]).sum().sqrt()"
_CLIP = "if norm > limit:\n    for each in gradients:\n        each.mul_(limit / norm)"
_RULES = {
    "norm": {
        "ruleen": "if the square root of the sum of the squares of all gradients together is greater than `limit`, all "
        "gradients are multiplied by `limit` divided by it",
        "rulezh": "若所有梯度合在一起的平方和的平方根大于 `limit`，则所有梯度都乘以 `limit` 与它的比值",
        "rulecode": f"{_NORM}\n{_CLIP}\noptimizer.step()",
        "shortcode": "torch.nn.utils.clip_grad_norm_(moving, limit)\noptimizer.step()",
        "oraclecode": "norm = math.sqrt(sum(float((slope * slope).sum()) for slope in slopes.values()))\n"
        "if norm > limit:\n    slopes = {name: slope * (limit / norm) for name, slope in slopes.items()}",
        "nearcode": "for each in gradients:\n    each.mul_(min(1.0, limit / float(each.norm())))\noptimizer.step()",
        "othercode": f"{_NORM}\nfor each in gradients:\n    each.mul_(limit / norm)\noptimizer.step()",
        "latecode": f"optimizer.step()\n{_NORM}\n{_CLIP}",
    },
    "value": {
        "ruleen": "each entry of a gradient that is greater than `limit` becomes `limit`, and each that is less than "
        "-`limit` becomes -`limit`",
        "rulezh": "梯度中大于 `limit` 的每个元素都变为 `limit`，小于 -`limit` 的变为 -`limit`",
        "rulecode": "for each in gradients:\n    each.clamp_(-limit, limit)\noptimizer.step()",
        "shortcode": "torch.nn.utils.clip_grad_value_(moving, limit)\noptimizer.step()",
        "oraclecode": "slopes = {name: np.minimum(np.maximum(slope, -limit), limit) for name, slope in slopes.items()}",
        "nearcode": "for each in gradients:\n    each.clamp_(max=limit)\noptimizer.step()",
        "othercode": "for each in gradients:\n    each.sign_().mul_(limit)\noptimizer.step()",
        "latecode": "optimizer.step()\nfor each in gradients:\n    each.clamp_(-limit, limit)",
    },
    "skip": {
        "ruleen": "if the square root of the sum of the squares of all gradients together is greater than `limit`, the "
        "optimizer does not step, and neither it nor the weights change",
        "rulezh": "若所有梯度合在一起的平方和的平方根大于 `limit`，则优化器不更新，它与权重都保持不变",
        "rulecode": f"{_NORM}\nif norm <= limit:\n    optimizer.step()",
        "shortcode": "if torch.linalg.vector_norm(torch.cat([each.grad.flatten() for each in moving])) <= limit:\n"
        "    optimizer.step()",
        "oraclecode": "if math.sqrt(sum(float((slope * slope).sum()) for slope in slopes.values())) > limit:\n"
        "    return weights, pace, loss",
        "nearcode": "if max(each.norm() for each in gradients) <= limit:\n    optimizer.step()",
        "othercode": f"{_NORM}\n{_CLIP}\noptimizer.step()",
        "latecode": f"{_NORM}\nif norm > limit:\n    for each in gradients:\n        each.zero_()\noptimizer.step()",
    },
}


def _values(slots: StepSlots) -> Mapping[str, str]:
    """Return the rule: in words, in the reference, and in the other programs."""
    return _RULES[slots.rule]


STEP = Template(
    name="step",
    summary="one training step of a model with an optimizer, safe from gradients that are too large",
    packages=("torch",),
    skills=("torch", "training-loop", "gradient-clipping"),
    minutes=20,
    signature="(SLOT_model: Module, optimizer: Optimizer, x: Tensor[N, D], y: Tensor[N, K], limit: float) -> float",
    slots=StepSlots,
    names=("function", "model"),
    settings=SETTINGS,
    values=_values,
)
