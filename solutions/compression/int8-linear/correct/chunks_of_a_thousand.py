"""Products in float32 over 1024 inputs at a time, where every sum still fits in 24 bits; int32 between the chunks."""

import torch
from torch import nn

LIMIT = 127
CHUNK = 1024


def row_scale(x):
    top = torch.linalg.vector_norm(x.to(torch.float32), ord=float("inf"), dim=-1, keepdim=True)
    return torch.where(top == 0, torch.ones_like(top), top / LIMIT)


def quantize(x, scale):
    codes = torch.round(x.to(torch.float32) / scale)
    return torch.clip(codes, min=-LIMIT, max=LIMIT).to(torch.int8)


def int8_matmul(x_q, w_q):
    total = torch.zeros(x_q.shape[:-1] + w_q.shape[:1], dtype=torch.int32, device=x_q.device)
    for x_part, w_part in zip(x_q.split(CHUNK, dim=-1), w_q.split(CHUNK, dim=-1)):
        total += nn.functional.linear(x_part.float(), w_part.float()).to(torch.int32)
    return total


class QuantLinear(nn.Module):
    def __init__(self, in_features, out_features, bias, device):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        codes = torch.zeros(out_features, in_features, dtype=torch.int8, device=device)
        self.register_buffer("weight_q", codes)
        self.register_buffer("weight_scale", torch.ones(out_features, 1, device=device))
        self.register_buffer("bias", torch.zeros(out_features, device=device) if bias else None)

    @classmethod
    def from_float(cls, linear):
        has_bias = linear.bias is not None
        layer = cls(linear.in_features, linear.out_features, has_bias, linear.weight.device)
        weight = linear.weight.detach()
        layer.weight_scale.copy_(row_scale(weight))
        layer.weight_q.copy_(quantize(weight, layer.weight_scale))
        if has_bias:
            layer.bias.copy_(linear.bias.detach())
        layer.training = linear.training
        return layer

    def forward(self, x):
        rows = x.detach().to(torch.float32)
        scale = row_scale(rows)
        sums = int8_matmul(quantize(rows, scale), self.weight_q).to(torch.float32)
        y = sums * (scale * self.weight_scale.reshape(-1))
        if self.bias is not None:
            y += self.bias
        return y.to(x.dtype)


def quantize_model(model):
    made = {}

    def replacement(module):
        if type(module) is not nn.Linear:
            return module
        if id(module) not in made:
            made[id(module)] = (QuantLinear.from_float(module), module)
        return made[id(module)][0]

    for name, module in list(model.named_modules(remove_duplicate=False)):
        if name:
            parent, _, leaf = name.rpartition(".")
            setattr(model.get_submodule(parent), leaf, replacement(module))
    return replacement(model)
