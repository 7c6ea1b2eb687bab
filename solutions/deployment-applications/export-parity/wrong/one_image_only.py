"""Mistake: the size of the batch is fixed."""

import io
import json
import math
import struct
import zlib

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn

START = b"NETX" + struct.pack("<I", 1)
NORMS = {nn.BatchNorm1d: nn.Linear, nn.BatchNorm2d: nn.Conv2d}


def export(model):
    """Return the file of what a model computes in eval mode."""
    layers, arrays, before = [], [], None
    for module in model:
        kind = type(module)
        if kind in NORMS and NORMS[kind] is before:
            arrays[-2:] = _folded(*arrays[-2:], module)
        elif kind is not nn.Dropout:
            layers.append(_entry(module))
            arrays += _arrays(module)
        before = kind
    header = json.dumps(layers).encode()
    numbers = b"".join(array.astype("<f4").tobytes() for array in arrays)
    content = START + _integer(len(header)) + header + numbers
    return content + _integer(zlib.crc32(content))


def infer(blob, x):
    """Return the output of the network in a file."""
    layers, numbers = _opened(blob)
    for layer in layers:
        shape = layer.get("shape", [0])
        size = math.prod(shape)
        weight, bias, numbers = np.split(numbers, [size, size + shape[0]])
        # what is missing does not fit into its shape
        x = _applied(layer, x, weight.reshape(shape), bias.reshape(shape[:1]))
    if numbers.size:
        raise ValueError("numbers are left over")
    return x


def _entry(module):
    """Return a layer's object in the header."""
    kind = type(module)
    entry = {"type": kind.__name__}
    if kind is nn.Linear:
        return entry | {"shape": module.weight.shape}
    if kind is nn.Conv2d and (module.groups, module.dilation, module.padding_mode) == (1, (1, 1), "zeros"):
        sizes = {"stride": module.stride, "padding": module.padding}
        return entry | {"shape": module.weight.shape} | sizes
    if kind in (nn.ReLU, nn.Flatten):
        return entry
    raise ValueError(f"{kind.__name__} cannot be exported as it is here")


def _arrays(module):
    """Return weight and bias of a layer that has them."""
    if type(module) not in NORMS.values():
        return []
    weight = module.weight.detach().numpy()
    bias = np.zeros(len(weight)) if module.bias is None else module.bias.detach().numpy()
    return [weight, bias]


def _folded(weight, bias, norm):
    """Return weight and bias of a layer that does the work of the norm after it, too."""
    gamma, beta, mean, variance = (
        tensor.detach().double().numpy() for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    )
    scale = gamma / np.sqrt(variance + norm.eps)
    # transposed, so that the outputs are the last axis
    return [(weight.T * scale).T, (bias - mean) * scale + beta]


def _opened(blob):
    """Return header and numbers of a file, or refuse it."""
    content = blob[:-4]
    if _integer(zlib.crc32(content)) != blob[-4:] or not content.startswith(START):
        raise ValueError("damaged, or no file of version 1")
    file = io.BytesIO(content.removeprefix(START))
    length = int.from_bytes(file.read(4), "little")
    return json.loads(file.read(length)), np.frombuffer(file.read(), "<f4")


def _integer(number):
    return struct.pack("<I", number)


def _applied(layer, x, weight, bias):
    """Return what a layer makes of a batch."""
    match layer["type"]:
        case "Linear":
            return x @ weight.T + bias
        case "Conv2d":
            padded = np.pad(x, [[size] for size in (0, 0, *layer["padding"])])
            down, right = layer["stride"]
            windows = sliding_window_view(padded, weight.shape[2:], axis=(2, 3))[:, :, ::down, ::right]
            return np.einsum("nchwij,ocij->nohw", windows, weight) + bias[:, None, None]
        case "ReLU":
            return np.maximum(x, 0)
        case "Flatten":
            # no -1, which an empty batch leaves open
            return x.reshape(1, -1)
    raise ValueError(f"the file has a layer of the type {layer['type']!r}")
