"""Hidden checks of `structured-pruning`; expectations come from the old layers with channels masked by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import batch_norm, conv2d, linear

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SETTINGS = {
    "Linear": ("in_features", "out_features"),
    "Conv2d": (
        "in_channels",
        "out_channels",
        "kernel_size",
        "stride",
        "padding",
        "padding_mode",
        "dilation",
        "groups",
    ),
    "BatchNorm2d": ("num_features", "eps", "momentum", "affine", "track_running_stats"),
    "NoneType": (),
}


# ---- the world inside the guest ------------------------------------------------------------------


def layer(kind, tensors, options=None, flags=None):
    """Make a layer that holds these tensors."""
    options = dict(options or {})
    if kind == "Linear":
        module = nn.Linear(tensors["weight"].shape[1], tensors["weight"].shape[0], "bias" in tensors)
    elif kind == "Conv2d":
        outputs, inputs, *size = tensors["weight"].shape
        module = nn.Conv2d(inputs, outputs, tuple(size), bias="bias" in tensors, **options)
    else:
        module = nn.BatchNorm2d(**options)
    module.to(next((t.dtype for t in tensors.values() if t.is_floating_point()), torch.float32))
    module.load_state_dict({name: tensor.clone() for name, tensor in tensors.items()})
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(not (flags or {}).get(name, False))
    return module.train((flags or {}).get("training", False))


def build(net):
    return [None if part is None else layer(*part) for part in net]


def tensors_of(module):
    if module is None:
        return {}
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def describe(module):
    """Tell all that a layer is, but for its tensors."""
    kind = type(module).__name__
    return {
        "kind": kind,
        "settings": {name: getattr(module, name) for name in SETTINGS.get(kind, ())},
        "frozen": [] if module is None else [n for n, p in module.named_parameters() if not p.requires_grad],
        "training": None if module is None else module.training,
    }


def prune(submission, net, keep, x=None):
    """Prune; tell what the new layers are, hold and compute, and what the old hold when the new are overwritten."""
    old = build(net)
    new = list(call(submission, old, keep))
    report = {"layers": [describe(module) for module in new], "tensors": [tensors_of(module) for module in new]}
    if x is not None:
        report["output"] = run(new, x)
    for module in new:
        for tensor in [] if module is None else module.state_dict().values():
            tensor.fill_(77)
    return {**report, "old": [tensors_of(module) for module in old]}


def call(submission, old, keep):
    return (submission.prune_neurons if len(old) == 2 else submission.prune_channels)(*old, keep)


def run(layers, x):
    first, *between, last = layers
    x = first(x)
    for module in between:
        x = x if module is None else module(x)
    x = torch.relu(x)
    return last(x.flatten(1) if x.ndim == 4 and isinstance(last, nn.Linear) else x)


def prune_in_two_stages(submission, net, keep, fewer):
    """Tell the tensors after pruning to `keep` and then to `fewer`."""
    new = call(submission, call(submission, build(net), keep), fewer)
    return [tensors_of(module) for module in new]


# ---- the oracle ----------------------------------------------------------------------------------


def norm_of(values):
    return math.sqrt(math.fsum(v * v for v in values.double().flatten().tolist()))


def readers(weight, n):
    """What reads each channel: the weight with an axis of channels at 1, and one of places at 2."""
    return weight.reshape(len(weight), n, -1)


def best(net, keep):
    """The indices that are kept, by loops over scores."""
    first, *between, last = [part and part[1] for part in net]
    n = len(first["weight"])
    scores = []
    for c in range(n):
        gamma = abs(float(between[0]["weight"][c])) if between and between[0] and "weight" in between[0] else 1.0
        scores.append(norm_of(first["weight"][c]) * gamma * norm_of(readers(last["weight"], n)[:, c]))
    return sorted(sorted(range(n), key=lambda c: (-scores[c], c))[:keep])


def expected_tensors(net, kept):
    """What the new layers hold."""
    parts = [part and part[1] for part in net]
    n = len(parts[0]["weight"])
    smaller = [{name: t if t.ndim == 0 else t[kept] for name, t in (part or {}).items()} for part in parts[:-1]]
    weight = parts[-1]["weight"]
    shape = (len(weight), -1) if weight.ndim == 2 else (len(weight), len(kept), *weight.shape[2:])
    last = {**parts[-1], "weight": readers(weight, n)[:, kept].reshape(shape)}
    return [*smaller, last]


def masked_output(net, kept, x):
    """What the old network computes when only the kept channels get through."""
    (kind, first, options, _), *between, (last_kind, last, last_options, _) = net
    maps = convolve(first, options, x) if kind == "Conv2d" else linear(x, first["weight"], first.get("bias"))
    for part in between:
        if part is not None:
            held = [part[1].get(name) for name in ("running_mean", "running_var", "weight", "bias")]
            maps = batch_norm(maps, *held, training=held[0] is None, eps=part[2]["eps"])
    mask = torch.zeros(maps.shape[1], dtype=maps.dtype)
    mask[kept] = 1
    maps = torch.relu(maps) * mask.reshape(-1, *[1] * (maps.ndim - 2))
    if last_kind == "Conv2d":
        return convolve(last, last_options, maps)
    return linear(maps.flatten(1), last["weight"], last.get("bias"))


def convolve(tensors, options, x):
    options = dict(options)
    if options.pop("padding_mode", "zeros") == "circular":
        high, wide = options.pop("padding")
        x = torch.nn.functional.pad(x, (wide, wide, high, high), mode="circular")
    return conv2d(x, tensors["weight"], tensors.get("bias"), **options)


def draw_linear(rng, outputs, inputs, bias=True, dtype=torch.float64):
    tensors = {"weight": torch.from_numpy(rng.normal(size=(outputs, inputs))).to(dtype)}
    if bias:
        tensors["bias"] = torch.from_numpy(rng.normal(size=outputs)).to(dtype)
    return ["Linear", tensors, {}, {}]


def draw_conv(rng, outputs, inputs, size=(3, 3), bias=True, **options):
    tensors = {"weight": torch.from_numpy(rng.normal(size=(outputs, inputs, *size)))}
    if bias:
        tensors["bias"] = torch.from_numpy(rng.normal(size=outputs))
    return ["Conv2d", tensors, options, {}]


def draw_norm(rng, n, affine=True, tracked=True):
    tensors = {}
    if affine:
        tensors = {"weight": torch.from_numpy(rng.normal(size=n)), "bias": torch.from_numpy(rng.normal(size=n))}
    if tracked:
        tensors["running_mean"] = torch.from_numpy(rng.normal(size=n))
        tensors["running_var"] = torch.from_numpy(rng.uniform(0.5, 2.0, n))
        tensors["num_batches_tracked"] = torch.tensor(int(rng.integers(2, 90)))
    options = {"num_features": n, "eps": 1e-3, "momentum": 0.02, "affine": affine, "track_running_stats": tracked}
    return ["BatchNorm2d", tensors, options, {}]


def assert_pruned(report, net, keep, x=None):
    """Compare the tensors with those of the kept channels, the output with that of the masked network."""
    kept = best(net, keep)
    assert_equal(report["tensors"], expected_tensors(net, kept))
    if x is not None:
        assert_close(report["output"], masked_output(net, kept, x))


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="neurons", group_zh="神经元")
@stated("neuron", "neuron-score", "equivalence", "order", "copies", "tolerance")
@contract("the definition for plain random layers; the checks below look at its corners")
@hint(
    en="Compare with the old network whose dropped neurons are silenced.",
    zh="与旧网络比较：让被剪掉的神经元不输出任何东西。",
)
@given(seed=SEEDS, n=st.integers(1, 8), share=st.floats(0, 1), biases=st.tuples(st.booleans(), st.booleans()))
@settings(max_examples=15, deadline=None)
def test_neurons(solution, seed, n, share, biases):
    rng = np.random.default_rng(seed)
    net = [draw_linear(rng, n, 4, biases[0]), draw_linear(rng, 3, n, biases[1])]
    keep = 1 + round(share * (n - 1))
    x = torch.from_numpy(rng.normal(size=(5, 4)))
    assert_pruned(solution.run(prune, net, keep, x), net, keep, x)


@points(2, group="neurons", group_zh="神经元")
@stated("neuron-score", "ties", "order")
@hint(en="A neuron nobody listens to is worth nothing.", zh="没有人听的神经元一文不值。")
@given(seed=SEEDS, keep=st.integers(1, 5))
@settings(max_examples=8, deadline=None)
def test_equal_scores_and_silent_neurons(solution, seed, keep):
    rng = np.random.default_rng(seed)
    same = [draw_linear(rng, 6, 2), draw_linear(rng, 2, 6)]
    signs = torch.from_numpy(rng.choice([-1.0, 1.0], (6, 2)))
    same[0][1]["weight"], same[1][1]["weight"] = 3.0 * signs, torch.full((2, 6), 0.25).double()
    mixed = [draw_linear(rng, 6, 3), draw_linear(rng, 3, 6)]
    mixed[1][1]["weight"][:, :2] = 0.0
    mixed[0][1]["weight"][5] = 0.0
    mixed[0][1]["weight"][:2] *= 100.0
    for net in (same, mixed):
        assert_pruned(solution.run(prune, net, keep), net, keep)


@points(1, group="neurons", group_zh="神经元")
@stated("precision", "copies", "settings")
@hint(en="How far does float16 reach, and how fine is it?", zh="float16 的范围有多大，有多精细？")
@given(seed=SEEDS, dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32]))
@settings(max_examples=8, deadline=None)
def test_scores_in_double_precision(solution, seed, dtype):
    rng = np.random.default_rng(seed)
    size = 3000.0 if dtype == torch.float16 else 1e25
    net = [draw_linear(rng, 6, 8, dtype=dtype), draw_linear(rng, 8, 6, dtype=dtype)]
    for part in net:
        part[1]["weight"] = (torch.from_numpy(rng.normal(1.0, 0.01, part[1]["weight"].shape)) * size).to(dtype)
    assert_pruned(solution.run(prune, net, 3), net, 3)


@points(4, group="channels", group_zh="通道")
@stated("channel", "channel-score", "after-conv", "equivalence", "order", "copies", "tolerance")
@contract("the definition with and without a normalisation in between; the checks below look at its corners")
@hint(
    en="Everything a channel owns goes or stays with it: list it all.",
    zh="一个通道拥有的一切随它去留：把它们全部列出来。",
)
@given(seed=SEEDS, n=st.integers(1, 6), share=st.floats(0, 1), normed=st.booleans(), bias=st.booleans())
@settings(max_examples=12, deadline=None)
def test_channels_before_a_convolution(solution, seed, n, share, normed, bias):
    rng = np.random.default_rng(seed)
    net = [draw_conv(rng, n, 2, bias=bias), draw_norm(rng, n) if normed else None, draw_conv(rng, 3, n, (2, 1))]
    keep = 1 + round(share * (n - 1))
    x = torch.from_numpy(rng.normal(size=(2, 2, 5, 6)))
    assert_pruned(solution.run(prune, net, keep, x), net, keep, x)


@points(3, group="channels", group_zh="通道")
@stated("after-linear", "channel-score", "equivalence", "copies")
@hint(
    en="Which columns of the linear layer read a channel once it is flattened?",
    zh="展平之后，线性层的哪些列读取某个通道？",
)
@given(seed=SEEDS, n=st.integers(1, 5), share=st.floats(0, 1), size=st.tuples(st.integers(1, 3), st.integers(1, 3)))
@settings(max_examples=10, deadline=None)
def test_channels_before_a_flattened_linear_layer(solution, seed, n, share, size):
    rng = np.random.default_rng(seed)
    high, wide = size
    net = [draw_conv(rng, n, 2, (1, 1)), draw_norm(rng, n), draw_linear(rng, 3, n * high * wide, bool(seed % 2))]
    keep = 1 + round(share * (n - 1))
    x = torch.from_numpy(rng.normal(size=(2, 2, high, wide)))
    assert_pruned(solution.run(prune, net, keep, x), net, keep, x)


@points(2, group="channels", group_zh="通道")
@stated("channel", "channel-score", "settings")
@hint(
    en="What does a BatchNorm hold without affine, or without running statistics?",
    zh="没有 affine 或没有滑动统计量的 BatchNorm 里还有什么？",
)
@given(seed=SEEDS, affine=st.booleans(), tracked=st.booleans())
@settings(max_examples=8, deadline=None)
def test_normalisation_without_weights_or_statistics(solution, seed, affine, tracked):
    rng = np.random.default_rng(seed)
    net = [draw_conv(rng, 5, 2), draw_norm(rng, 5, affine, tracked), draw_conv(rng, 2, 5, (1, 1), bias=False)]
    x = torch.from_numpy(rng.normal(size=(3, 2, 4, 4)))
    report = solution.run(prune, net, 2, x)
    assert_pruned(report, net, 2, x)
    wanted = {**net[1][2], "num_features": 2}
    assert_equal(report["layers"][1]["settings"], wanted)


@points(2, group="real layers", group_zh="真正的层")
@stated("settings", "equivalence")
@hint(en="Which settings does a convolution have besides its sizes?", zh="卷积除了尺寸之外还有哪些设置？")
@given(seed=SEEDS, keep=st.integers(1, 4))
@settings(max_examples=8, deadline=None)
def test_settings_of_the_layers(solution, seed, keep):
    rng = np.random.default_rng(seed)
    options = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "padding_mode": "circular"}
    others = {"stride": (1, 2), "padding": (0, 1), "dilation": (2, 1)}
    net = [draw_conv(rng, 4, 3, (3, 2), **options), draw_norm(rng, 4), draw_conv(rng, 2, 4, (2, 3), **others)]
    x = torch.from_numpy(rng.normal(size=(2, 3, 8, 8)))
    report = solution.run(prune, net, keep, x)
    assert_pruned(report, net, keep, x)
    first = {"in_channels": 3, "out_channels": keep, "kernel_size": (3, 2), "groups": 1, **options}
    last = {
        "in_channels": keep,
        "out_channels": 2,
        "kernel_size": (2, 3),
        "groups": 1,
        "padding_mode": "zeros",
        **others,
    }
    wanted = [("Conv2d", first), ("BatchNorm2d", {**net[1][2], "num_features": keep}), ("Conv2d", last)]
    assert_equal([(told["kind"], told["settings"]) for told in report["layers"]], wanted)
    net = [draw_linear(rng, 4, 3), draw_linear(rng, 2, 4)]
    told = solution.run(prune, net, keep)["layers"]
    assert [one["kind"] for one in told] == ["Linear", "Linear"]
    assert [list(one["settings"].values()) for one in told] == [[3, keep], [keep, 2]]


@points(2, group="real layers", group_zh="真正的层")
@stated("flags")
@hint(
    en="Was every layer in train mode, every parameter trainable?", zh="每一层都处于 train 模式、每个参数都可训练吗？"
)
@given(flags=st.lists(st.booleans(), min_size=9, max_size=9))
@settings(max_examples=10, deadline=None)
def test_flags_of_layers_and_parameters(solution, flags):
    rng = np.random.default_rng(3)
    nets = [
        [draw_conv(rng, 3, 2), draw_norm(rng, 3), draw_linear(rng, 2, 12)],
        [draw_linear(rng, 3, 2), draw_linear(rng, 2, 3)],
    ]
    for net in nets:
        for part, (training, weight, bias) in zip(net, zip(*[iter(flags)] * 3, strict=True), strict=False):
            part[3].update(training=training, weight=weight, bias=bias)
        told = solution.run(prune, net, 2)["layers"]
        for one, part in zip(told, net, strict=True):
            assert one["training"] == part[3]["training"]
            assert one["frozen"] == [name for name in ("weight", "bias") if part[3][name]]


@points(2, group="independence", group_zh="独立性")
@stated("independence")
@hint(en="Which tensors are the very same in the old and in the new layers?", zh="旧层和新层里，哪些张量其实是同一个？")
@given(seed=SEEDS, keep=st.integers(1, 3))
@settings(max_examples=6, deadline=None)
def test_the_old_layers_are_left_alone(solution, seed, keep):
    rng = np.random.default_rng(seed)
    nets = [
        [draw_linear(rng, 3, 2), draw_linear(rng, 2, 3)],
        [draw_conv(rng, 3, 2), draw_norm(rng, 3), draw_conv(rng, 2, 3)],
    ]
    for net in nets:
        report = solution.run(prune, net, keep)
        assert_pruned(report, net, keep)
        assert_equal(report["old"], [part[1] if part else {} for part in net])


@points(2, group="laws", group_zh="规律")
@stated("order", "copies", "neuron-score", "channel-score")
@contract("what every such pruning obeys: all kept is no change, two stages are one")
@hint(en="Does dropping one channel change the score of another?", zh="剪掉一个通道会改变另一个通道的得分吗？")
@given(seed=SEEDS, keep=st.integers(1, 6), fewer=st.integers(1, 6))
@settings(max_examples=6, deadline=None)
def test_laws_of_structured_pruning(solution, seed, keep, fewer):
    rng = np.random.default_rng(seed)
    keep, fewer = max(keep, fewer), min(keep, fewer)
    nets = [
        [draw_linear(rng, 6, 3), draw_linear(rng, 2, 6)],
        [draw_conv(rng, 6, 2, (2, 2)), draw_norm(rng, 6), draw_linear(rng, 3, 24)],
    ]
    for net in nets:
        assert_equal(solution.run(prune, net, 6)["tensors"], [part[1] for part in net])
        assert_equal(solution.run(prune_in_two_stages, net, keep, fewer), solution.run(prune, net, fewer)["tensors"])


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which sizes must agree?", zh="哪些尺寸必须一致？")
def test_what_does_not_fit_is_refused(solution, rng):
    neurons = [draw_linear(rng, 4, 3), draw_linear(rng, 2, 4)]
    channels = [draw_conv(rng, 4, 2), draw_norm(rng, 4), draw_conv(rng, 3, 4)]
    misfits = [(net, keep) for net in (neurons, channels, [channels[0], None, channels[2]]) for keep in (0, -1, 5)]
    misfits += [([neurons[0], draw_linear(rng, 2, n)], 2) for n in (3, 5, 8)]
    misfits += [([*channels[:2], draw_conv(rng, 3, n)], 2) for n in (2, 5, 8)]
    misfits += [([*channels[:2], draw_linear(rng, 3, n)], 2) for n in (2, 6, 9)]
    misfits += [([channels[0], draw_norm(rng, n, n > 4), channels[2]], 2) for n in (3, 5)]
    for net, keep in misfits:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(prune, net, keep)
