"""Folds into the arrays added last; runs all layers in float64, convolutions as products of windows."""

import json
import math
import struct
import zlib

import numpy as np
from torch import nn

MAGIC, VERSION = b"NETX", 1
KEYS = {
    "Linear": {"type", "shape"},
    "Conv2d": {"type", "shape", "stride", "padding"},
    "ReLU": {"type"},
    "Flatten": {"type"},
}
NORM_AFTER = {nn.BatchNorm1d: nn.Linear, nn.BatchNorm2d: nn.Conv2d}


def _numbers(tensor):
    return tensor.detach().numpy().astype(np.float64)


def _describe(module):
    """Return the object of a layer."""
    name = type(module).__name__
    if type(module) not in (nn.Linear, nn.Conv2d):
        return {"type": name}
    layer = {"type": name, "shape": list(module.weight.shape)}
    if type(module) is nn.Conv2d:
        if module.groups != 1 or tuple(module.dilation) != (1, 1) or module.padding_mode != "zeros":
            raise ValueError("Conv2d with groups, dilation or a padding mode cannot be exported")
        layer["stride"], layer["padding"] = list(module.stride), list(module.padding)
    return layer


def export(model: nn.Sequential) -> bytes:
    """Return the file of what a model computes in eval mode."""
    header, arrays = [], []
    before = None
    for module in model:
        kind = type(module)
        if kind in NORM_AFTER:
            if type(before) is not NORM_AFTER[kind]:
                raise ValueError(f"{kind.__name__} must stand right after {NORM_AFTER[kind].__name__}")
            weight, bias = arrays[-1]
            scale = _numbers(module.weight) / np.sqrt(_numbers(module.running_var) + module.eps)
            weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
            bias = (bias - _numbers(module.running_mean)) * scale + _numbers(module.bias)
            arrays[-1] = weight, bias
        elif kind in (nn.Linear, nn.Conv2d):
            header.append(_describe(module))
            weight = _numbers(module.weight)
            bias = np.zeros(len(weight)) if module.bias is None else _numbers(module.bias)
            arrays.append((weight, bias))
        elif kind in (nn.ReLU, nn.Flatten):
            header.append(_describe(module))
        elif kind is not nn.Dropout:
            raise ValueError(f"{kind.__name__} cannot be exported")
        before = module

    text = json.dumps(header).encode()
    parts = [MAGIC, struct.pack("<II", VERSION, len(text)), text]
    parts += [array.astype("<f4").tobytes() for pair in arrays for array in pair]
    body = b"".join(parts)
    return body + struct.pack("<I", zlib.crc32(body))


def _whole(numbers, count, least):
    """Tell whether this is a list of so many whole numbers, none below `least`."""
    return isinstance(numbers, list) and len(numbers) == count and all(type(n) is int and n >= least for n in numbers)


def _check_layer(layer):
    if not isinstance(layer, dict):
        raise ValueError("a layer is no object")
    kind = layer.get("type")
    if not isinstance(kind, str) or kind not in KEYS:
        raise ValueError(f"unknown type {kind!r}")
    if set(layer) != KEYS[kind]:
        raise ValueError(f"{kind} with wrong keys")
    if "shape" in layer and not _whole(layer["shape"], 2 if kind == "Linear" else 4, 0):
        raise ValueError("wrong shape")
    if kind == "Conv2d" and not (_whole(layer["stride"], 2, 1) and _whole(layer["padding"], 2, 0)):
        raise ValueError("wrong stride or padding")


def _read(blob):
    """Return the layers of a file, each with its weight and bias, or None for both."""
    if len(blob) < 16:
        raise ValueError("the file is too short")
    (checksum,) = struct.unpack("<I", blob[-4:])
    if zlib.crc32(blob[:-4]) != checksum:
        raise ValueError("the checksum is wrong")
    if blob[:4] != MAGIC:
        raise ValueError("this is no NETX file")
    version, length = struct.unpack("<II", blob[4:12])
    if version != VERSION:
        raise ValueError(f"unknown version {version}")
    if 12 + length > len(blob) - 4:
        raise ValueError("the header is cut off")
    try:
        header = json.loads(blob[12 : 12 + length].decode("utf-8"))
    except RecursionError:
        raise ValueError("the header is nested too deeply") from None
    if not isinstance(header, list):
        raise ValueError("the header is no list")
    for layer in header:
        _check_layer(layer)

    body = blob[12 + length : -4]
    needed = sum(math.prod(layer["shape"]) + layer["shape"][0] for layer in header if "shape" in layer)
    if len(body) != 4 * needed:
        raise ValueError("too few or too many numbers")
    numbers = np.frombuffer(body, "<f4").astype(np.float64)
    layers, at = [], 0
    for layer in header:
        weight = bias = None
        if "shape" in layer:
            shape = layer["shape"]
            size = math.prod(shape)
            weight = numbers[at : at + size].reshape(shape)
            bias = numbers[at + size : at + size + shape[0]]
            at += size + shape[0]
        layers.append((layer, weight, bias))
    return layers


def _conv(x, weight, bias, stride, padding):
    (ph, pw), (sh, sw) = padding, stride
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))[:, :, ::sh, ::sw]
    out = np.tensordot(windows, weight, axes=([1, 4, 5], [1, 2, 3])) + bias
    return out.transpose(0, 3, 1, 2)


def infer(blob: bytes, x: np.ndarray) -> np.ndarray:
    """Return the output of the network in a file."""
    layers = _read(bytes(blob))
    x = np.asarray(x).astype(np.float64)
    for layer, weight, bias in layers:
        if layer["type"] == "Linear":
            x = x @ weight.T + bias
        elif layer["type"] == "Conv2d":
            x = _conv(x, weight, bias, layer["stride"], layer["padding"])
        elif layer["type"] == "ReLU":
            x = np.maximum(x, 0)
        else:
            x = x.reshape(len(x), math.prod(x.shape[1:]))
    return np.ascontiguousarray(x, dtype=np.float32)
