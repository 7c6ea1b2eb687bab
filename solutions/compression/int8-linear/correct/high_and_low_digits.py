"""Each input code is split into two 4-bit digits, so that float32 products stay exact."""

import torch
from torch import nn


def row_scale(x):
    x = x.float()
    top = torch.maximum(x.amax(-1, keepdim=True), -x.amin(-1, keepdim=True))
    return (top / 127).masked_fill(top == 0, 1.0)


def quantize(x, scale):
    return torch.round(x.float() / scale).clamp(-127.0, 127.0).to(torch.int8)


def int8_matmul(x_q, w_q):
    x, w = x_q.to(torch.int16), w_q.float()
    high = torch.div(x, 16, rounding_mode="floor")
    low = x - 16 * high
    total = 0
    for start in range(0, w.shape[1], 4096):
        part = slice(start, start + 4096)
        by_digit = [(digit[..., part].float() @ w[:, part].T).to(torch.int32) for digit in (high, low)]
        total = total + 16 * by_digit[0] + by_digit[1]
    return total


class QuantLinear(nn.Module):
    @classmethod
    def from_float(cls, linear):
        layer = cls()
        weight = linear.weight.detach()
        layer.in_features, layer.out_features = linear.in_features, linear.out_features
        layer.register_buffer("weight_scale", row_scale(weight))
        layer.register_buffer("weight_q", quantize(weight, layer.weight_scale))
        bias = linear.bias
        layer.register_buffer("bias", bias if bias is None else bias.detach().to(torch.float32, copy=True))
        layer.training = linear.training
        return layer

    def forward(self, x):
        with torch.no_grad():
            scale = row_scale(x)
            y = int8_matmul(quantize(x, scale), self.weight_q).float()
            y = y * scale * self.weight_scale[:, 0]
            if self.bias is not None:
                y = y + self.bias
            return y.to(x.dtype)


def quantize_model(model, made=None):
    made = {} if made is None else made
    if type(model) is nn.Linear:
        if model not in made:
            made[model] = QuantLinear.from_float(model)
        return made[model]
    for name in list(model._modules):
        child = model._modules[name]
        if child is not None:
            model._modules[name] = quantize_model(child, made)
    return model
