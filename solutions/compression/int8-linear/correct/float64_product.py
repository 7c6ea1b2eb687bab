"""Sums in float64; replaced layers are looked up in a dict."""

import torch
from torch import nn


def row_scale(x):
    """Return the scale of each row, float32, with a last dimension of 1."""
    largest = x.to(torch.float32).abs().amax(dim=-1, keepdim=True)
    return torch.where(largest > 0, largest / 127, torch.ones_like(largest))


def quantize(x, scale):
    """Return the int8 codes of x."""
    codes = torch.round(x.to(torch.float32) / scale.to(torch.float32))
    return codes.clamp(-127, 127).to(torch.int8)


def int8_matmul(x_q, w_q):
    """Return the exact products of the rows of x_q with the rows of w_q, as int32."""
    # float64 holds every sum exactly, on the CPU and on a GPU
    return (x_q.to(torch.float64) @ w_q.to(torch.float64).T).to(torch.int32)


class QuantLinear(nn.Module):
    """A linear layer with int8 weights."""

    def __init__(self, weight_q, weight_scale, bias):
        super().__init__()
        self.out_features, self.in_features = weight_q.shape
        self.register_buffer("weight_q", weight_q)
        self.register_buffer("weight_scale", weight_scale)
        self.register_buffer("bias", bias)

    @classmethod
    @torch.no_grad()
    def from_float(cls, linear):
        """Make a quantised layer from a float one."""
        scale = row_scale(linear.weight)
        bias = None if linear.bias is None else linear.bias.detach().to(torch.float32, copy=True)
        layer = cls(quantize(linear.weight, scale), scale, bias)
        return layer.train(linear.training)

    @torch.no_grad()
    def forward(self, x):
        """Quantise x row by row and multiply integers."""
        scale = row_scale(x)
        sums = int8_matmul(quantize(x, scale), self.weight_q)
        result = sums.to(torch.float32) * scale * self.weight_scale.squeeze(-1)
        if self.bias is not None:
            result = result + self.bias
        return result.to(x.dtype)


def quantize_model(model):
    """Replace every nn.Linear inside the model."""
    replaced = {}

    def replacement(linear):
        if linear not in replaced:
            replaced[linear] = QuantLinear.from_float(linear)
        return replaced[linear]

    if type(model) is nn.Linear:
        return replacement(model)
    for parent in list(model.modules()):
        # not named_children: it leaves out a second name of the same module
        for name, child in list(parent._modules.items()):
            if type(child) is nn.Linear:
                parent._modules[name] = replacement(child)
    return model
