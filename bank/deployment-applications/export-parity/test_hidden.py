"""Hidden checks of `export-parity`; files are read and written here, folded by loops, and run by PyTorch in float64."""

import json
import math
import pickle
import struct
import sys
import zlib
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
NORMS = ("BatchNorm1d", "BatchNorm2d")
EPS = {"eps": 0.3}
WIDE = {"stride": (2, 1), "padding": (1, 2)}
PERCEPTRON = [("Linear", 5, 7), ("BatchNorm1d", 7), ("ReLU",), ("Dropout", 0.5), ("Linear", 7, 3, False)]
NORMED = [
    ("ReLU",),
    ("Linear", 4, 6, False),
    ("BatchNorm1d", 6, 0.3),
    ("Linear", 6, 6),
    ("BatchNorm1d", 6),
    ("Linear", 6, 2),
]
IMAGES = [
    ("Conv2d", 2, 3, (3, 2), WIDE),
    ("BatchNorm2d", 3, EPS),
    ("ReLU", True),
    ("Conv2d", 3, 2, (2, 3), {"bias": False, "stride": (1, 2)}),
    ("Flatten",),
    ("Linear", 24, 3),
]
PLAIN = [
    ("Conv2d", 2, 2, (1, 3), {"stride": (1, 2), "padding": (2, 0)}),
    ("Flatten",),
    ("Dropout",),
]
TWICE = [("Linear", 4, 4), ("ReLU",), 0, ("BatchNorm1d", 4), 1, 0]
IMAGE, ROW = (2, 7, 6), (4,)
NETWORKS = [(PERCEPTRON, (5,)), (NORMED, ROW), (IMAGES, IMAGE), (PLAIN, IMAGE), (TWICE, ROW)]
LAYERS = [
    {"type": "Conv2d", "shape": [3, 2, 2, 3], "stride": [1, 2], "padding": [2, 1]},
    {"type": "ReLU"},
    {"type": "Conv2d", "shape": [2, 3, 3, 1], "stride": [2, 1], "padding": [0, 1]},
    {"type": "Flatten"},
    {"type": "Linear", "shape": [4, 36]},
]
STRIP = [
    {"type": "ReLU"},
    {"type": "Conv2d", "shape": [3, 2, 2, 3], "stride": [2, 1], "padding": [0, 2]},
]
SMALL = [{"type": "Linear", "shape": [2, 3]}, {"type": "ReLU"}]
NUMBERS = np.array([1, -2, 3, 4, 5, -6, 0.5, 7], np.float32)
BATCH = np.array([[1, 2, 3], [-4, 5, -6]], np.float32)
SET_OFF = "import sys; sys.set_off = True"


class Bomb:
    """Executes code where it is unpickled."""

    def __reduce__(self):
        return exec, (SET_OFF,)


# ---- networks, made alike in the guest and here --------------------------------------------------


def network(specs, seed, strided=False):
    """Make a model in train mode with drawn numbers; a number in place of a spec is an earlier module again."""
    modules = []
    for spec in specs:
        modules.append(modules[spec] if isinstance(spec, int) else made(*spec))
    model = nn.Sequential(*modules)
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.ndim:
                drawn = rng.uniform(0.01, 2.0, tensor.shape) if name.endswith("var") else rng.normal(size=tensor.shape)
                tensor.copy_(torch.from_numpy(drawn))
        for module in modules if strided else ():
            if hasattr(module, "weight"):
                turned = module.weight.transpose(0, -1).contiguous().transpose(0, -1)
                module.weight = nn.Parameter(turned)
    return model


def made(name, *arguments):
    options = arguments[-1] if arguments and isinstance(arguments[-1], dict) else {}
    return getattr(nn, name)(*arguments[: len(arguments) - bool(options)], **options)


def numbers_of(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


# ---- inside the guest ----------------------------------------------------------------------------


def exported(submission, specs, seed, strided=False):
    return submission.export(network(specs, seed, strided))


def modes_and_numbers(submission, specs, seed, evaluated):
    """Tell the file, the modes and the numbers of a model, a part of which is in eval mode."""
    model = network(specs, seed)
    model.training = not evaluated
    for place, module in enumerate(model):
        module.train(place % 2 == evaluated)
    torch.manual_seed(seed % 1000)
    blob = submission.export(model)
    return blob, [module.training for module in model.modules()], numbers_of(model)


def export_cancelling(submission, seed):
    return submission.export(cancelling(seed))


def export_subclass(submission):
    class Doubled(nn.Linear):
        def forward(self, x):
            return 2 * super().forward(x)

    return submission.export(nn.Sequential(nn.ReLU(), Doubled(2, 2)))


def infer_heard(submission, blob, x):
    """Tell the output, the input afterwards, and the functions of PyTorch that were called."""
    heard = []

    class Listener(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            heard.append(getattr(function, "__name__", "?"))
            return function(*args, **(kwargs or {}))

    with Listener():
        y = submission.infer(blob, x)
    return y, x, heard


def answers(submission, blobs, x):
    """Tell the output for each blob, or that it is refused; and whether one of them has set something off."""
    told = []
    for blob in blobs:
        try:
            told.append(submission.infer(blob, x))
        except ValueError:
            told.append("refused")
    return told, getattr(sys, "set_off", "quiet")


# ---- the oracle ----------------------------------------------------------------------------------


def cancelling(seed):
    """Make a model in which what folding adds to the bias nearly makes it vanish."""
    model = network([("Linear", 3, 5), ("BatchNorm1d", 5)], seed)
    layer, norm = model
    with torch.no_grad():
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        norm.bias.copy_(-(layer.bias.double() - norm.running_mean.double()) * scale)
    return model


def read(blob):
    """Return header and numbers of a file, all else being checked."""
    assert type(blob) is bytes
    assert len(blob) >= 16
    magic, version, length = struct.unpack("<4sII", blob[:12])
    assert (magic, version) == (b"NETX", 1)
    assert blob[-4:] == struct.pack("<I", zlib.crc32(blob[:-4]))
    return json.loads(blob[12 : 12 + length].decode()), np.frombuffer(blob[12 + length : -4], "<f4")


def write(header, numbers, start=b"NETX\x01\0\0\0"):
    """Return a file, with blanks and an order of keys of its own."""
    text = header if isinstance(header, bytes) else json.dumps(header, indent=1, sort_keys=True).encode()
    content = start + len(text).to_bytes(4, "little") + text + np.asarray(numbers).astype("<f4").tobytes()
    return content + zlib.crc32(content).to_bytes(4, "little")


def expected_file(model):
    """Return header and numbers, number by number in Python's floats."""
    modules = [*model, None]
    header, numbers = [], []
    for module, after in pairwise(modules):
        kind = type(module).__name__
        if kind in (*NORMS, "Dropout"):
            continue
        header.append({"type": kind, **settings_of(module, kind)})
        if hasattr(module, "weight"):
            numbers += folded(module, after if type(after).__name__ in NORMS else None)
    return header, np.array(numbers, dtype=np.float32)


def settings_of(module, kind):
    if kind == "Linear":
        return {"shape": [module.out_features, module.in_features]}
    if kind == "Conv2d":
        shape = [module.out_channels, module.in_channels, *module.kernel_size]
        return {"shape": shape, "stride": [*module.stride], "padding": [*module.padding]}
    return {}


def folded(layer, norm):
    weights, biases = [], []
    for place, row in enumerate(layer.weight):
        bias, scale = 0.0 if layer.bias is None else layer.bias[place].item(), 1.0
        if norm is not None:
            scale = norm.weight[place].item() / math.sqrt(norm.running_var[place].item() + norm.eps)
            bias = (bias - norm.running_mean[place].item()) * scale + norm.bias[place].item()
        weights += [scale * value for value in row.flatten().tolist()]
        biases.append(bias)
    return weights + biases


def count(header):
    """Return how many numbers a header asks for."""
    return sum(math.prod(layer["shape"]) + layer["shape"][0] for layer in header if "shape" in layer)


def expected_output(header, numbers, x):
    """Run a file by PyTorch in float64."""
    rest, y = torch.from_numpy(np.array(numbers, dtype=np.float64)), torch.from_numpy(x).double()
    for layer in header:
        if "shape" in layer:
            size, outputs = math.prod(layer["shape"]), layer["shape"][0]
            weight, bias, rest = (
                rest[:size].reshape(layer["shape"]),
                rest[size : size + outputs],
                rest[size + outputs :],
            )
        if layer["type"] == "Linear":
            y = functional.linear(y, weight, bias)
        elif layer["type"] == "Conv2d":
            y = functional.conv2d(y, weight, bias, layer["stride"], layer["padding"])
        else:
            y = y.relu() if layer["type"] == "ReLU" else y.flatten(1)
    return y.numpy().astype(np.float32)


def assert_file(blob, model):
    header, numbers = expected_file(model)
    found, values = read(blob)
    assert_equal(found, header)
    assert_close(values, numbers, rtol=1e-6, atol=1e-12)


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# ---- export --------------------------------------------------------------------------------------


@points(4, group="the file", group_zh="文件")
@stated("file", "objects", "eval", "bias", "fold", "shared")
@hint(
    en="Read your own file byte by byte. What does a batch norm do in eval mode?",
    zh="逐字节读一读你自己的文件。批归一化在 eval 模式下做什么？",
)
@given(seed=SEEDS)
@settings(max_examples=4)
def test_the_file_says_what_the_model_is(solution, seed):
    for specs, _ in NETWORKS:
        assert_file(solution.run(exported, specs, seed), network(specs, seed))
    for specs in (PERCEPTRON, IMAGES):
        assert_file(solution.run(exported, specs, seed, strided=True), network(specs, seed))


@points(1, group="the file", group_zh="文件")
@stated("precision")
@hint(
    en="What is left of a difference of two nearly equal float32 numbers?",
    zh="两个几乎相等的 float32 数之差还剩下什么？",
)
@given(seed=SEEDS)
@settings(max_examples=4)
def test_folding_is_precise(solution, seed):
    assert_file(solution.run(export_cancelling, seed), cancelling(seed))


@points(2, group="the model is left alone", group_zh="模型不受影响")
@stated("untouched", "eval")
@hint(en="Whose mode have you changed, and who gives it back?", zh="你改变了谁的模式，又由谁恢复？")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_modes_and_numbers_stay(solution, seed):
    for specs in (PERCEPTRON, IMAGES):
        for evaluated in (False, True):
            model = network(specs, seed)
            blob, modes, numbers = solution.run(modes_and_numbers, specs, seed, evaluated)
            assert_file(blob, model)
            parts = [(place % 2 == 1) == evaluated for place in range(len(specs))]
            assert_equal(modes, [not evaluated, *parts])
            assert_equal(numbers, numbers_of(model))


UNSUPPORTED = [
    ("Sigmoid", [("Linear", 2, 2), ("Sigmoid",)]),
    ("LayerNorm", [("Linear", 2, 2), ("LayerNorm", 2)]),
    ("MaxPool2d", [("MaxPool2d", 2)]),
    ("ReLU6", [("ReLU6",)]),
    ("Dropout2d", [("Dropout2d",), ("ReLU",)]),
    ("LSTM", [("Linear", 2, 2), ("LSTM", 2, 2)]),
    ("BatchNorm1d", [("BatchNorm1d", 2), ("Linear", 2, 2)]),
    ("BatchNorm1d", [("Linear", 2, 2), ("ReLU",), ("BatchNorm1d", 2)]),
    ("BatchNorm1d", [("Linear", 2, 2), ("Dropout",), ("BatchNorm1d", 2)]),
    ("BatchNorm1d", [("Linear", 2, 2), ("BatchNorm1d", 2), ("BatchNorm1d", 2)]),
    ("BatchNorm1d", [("Conv2d", 1, 2, 1), ("BatchNorm1d", 2)]),
    ("BatchNorm2d", [("Linear", 2, 2), ("BatchNorm2d", 2)]),
    ("BatchNorm2d", [("Conv2d", 1, 2, 1), ("ReLU",), ("BatchNorm2d", 2)]),
    ("Sequential", [("Linear", 2, 2), ("Sequential",)]),
    ("Conv2d", [("Conv2d", 2, 2, 1, {"groups": 2})]),
    ("Conv2d", [("Conv2d", 2, 2, 2, {"dilation": (1, 2)})]),
    ("Conv2d", [("Conv2d", 2, 2, 2, {"dilation": (2, 1)})]),
    ("Conv2d", [("Conv2d", 2, 2, 3, {"padding": 1, "padding_mode": "reflect"})]),
]


@points(3, group="what cannot be exported", group_zh="不能导出的部分")
@stated("unsupported")
@hint(en="A file that would compute something else must not come into being.", zh="会算出别的结果的文件不应产生。")
def test_what_is_unsupported_is_named(solution):
    for name, specs in UNSUPPORTED:
        with pytest.raises(ValueError, match=name):
            solution.run(exported, specs, 1)
    with pytest.raises(ValueError, match="Doubled"):
        solution.run(export_subclass)


# ---- infer ---------------------------------------------------------------------------------------


@points(6, group="running a file", group_zh="运行文件")
@stated("infer", "batch", "numpy", "file", "objects")
@hint(
    en="Take a kernel that is not square, and a batch of nothing. What may be missing on that machine?",
    zh="取一个非正方形的卷积核，再取一个空批次。运行文件的机器上可能没有什么？",
)
@given(seed=SEEDS)
@settings(max_examples=4)
def test_files_of_others_are_run_in_pure_numpy(solution, seed):
    for header in (LAYERS, STRIP):
        numbers = drawn(seed, count(header))
        for batch in (3, 1, 0):
            x = drawn(seed + 1, batch, 2, 4, 7)
            y, after, heard = solution.run(infer_heard, write(header, numbers), x)
            assert_close(y, expected_output(header, numbers, x))
            assert_equal(after, x)
            assert_equal(heard, [])


@points(3, group="parity", group_zh="一致性")
@stated("eval", "infer", "batch", "fold")
@contract("the sentence that the question is about: both functions together against the model itself")
@hint(en="Compare with the model in eval mode, layer by layer.", zh="与 eval 模式下的模型逐层比较。")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_the_file_computes_what_the_model_computes(solution, seed):
    for specs, shape in NETWORKS:
        blob = solution.run(exported, specs, seed)
        model = network(specs, seed).double().eval()
        for batch in (0, 1, 4):
            x = drawn(seed, batch, *shape)
            with torch.no_grad():
                expected = model(torch.from_numpy(x.copy()).double()).numpy().astype(np.float32)
            assert_close(solution.infer(blob, x), expected)


def assert_refused(solution, blobs):
    """Check that blobs are refused, and a good one among them is not."""
    good = write(SMALL, NUMBERS)
    told, alarm = solution.run(answers, [*blobs, good], BATCH)
    assert_equal(told[:-1], ["refused"] * len(blobs))
    assert_close(told[-1], expected_output(SMALL, NUMBERS, BATCH))
    assert alarm == "quiet"


@points(2, group="bad files", group_zh="坏文件")
@stated("refused")
@hint(en="One bit anywhere. One byte less, or more.", zh="任何位置的一个比特；少一个字节，或多一个。")
def test_damaged_files_are_refused(solution):
    good = write(SMALL, NUMBERS)
    blobs = [good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :] for place in range(len(good))]
    blobs += [good[:length] for length in range(len(good))]
    assert_refused(solution, [*blobs, good + b"\0", good + good, b"\0" + good])


@points(2, group="bad files", group_zh="坏文件")
@stated("refused")
@hint(en="A checksum vouches for the bytes, not for what they mean.", zh="校验和担保的是字节，而不是字节的含义。")
def test_files_that_make_no_sense_are_refused(solution):
    starts = [
        b"NETY\x01\0\0\0",
        b"\0\0\0\0\x01\0\0\0",
        b"NETX\x02\0\0\0",
        b"NETX\0\0\0\0",
        b"NETX\x01\x01\0\0",
        b"netx\x01\0\0\0",
    ]
    blobs = [write(SMALL, NUMBERS, start) for start in starts]
    blobs += [
        write(SMALL, numbers) for numbers in (NUMBERS[:-1], NUMBERS[:6], NUMBERS[:0], [*NUMBERS, 1], [*NUMBERS] * 2)
    ]
    for kind in ("Tanh", "linear", "", "infer"):
        blobs += [write([{"type": kind}, *SMALL], NUMBERS), write([*SMALL, {"type": kind}], NUMBERS)]
    blobs += [write(text, NUMBERS) for text in (b"", b"[", b"[{'type': 'ReLU'}]", b"\xff\xfe\xfd", b"NETX")]
    blobs += [write([{"type": "Linear", "shape": [1, 3]}], numbers) for numbers in (NUMBERS[:3], NUMBERS[:5])]
    assert_refused(solution, blobs)


@points(2, group="bad files", group_zh="坏文件")
@stated("refused")
@contract("what may happen to whoever opens a file of strangers")
@hint(en="Which readers execute what they read?", zh="哪些读取方式会执行所读的内容？")
def test_nothing_in_a_blob_is_executed(solution):
    bomb = pickle.dumps(Bomb())
    code = b"[{'type': 'ReLU', 'more': exec('import sys; sys.set_off = True')}]"
    content = bomb + bytes(zlib.crc32(bomb).to_bytes(4, "little"))
    blobs = [bomb, content, code, write(bomb, NUMBERS), write(code, NUMBERS), write(code, [])]
    assert_refused(solution, [*blobs, SET_OFF.encode(), write(SET_OFF.encode(), NUMBERS)])
