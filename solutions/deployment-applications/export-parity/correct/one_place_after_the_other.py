"""Bytes written piece by piece; a convolution is a sum of shifted images."""

import io
import json
import zlib

import numpy as np
import torch
from torch import nn


class Writer:
    """Collects layers and their numbers."""

    def __init__(self):
        self.layers = []
        self.pieces = []

    def add(self, kind, weight=None, bias=None, **settings):
        """Write down one layer."""
        if weight is not None:
            settings["shape"] = list(weight.shape)
            self.pieces += [weight.float().reshape(-1), bias.float()]
        self.layers.append({"type": kind, **settings})

    def finish(self):
        """Return the file."""
        header = json.dumps(self.layers, separators=(",", ":")).encode("utf-8")
        out = io.BytesIO()
        out.write(b"NETX")
        out.write(np.array([1, len(header)], dtype="<u4").tobytes())
        out.write(header)
        for piece in self.pieces:
            out.write(piece.numpy().astype("<f4").tobytes())
        checksum = zlib.crc32(out.getvalue())
        return out.getvalue() + checksum.to_bytes(4, "little")


def refuse(module):
    """Raise an error that names a module's class."""
    raise ValueError(f"not supported: {module.__class__.__name__}")


@torch.no_grad()
def export(model: nn.Sequential) -> bytes:
    """Return the file of what a model computes in eval mode."""
    modules = [model[i] for i in range(len(model))]
    writer = Writer()
    place = 0
    while place < len(modules):
        module = modules[place]
        following = modules[place + 1] if place + 1 < len(modules) else None
        place += 1
        name = module.__class__.__name__
        if module.__class__ is nn.Linear:
            place += add_with_norm(writer, module, following, nn.BatchNorm1d)
        elif module.__class__ is nn.Conv2d:
            if module.groups != 1 or module.dilation != (1, 1) or module.padding_mode != "zeros":
                refuse(module)
            sizes = {"stride": [*module.stride], "padding": [*module.padding]}
            place += add_with_norm(writer, module, following, nn.BatchNorm2d, **sizes)
        elif module.__class__ in {nn.ReLU, nn.Flatten}:
            writer.add(name)
        elif module.__class__ is not nn.Dropout:
            refuse(module)
    return writer.finish()


def add_with_norm(writer, layer, following, kind, **sizes):
    """Write down a layer and the norm after it; return how many norms that were."""
    weight = layer.weight.to(torch.float64)
    bias = torch.zeros(len(weight), dtype=torch.float64) if layer.bias is None else layer.bias.to(torch.float64)
    if folds := following.__class__ is kind:
        spread = torch.sqrt(following.running_var.to(torch.float64) + following.eps)
        factors = following.weight.to(torch.float64) / spread
        bias = torch.addcmul(following.bias.to(torch.float64), bias - following.running_mean, factors)
        weight = torch.stack([row * factor for row, factor in zip(weight, factors, strict=True)])
    writer.add(layer.__class__.__name__, weight, bias, **sizes)
    return int(folds)


def infer(blob: bytes, x: np.ndarray) -> np.ndarray:
    """Return the output of the network in a file."""
    if len(blob) < 16 or zlib.crc32(blob[:-4]) != int.from_bytes(blob[-4:], "little"):
        raise ValueError("checksum")
    version, length = np.frombuffer(blob, "<u4", 2, 4).tolist()
    if blob[:4] != b"NETX" or version != 1:
        raise ValueError("kind of file")
    stream = io.BytesIO(blob[12 + length : -4])
    y = x.astype(np.float64)
    for layer in json.loads(blob[12 : 12 + length].decode("utf-8")):
        y = step(layer, y, stream)
    if stream.read(1):
        raise ValueError("too many numbers")
    return y.astype(np.float32)


def take(stream, shape):
    """Read an array."""
    count = int(np.prod(shape))
    return np.frombuffer(stream.read(4 * count), dtype="<f4", count=count).reshape(shape).astype(np.float64)


def step(layer, x, stream):
    """Return what a layer makes of a batch."""
    kind = layer["type"]
    if kind == "Flatten":
        return np.array([image.ravel() for image in x]).reshape(len(x), int(np.prod(x.shape[1:])))
    if kind == "ReLU":
        return x * (x > 0)
    if kind == "Linear":
        weight, bias = take(stream, layer["shape"]), take(stream, layer["shape"][:1])
        return np.tensordot(x, weight, (1, 1)) + bias
    if kind == "Conv2d":
        weight, bias = take(stream, layer["shape"]), take(stream, layer["shape"][:1])
        above, left = layer["padding"]
        x = np.pad(x, ((0, 0), (0, 0), (above, above), (left, left)))
        parts = [
            np.einsum("nchw,oc->nohw", part, weight[:, :, i, j])
            for i, j, part in shifted(x, weight.shape[2:], layer["stride"])
        ]
        return sum(parts) + bias.reshape(1, -1, 1, 1)
    raise ValueError(f"type {kind}")


def shifted(x, kernel, stride):
    """Yield for each place of a kernel the part of the image that it meets."""
    rows = (x.shape[2] - kernel[0]) // stride[0] + 1
    columns = (x.shape[3] - kernel[1]) // stride[1] + 1
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            part = x[:, :, i :: stride[0], j :: stride[1]]
            yield i, j, part[:, :, :rows, :columns]
