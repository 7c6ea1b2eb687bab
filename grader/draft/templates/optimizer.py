"""An optimizer: one step after another over a list of gradients, by one of three rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class OptimizerSlots(Slots):
    """What is open in the optimizer."""

    setting: Literal["robot", "camera", "forecast"]
    """What is trained."""
    rule: Literal["momentum", "nesterov", "adam"]
    """How a gradient becomes a step."""
    decay: Literal["0.5", "0.8", "0.9"]
    """What is left of the running mean of the gradients after one step."""
    function: Literal["train", "take_steps", "descend"]
    weights: Literal["weights", "parameters", "numbers_before"]
    """The argument with the numbers that are trained."""


SETTINGS = {
    "robot": Setting(
        "Train the arm of a robot by hand",
        "The controller of a robot arm has no room for a framework, and still has to go on learning while it works.",
        Translation(title="手工训练机械臂", story="机械臂的控制器装不下任何框架，却仍须在工作中继续学习。"),
    ),
    "camera": Setting(
        "Train a small camera without a framework",
        "A camera in the woods tells animals apart, and learns a little from every picture that a ranger has labelled.",
        Translation(title="不用框架训练小相机", story="林中的相机分辨动物，并从护林员标注的每张照片中学到一点。"),
    ),
    "forecast": Setting(
        "Train a forecast in plain Python",
        "A village forecasts its use of water with a tiny model, which a volunteer wants to understand line by line.",
        Translation(title="用纯 Python 训练预测模型", story="村庄用一个很小的模型预测用水量，志愿者希望逐行读懂它。"),
    ),
}

_MOMENTUM = {
    "state": "velocity = [0.0] * size",
    "step": "velocity[place] = {decay} * velocity[place] + slope\nresult[place] -= rate * velocity[place]",
    "plain": "velocity[place] = slope\nresult[place] -= rate * velocity[place]",
    "near": "velocity[place] = {decay} * velocity[place] + slope\n"
    "result[place] -= rate * (slope + {decay} * velocity[place])",
    "short": "velocity = [{decay} * old + slope for old, slope in zip(velocity, gradient)]\nmoves = velocity",
    "oracle": "moves.append(mean)",
}
_RULES: dict[str, dict[str, str]] = {
    "momentum": {
        **_MOMENTUM,
        "ruleen": "v = {decay} · v + g\n    w = w - rate · v",
        "ofen": "v is 0 at first",
        "ofzh": "v 的初值为 0",
    },
    "nesterov": {
        **_MOMENTUM,
        "step": _MOMENTUM["near"],
        "near": _MOMENTUM["step"],
        "plain": "velocity[place] = slope\nresult[place] -= rate * (slope + {decay} * velocity[place])",
        "short": "velocity = [{decay} * old + slope for old, slope in zip(velocity, gradient)]\n"
        "moves = [slope + {decay} * new for slope, new in zip(gradient, velocity)]",
        "oracle": "moves.append(slopes[-1] + {decay} * mean)",
        "ruleen": "v = {decay} · v + g\n    w = w - rate · (g + {decay} · v)",
        "ofen": "v is 0 at first",
        "ofzh": "v 的初值为 0",
    },
    "adam": {
        "state": "first, second = [0.0] * size, [0.0] * size",
        "step": "first[place] = {decay} * first[place] + (1 - {decay}) * slope\n"
        "second[place] = 0.99 * second[place] + (1 - 0.99) * slope**2\n"
        "mean, square = first[place] / (1 - {decay}**count), second[place] / (1 - 0.99**count)\n"
        "result[place] -= rate * mean / (math.sqrt(square) + 1e-8)",
        "plain": "result[place] -= rate * slope / (abs(slope) + 1e-8)",
        "near": "first[place] = {decay} * first[place] + (1 - {decay}) * slope\n"
        "second[place] = 0.99 * second[place] + (1 - 0.99) * slope**2\n"
        "result[place] -= rate * first[place] / (math.sqrt(second[place]) + 1e-8)",
        "short": "first = [{decay} * old + slope * (1 - {decay}) for old, slope in zip(first, gradient)]\n"
        "second = [0.99 * old + slope * slope * (1 - 0.99) for old, slope in zip(second, gradient)]\n"
        "moves = [m / (1 - {decay}**count) / (1e-8 + (s / (1 - 0.99**count)) ** 0.5) for m, s in zip(first, second)]",
        "oracle": "squares = sum(0.99 ** (count - 1 - place) * slope**2 for place, slope in enumerate(slopes))\n"
        "whole, wholes = sum({decay}**age for age in range(count)), sum(0.99**age for age in range(count))\n"
        "moves.append(mean / whole / (math.sqrt(squares / wholes) + 1e-8))",
        "ruleen": "m = {decay} · m + (1 - {decay}) · g\n    s = 0.99 · s + (1 - 0.99) · g²\n"
        "    w = w - rate · (m / (1 - {decay}^t)) / (sqrt(s / (1 - 0.99^t)) + 10^-8)",
        "ofen": "m and s are 0 at first, and t counts the steps from 1",
        "ofzh": "m 和 s 的初值为 0，t 从 1 开始计步数",
    },
}


def _values(slots: OptimizerSlots) -> Mapping[str, str]:
    """Return the rule: as formulas, in the reference, and in the other programs."""
    return {name: text.format(decay=slots.decay) for name, text in _RULES[slots.rule].items()}


OPTIMIZER = Template(
    name="optimizer",
    summary="the steps of an optimizer over a list of gradients, in plain Python",
    packages=(),
    skills=("python", "optimisation", "training"),
    minutes=20,
    signature="(SLOT_weights: list[float], gradients: list[list[float]], rate: float) -> list[float]",
    slots=OptimizerSlots,
    names=("function", "weights"),
    settings=SETTINGS,
    values=_values,
)
