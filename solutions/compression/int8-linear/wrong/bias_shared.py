"""Keeps the bias of the float layer itself."""

import torch
from torch import nn


def row_scale(x):
    scale = x.float().abs().amax(dim=-1, keepdim=True) / 127
    return torch.where(scale > 0, scale, 1.0)


def quantize(x, scale):
    return (x.float() / scale).round().clamp(-127, 127).to(torch.int8)


def int8_matmul(x_q, w_q):
    return (x_q.double() @ w_q.double().T).to(torch.int32)


class QuantLinear(nn.Module):
    def __init__(self, weight_q, weight_scale, bias):
        super().__init__()
        self.out_features, self.in_features = weight_q.shape
        self.register_buffer("weight_q", weight_q)
        self.register_buffer("weight_scale", weight_scale)
        self.register_buffer("bias", bias)

    @classmethod
    @torch.no_grad()
    def from_float(cls, linear):
        scale = row_scale(linear.weight)
        bias = None if linear.bias is None else linear.bias.detach()
        return cls(quantize(linear.weight, scale), scale, bias).train(linear.training)

    @torch.no_grad()
    def forward(self, x):
        scale = row_scale(x)
        y = int8_matmul(quantize(x, scale), self.weight_q) * scale * self.weight_scale.flatten()
        return (y if self.bias is None else y + self.bias).to(x.dtype)


def quantize_model(model):
    if type(model) is nn.Linear:
        return QuantLinear.from_float(model)
    converted = {}
    for parent in model.modules():
        for name, child in parent._modules.items():  # named_children() would hide a second name
            if type(child) is nn.Linear:
                if child not in converted:
                    converted[child] = QuantLinear.from_float(child)
                parent._modules[name] = converted[child]
    return model
