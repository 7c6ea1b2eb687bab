"""A quantizer: the weights of a layer as integers of a few bits, each row with a scale of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class QuantizerSlots(Slots):
    """What is open in the quantizer."""

    setting: Literal["phones", "hearing", "robots"]
    """Where the weights must fit."""
    rule: Literal["symmetric", "affine", "power-of-two"]
    """How the scale of a row is chosen."""
    function: Literal["quantise", "compress_rows", "round_weights"]
    weights: Literal["weights", "matrix", "rows"]
    """The argument with the matrix."""


SETTINGS = {
    "phones": Setting(
        "Quantise the weights of a model for phones",
        "A translation model must fit into the memory of phones, and its weights take most of the room.",
        Translation(title="为手机模型量化权重", story="翻译模型必须装进手机内存，而权重占了大部分空间。"),
    ),
    "hearing": Setting(
        "Quantise the weights of a model for hearing aids",
        "A model that removes noise runs in hearing aids, whose chips compute with small integers only.",
        Translation(title="为助听器模型量化权重", story="降噪模型运行在助听器中，其芯片只能用小整数计算。"),
    ),
    "robots": Setting(
        "Quantise the weights of a model for robots",
        "A small robot loads another model for each task, and loading the weights takes longer than the task itself.",
        Translation(title="为机器人模型量化权重", story="小型机器人为每项任务加载一个模型，而加载权重比任务本身还慢。"),
    ),
}

_TIES = "bits, half = 4, 0.5\nties = torch.tensor([[7.0, *(number + half for number in range(-6, 7))]])"
_ROUNDED = "codes = torch.round(wide / scales).clamp(-limit, limit)\nrestored = codes * scales"
_SYMMETRIC = {
    "zeroen": "largest absolute value",
    "zerozh": "绝对值的最大值",
    "tiescode": _TIES,
    "limiten": "With L = 2^(`bits` - 1) - 1, a code is the number divided by the scale of its row, rounded, and kept "
    "between -L and L. What is restored is the code times the scale",
    "limitzh": "记 L = 2^(`bits` - 1) - 1。编码等于该数除以所在行的 scale 再取整，并限制在 -L 到 L 之间。"
    "还原值等于编码乘以 scale",
    "highestcode": "limit = 2 ** (bits - 1) - 1\nhighest = wide.abs().amax(1, keepdim=True)\n"
    "highest = torch.where(highest > 0, highest, 1.0)",
    "roundcode": _ROUNDED,
    "downcode": "codes = torch.trunc(wide / scales).clamp(-limit, limit)\nrestored = codes * scales",
    "halfupcode": "codes = torch.floor(wide / scales + 0.5).clamp(-limit, limit)\nrestored = codes * scales",
    "zerorowcode": "limit = 2 ** (bits - 1) - 1\nscales = wide.abs().amax(1, keepdim=True) / limit",
    "allcode": "limit = 2 ** (bits - 1) - 1\nhighest = wide.abs().amax().clamp(min=1e-30).expand(len(wide), 1)",
    "shortround": "code = max(-limit, min(limit, round(value / scale)))\nback = code * scale",
    "shorthighest": "limit = 2 ** (bits - 1) - 1\nhighest = max(max(row), -min(row)) or 1.0",
}
_RULES = {
    "symmetric": {
        **_SYMMETRIC,
        "scaleen": "The scale of a row is its largest absolute value divided by 2^(`bits` - 1) - 1",
        "scalezh": "一行的 scale 等于该行绝对值的最大值除以 2^(`bits` - 1) - 1",
        "scalecode": "scales = highest / limit",
        "shortscale": "scale = highest / limit",
        "nearcode": "scales = highest / (limit + 1)",
    },
    "power-of-two": {
        **_SYMMETRIC,
        "scaleen": "The scale of a row is the smallest power of two that is at least its largest absolute value "
        "divided by 2^(`bits` - 1) - 1",
        "scalezh": "一行的 scale 等于不小于“该行绝对值的最大值除以 2^(`bits` - 1) - 1”的最小的 2 的整数次幂",
        "scalecode": "part, power = torch.frexp(highest / limit)\n"
        "scales = torch.ldexp(torch.ones_like(part), power - (part == 0.5).to(power.dtype))",
        "shortscale": "part, power = math.frexp(highest / limit)\nscale = 2.0 ** (power - (part == 0.5))",
        "nearcode": "scales = 2.0 ** torch.floor(torch.log2(highest / limit))",
        "zerorowcode": "limit = 2 ** (bits - 1) - 1\n"
        "scales = 2.0 ** torch.ceil(torch.log2(wide.abs().amax(1, keepdim=True) / limit))",
    },
    "affine": {
        "zeroen": "difference high - low",
        "zerozh": "差 high - low ",
        "tiescode": "bits, half = 4, 0.5\n"
        "ties = torch.tensor([[-7.0, 8.0, *(number + half for number in range(-7, 8))]])",
        "scaleen": "Let low be the smallest number of a row or 0, whichever is less, and high the largest or 0, "
        "whichever is more. The scale of the row is (high - low) divided by 2^`bits` - 1",
        "scalezh": "记 low 为一行的最小值与 0 中较小者，high 为最大值与 0 中较大者。"
        "该行的 scale 等于 (high - low) 除以 2^`bits` - 1",
        "limiten": "With L = 2^(`bits` - 1), the offset of a row is -L minus low divided by the scale, rounded. A code "
        "is the number divided by the scale, rounded, plus the offset, and kept between -L and L - 1. What is restored "
        "is the code minus the offset, times the scale",
        "limitzh": "记 L = 2^(`bits` - 1)。一行的偏移量等于 -L 减去（low 除以 scale 再取整）。"
        "编码等于该数除以 scale 取整后加上偏移量，"
        "并限制在 -L 到 L - 1 之间。还原值等于（编码减去偏移量）乘以 scale",
        "highestcode": "limit = 2 ** (bits - 1)\nlow = wide.amin(1, keepdim=True).clamp(max=0)\n"
        "width = wide.amax(1, keepdim=True).clamp(min=0) - low\nwidth = torch.where(width > 0, width, 1.0)",
        "scalecode": "scales = width / (2**bits - 1)",
        "roundcode": "offsets = -limit - torch.round(low / scales)\n"
        "codes = (torch.round(wide / scales) + offsets).clamp(-limit, limit - 1)\n"
        "restored = (codes - offsets) * scales",
        "downcode": "offsets = -limit - torch.round(low / scales)\n"
        "codes = (torch.floor(wide / scales) + offsets).clamp(-limit, limit - 1)\n"
        "restored = (codes - offsets) * scales",
        "halfupcode": "offsets = -limit - torch.round(low / scales)\n"
        "codes = (torch.floor(wide / scales + 0.5) + offsets).clamp(-limit, limit - 1)\n"
        "restored = (codes - offsets) * scales",
        "zerorowcode": "limit = 2 ** (bits - 1)\nlow = wide.amin(1, keepdim=True).clamp(max=0)\n"
        "scales = (wide.amax(1, keepdim=True).clamp(min=0) - low) / (2**bits - 1)",
        "allcode": "limit = 2 ** (bits - 1)\nlow = wide.amin().clamp(max=0).expand(len(wide), 1)\n"
        "width = wide.amax().clamp(min=0) - low\nwidth = torch.where(width > 0, width, 1.0)",
        "nearcode": "low = wide.amin(1, keepdim=True)\nscales = (wide.amax(1, keepdim=True) - low) / (2**bits - 1)\n"
        "scales = torch.where(scales > 0, scales, 1.0)",
        "shorthighest": "limit = 2 ** (bits - 1)\nlow, high = min(0.0, *row), max(0.0, *row)\n"
        "highest = (high - low) or 1.0",
        "shortscale": "scale = highest / (2**bits - 1)",
        "shortround": "offset = -limit - round(low / scale)\n"
        "code = max(-limit, min(limit - 1, round(value / scale) + offset))\nback = (code - offset) * scale",
    },
}


def _values(slots: QuantizerSlots) -> Mapping[str, str]:
    """Return the rule: in words, in the reference, and in the other programs."""
    return _RULES[slots.rule]


QUANTIZER = Template(
    name="quantizer",
    summary="the quantisation of the weights of a model into integers of few bits, row by row",
    packages=("torch",),
    skills=("torch", "quantisation", "numerical-precision"),
    minutes=25,
    signature="(SLOT_weights: Tensor[O, I], bits: int) -> tuple[int8 Tensor[O, I], float32 Tensor[O, I]]",
    slots=QuantizerSlots,
    names=("function", "weights"),
    settings=SETTINGS,
    values=_values,
)
