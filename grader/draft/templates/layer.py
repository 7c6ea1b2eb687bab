"""A layer: numbers normalised along the last axis, by one of three rules, in a precision that suffices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class LayerSlots(Slots):
    """What is open in the layer."""

    setting: Literal["language", "speech", "genes"]
    """What the network reads."""
    rule: Literal["root-mean-square", "mean-and-variance", "unit-length"]
    """What each row is divided by."""
    function: Literal["normalise", "norm_layer", "rescale_rows"]
    hidden: Literal["hidden", "features", "activations"]
    """The argument with the rows."""


SETTINGS = {
    "language": Setting(
        "Normalise the hidden states of a language model",
        "The hidden states of a deep language model grow from layer to layer, until training in half precision fails.",
        Translation(
            title="归一化语言模型的隐藏状态",
            story="很深的语言模型中，隐藏状态逐层增大，直到半精度训练失败。",
        ),
    ),
    "speech": Setting(
        "Normalise the features of a speech network",
        "A network that reads speech meets loud and quiet speakers, and its hidden states should not depend on that.",
        Translation(
            title="归一化语音网络的特征",
            story="读取语音的网络会遇到嗓门大小不同的说话人，其隐藏状态不应受此影响。",
        ),
    ),
    "genes": Setting(
        "Normalise the activations of a network for genes",
        "A network reads how active the genes of a cell are, and some cells were measured far more deeply than others.",
        Translation(
            title="归一化基因网络的激活值",
            story="网络读取细胞中基因的活跃程度，而有些细胞的测序深度远高于其他细胞。",
        ),
    ),
}

_RULES = {
    "root-mean-square": {
        "ruleen": "each number of a row is divided by the square root of (the mean of the row's squares + `eps`)",
        "rulezh": "每行中的每个数都除以（该行各数平方的平均值 + `eps`）的平方根",
        "rulecode": "result = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)",
        "shortcode": "result = wide / (wide.pow(2).sum(-1, keepdim=True) / wide.shape[-1] + eps).sqrt()",
        "oraclecode": "return [each / math.sqrt(math.fsum(v * v for v in row) / len(row) + eps) for each in row]",
        "outsidecode": "result = wide / (wide.square().mean(-1, keepdim=True).sqrt() + eps)",
        "nearcode": "result = wide * torch.rsqrt(wide.square().sum(-1, keepdim=True) + eps)",
        "allcode": "result = wide * torch.rsqrt(wide.square().mean() + eps)",
        "detachedcode": "result = wide * torch.rsqrt(wide.detach().square().mean(-1, keepdim=True) + eps)",
    },
    "mean-and-variance": {
        "ruleen": "the mean of its row is taken from each number; what is left is divided by the square root of (the "
        "mean of its squares in the row + `eps`)",
        "rulezh": "每个数减去该行的平均值，再除以（所得各数平方在该行的平均值 + `eps`）的平方根",
        "rulecode": "centred = wide - wide.mean(-1, keepdim=True)\n"
        "result = centred * torch.rsqrt(centred.square().mean(-1, keepdim=True) + eps)",
        "shortcode": "spread, middle = torch.var_mean(wide, -1, correction=0, keepdim=True)\n"
        "result = (wide - middle) / (spread + eps).sqrt()",
        "oraclecode": "middle = math.fsum(row) / len(row)\nrow = [each - middle for each in row]\n"
        "return [each / math.sqrt(math.fsum(v * v for v in row) / len(row) + eps) for each in row]",
        "outsidecode": "centred = wide - wide.mean(-1, keepdim=True)\n"
        "result = centred / (centred.square().mean(-1, keepdim=True).sqrt() + eps)",
        "nearcode": "centred = wide - wide.mean(-1, keepdim=True)\n"
        "result = centred * torch.rsqrt(wide.var(-1, keepdim=True) + eps)",
        "allcode": "centred = wide - wide.mean()\nresult = centred * torch.rsqrt(centred.square().mean() + eps)",
        "detachedcode": "centred = wide - wide.mean(-1, keepdim=True)\n"
        "result = centred * torch.rsqrt(centred.detach().square().mean(-1, keepdim=True) + eps)",
    },
    "unit-length": {
        "ruleen": "each number of a row is divided by the square root of (the sum of the row's squares + `eps`)",
        "rulezh": "每行中的每个数都除以（该行各数平方之和 + `eps`）的平方根",
        "rulecode": "result = wide * torch.rsqrt(wide.square().sum(-1, keepdim=True) + eps)",
        "shortcode": "result = wide / ((wide * wide).sum(-1) + eps).sqrt().unsqueeze(-1)",
        "oraclecode": "return [each / math.sqrt(math.fsum(v * v for v in row) + eps) for each in row]",
        "outsidecode": "result = wide / (wide.square().sum(-1, keepdim=True).sqrt() + eps)",
        "nearcode": "result = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)",
        "allcode": "result = wide * torch.rsqrt(wide.square().sum() + eps)",
        "detachedcode": "result = wide * torch.rsqrt(wide.detach().square().sum(-1, keepdim=True) + eps)",
    },
}


def _values(slots: LayerSlots) -> Mapping[str, str]:
    """Return the rule: in words, in the reference, and in the other programs."""
    return _RULES[slots.rule]


LAYER = Template(
    name="layer",
    summary="a layer of a neural network that normalises hidden features along the last axis",
    packages=("torch",),
    skills=("torch", "normalisation", "numerical-precision"),
    minutes=20,
    signature="(SLOT_hidden: Tensor[..., D], gain: Tensor[D], eps: float) -> Tensor[..., D]",
    slots=LayerSlots,
    names=("function", "hidden"),
    settings=SETTINGS,
    values=_values,
)
