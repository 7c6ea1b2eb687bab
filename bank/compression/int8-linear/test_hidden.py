"""Hidden checks of `int8-linear`; expectations come from numpy and Python's own integers."""

import gc
import io
import weakref

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- probes: they run in the guest, on every device it has -----------------------------------


def devices():
    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def call(submission, name, *tensors):
    """Call an export on every device."""
    f = getattr(submission, name)
    return [f(*[t.to(device) for t in tensors]).cpu() for device in devices()]


def float_layer(weight, bias):
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=weight.dtype)
    with torch.no_grad():
        linear.weight.copy_(weight)
        if bias is not None:
            linear.bias.copy_(bias)
    return linear


def apply(submission, weight, bias, *inputs):
    """Give the layer's result for each input, on every device."""
    results = []
    for device in devices():
        layer = submission.QuantLinear.from_float(float_layer(weight, bias).to(device))
        results.append([layer(x.to(device)).cpu() for x in inputs])
    return results


def attributes(submission, weight, bias):
    layer = submission.QuantLinear.from_float(float_layer(weight, bias))
    names = ["in_features", "out_features", "weight_q", "weight_scale", "bias"]
    return {name: getattr(layer, name) for name in names}


def tensors_within(thing, seen):
    """All tensors reachable from an object through attributes and containers."""
    if id(thing) in seen:
        return []
    seen[id(thing)] = thing
    if isinstance(thing, torch.Tensor):
        return [thing]
    if isinstance(thing, dict):
        parts = list(thing.values())
    elif isinstance(thing, (list, tuple, set)):
        parts = list(thing)
    else:
        parts = [vars(thing)] if hasattr(thing, "__dict__") and not isinstance(thing, type) else []
    return [tensor for part in parts for tensor in tensors_within(part, seen)]


def saved_bytes(module):
    buffer = io.BytesIO()
    torch.save(module.state_dict(), buffer)
    return buffer.tell()


def memory(submission, rows, columns):
    linear = nn.Linear(columns, rows)
    report = {"float_saved": saved_bytes(linear)}
    layer = submission.QuantLinear.from_float(linear)
    layer(torch.ones(2, columns))
    layer(torch.ones(2, columns))
    report["saved"] = saved_bytes(layer)
    report["held"] = sum(t.numel() * t.element_size() for t in tensors_within(layer, {}))
    weight = weakref.ref(linear.weight)
    del linear
    gc.collect()
    report["float_weight_is_gone"] = weight() is None
    return report


def carried_over(submission, weights, biases, x):
    """Save the first layer's state, load it into the second; give both results."""
    first, second = (submission.QuantLinear.from_float(float_layer(w, b)) for w, b in zip(weights, biases, strict=True))
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    second.load_state_dict(torch.load(buffer, weights_only=True))
    return first(x), second(x)


def on_another_device(submission, bias):
    """Move a layer, and build one from a layer that is elsewhere; tell where the results are."""
    seen = []
    for device in ["meta", *devices()[1:]]:
        moved = submission.QuantLinear.from_float(nn.Linear(6, 4, bias=bias)).to(device)
        built = submission.QuantLinear.from_float(nn.Linear(6, 4, bias=bias, device=device))
        for layer in (moved, built):
            y = layer(torch.empty(3, 6, device=device))
            seen.append((y.device.type == device, tuple(y.shape), y.dtype == torch.float32))
            seen.append(all(t.device.type == device for t in layer.state_dict().values()))
    return seen


def independence(submission, weight, bias, x):
    linear = float_layer(weight, bias)
    layer = submission.QuantLinear.from_float(linear)
    before = layer(x)
    untouched = torch.equal(linear.weight, weight) and torch.equal(linear.bias, bias)
    trainable = [p.requires_grad for p in linear.parameters()]
    with torch.no_grad():
        linear.weight.fill_(9.0)
        linear.bias.fill_(9.0)
    return {
        "before": before,
        "after": layer(x),
        "untouched": untouched,
        "trainable": trainable,
        "parameters": len(list(layer.parameters())),
        "needs_gradient": layer(x.clone().requires_grad_()).requires_grad,
    }


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.up = nn.Linear(8, 16, bias=False)
        down = nn.Linear(16, 8, bias=False)
        self.rest = nn.ModuleDict({"down": nn.ModuleList([nn.Sequential(nn.ReLU(), down)])})
        self.down = down

    def forward(self, x):
        return x + self.rest["down"][0](self.up(self.norm(x)))

    def shares(self):
        return self.down is self.rest["down"][0][1]


def deep_model(submission, seed):
    torch.manual_seed(seed)
    first, last = nn.Linear(8, 8, bias=False), nn.Linear(8, 3, bias=False)
    model = nn.Sequential(first, nn.Sequential(Block(), nn.Sequential(Block())), last)
    x = torch.randn(5, 8)
    exact = model(x)
    result = submission.quantize_model(model)
    kinds = [type(module).__name__ for module in model.modules()]
    single = submission.quantize_model(nn.Linear(3, 2))
    return {
        "same_object": result is model,
        "left": kinds.count("Linear"),
        "made": sum(type(module) is submission.QuantLinear for module in model.modules()),
        "shared": model[1][0].shares() and model[1][1][0].shares(),
        "exact": exact.detach(),
        "got": model(x),
        "single": type(single) is submission.QuantLinear,
    }


class Doubling(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.special = Doubling(4, 4)
        self.again = self.first
        self.tanh = nn.Tanh()
        self.frozen = nn.Linear(4, 4).eval()


def shared_model(submission):
    model = Shared()
    special, tanh = model.special, model.tanh
    submission.quantize_model(model)
    return {
        "converted": type(model.first) is submission.QuantLinear,
        "shared": model.first is model.again,
        "others": model.special is special and model.tanh is tanh,
        "training": [model.first.training, model.frozen.training],
    }


# ---- the oracle: numpy, one row after the other ----------------------------------------------


def scales_of(matrix):
    tops = [max(abs(float(v)) for v in row) for row in matrix]
    return np.array([np.float32(t) / np.float32(127) if t else np.float32(1) for t in tops], np.float32)


def codes_of(matrix, scales):
    codes = np.zeros(matrix.shape, np.int64)
    for i, row in enumerate(matrix.astype(np.float32)):
        for j, value in enumerate(row):
            codes[i, j] = min(127, max(-127, round(float(value / scales[i]))))
    return codes


def expected_output(weight, bias, x):
    """What the layer gives for float32 rows, with exact integer sums."""
    w, rows = weight.numpy(), x.numpy()
    w_scale, x_scale = scales_of(w), scales_of(rows)
    sums = codes_of(rows, x_scale) @ codes_of(w, w_scale).T
    out = sums * x_scale.astype(np.float64)[:, None] * w_scale.astype(np.float64)[None, :]
    return torch.from_numpy(out + (0.0 if bias is None else bias.numpy().astype(np.float64))).float()


def normal(rng, *shape):
    return torch.from_numpy(rng.standard_normal(shape).astype(np.float32))


# ---- the checks --------------------------------------------------------------------------------


@points(2, group="codes and scales", group_zh="编码与 scale")
@stated("row-scale", "tolerance")
@hint(en="Which rows have no largest value to divide by?", zh="哪些行没有可用来相除的最大值？")
@given(seed=SEEDS, rows=st.integers(1, 4), columns=st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_scale_of_each_row(solution, seed, rows, columns):
    rng = np.random.default_rng(seed)
    x = normal(rng, rows, columns) * torch.from_numpy(10.0 ** rng.uniform(-6, 6, (rows, 1))).float()
    x[int(rng.integers(rows))] = 0.0
    expected = torch.from_numpy(scales_of(x.numpy()))[:, None]
    for scale in solution.run(call, "row_scale", x):
        assert_close(scale, expected)
    for scale in solution.run(call, "row_scale", x.double()[None]):
        assert_close(scale, expected[None])


@points(2, group="codes and scales", group_zh="编码与 scale")
@stated("quantize")
@hint(
    en="Where do halves go, and how many codes lie on each side of zero?",
    zh="恰好一半的值往哪边走？零的两侧各有多少个编码？",
)
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_codes_are_rounded_to_even_and_clipped(solution, seed):
    rng = np.random.default_rng(seed)
    edges = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5, 127.5, -126.5, -127.5, 128, -128, 300, -1e6]
    quarters = np.stack([rng.integers(-700, 701, len(edges)) / 4 for _ in range(2)])
    values = np.stack([np.array(edges), *quarters])
    scales = 2.0 ** rng.integers(-20, 20, (3, 1))
    x, scale = (torch.from_numpy(a.astype(np.float32)) for a in (values * scales, scales))
    x[0, 0] = float("inf")
    rounded = [[round(v) for v in row] for row in values.tolist()]
    rounded[0][0] = 127
    expected = torch.tensor(rounded).clamp(-127, 127).to(torch.int8)
    for codes in solution.run(call, "quantize", x, scale):
        assert_equal(codes, expected)


@points(2, group="integer products", group_zh="整数乘积")
@stated("int8-matmul")
@hint(
    en="Compare with Python's own integers, in all the shapes allowed.", zh="用 Python 自己的整数核对各种允许的形状。"
)
@given(seed=SEEDS, n=st.integers(1, 4), k=st.integers(1, 9), lead=st.lists(st.integers(0, 3), max_size=3))
@settings(max_examples=20, deadline=None)
def test_products_equal_python_integers(solution, seed, n, k, lead):
    rng = np.random.default_rng(seed)
    x_q, w_q = rng.integers(-128, 128, (*lead, k)), rng.integers(-128, 128, (n, k))
    expected = torch.from_numpy(x_q @ w_q.T).to(torch.int32)
    arguments = [torch.from_numpy(a).to(torch.int8) for a in (x_q, w_q)]
    for product in solution.run(call, "int8_matmul", *arguments):
        assert_equal(product, expected)


@points(3, group="integer products", group_zh="整数乘积")
@stated("int8-matmul")
@hint(en="How large does the sum become, and which types hold it exactly?", zh="和会有多大？哪些类型能准确地存下它？")
@given(seed=SEEDS, k=st.sampled_from([4096, 65536]))
@settings(max_examples=4, deadline=None)
def test_long_sums_are_exact(solution, seed, k):
    rng = np.random.default_rng(seed)
    x_q = np.full((3, k), 127)
    x_q[1] = -128
    x_q[2] = rng.integers(100, 128, k)
    w_q = x_q[[0, 2, 1]].copy()
    w_q[0, : int(rng.integers(1, 9))] = 126
    expected = torch.from_numpy(x_q @ w_q.T)
    arguments = [torch.from_numpy(a).to(torch.int8) for a in (x_q, w_q)]
    for product in solution.run(call, "int8_matmul", *arguments):
        assert_equal(product.long(), expected)


@points(3, group="the layer", group_zh="量化层")
@stated("forward", "attributes", "row-scale", "tolerance")
@hint(
    en="Follow one row through the layer with pencil and paper, bias and zero rows included.",
    zh="用纸笔跟着一行数据走完这一层，别忘了偏置和全零的行。",
)
@given(seed=SEEDS, n=st.integers(1, 5), k=st.integers(1, 9), with_bias=st.booleans(), zeros=st.booleans())
@settings(max_examples=25, deadline=None)
def test_output_for_one_row(solution, seed, n, k, with_bias, zeros):
    rng = np.random.default_rng(seed)
    weight, x = normal(rng, n, k), normal(rng, 1, k)
    weight[0] *= 1e-4
    bias = normal(rng, n) if with_bias else None
    if zeros:
        weight[-1] = 0.0
        x *= float(rng.integers(2))
    expected = expected_output(weight, bias, x)
    for (result,) in solution.run(apply, weight, bias, x):
        assert_close(result, expected)


@points(2, group="the layer", group_zh="量化层")
@stated("precision", "shapes")
@hint(en="How many scales are there for the weight, how many for the input?", zh="权重有几个 scale，输入有几个？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_rows_and_channels_of_any_magnitude(solution, seed):
    rng = np.random.default_rng(seed)
    weight, x = normal(rng, 48, 256), normal(rng, 48, 256)
    powers = torch.from_numpy(10.0 ** rng.uniform(-4, 4, (48, 1))).float()
    for w, rows, dim in ((weight * powers, x, 0), (weight, x * powers, 1)):
        exact = rows.double() @ w.double().T
        for result, alone in solution.run(apply, w, None, rows, rows[7:8]):
            error = (result.double() - exact).square().mean(dim).sqrt() / exact.square().mean(dim).sqrt()
            assert float(error.mean()) < 0.02
            assert float(error.max()) < 0.05
            assert_equal(result[7:8], alone)


@points(2, group="the layer", group_zh="量化层")
@stated("forward", "shapes")
@hint(
    en="What is a row when there are three dimensions, or one, or no row at all?",
    zh="有三个维度、只有一个维度，或者一行也没有时，“行”指的是什么？",
)
@given(seed=SEEDS, lead=st.lists(st.integers(0, 3), max_size=3))
@settings(max_examples=15, deadline=None)
def test_any_leading_dimensions(solution, seed, lead):
    rng = np.random.default_rng(seed)
    weight, bias, x = normal(rng, 3, 5), normal(rng, 3), normal(rng, *lead, 5).clamp(-2, 2)
    x[..., 0] = 2.0
    rows = list(x.reshape(-1, 1, 5))
    for together, *alone in solution.run(apply, weight, bias, x, *rows):
        expected = torch.cat(alone) if alone else torch.empty(0, 3)
        assert_equal(together, expected.reshape(*lead, 3))


@points(1, group="the layer", group_zh="量化层")
@stated("dtypes", "attributes", "tolerance")
@hint(en="In which type are the large integers multiplied by the scales?", zh="大整数与 scale 相乘时用的是什么类型？")
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_layer_in_other_precisions(solution, seed):
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        rng = np.random.default_rng(seed)
        weight, bias, x = (t.to(dtype) for t in (normal(rng, 4, 512), normal(rng, 4), normal(rng, 3, 512)))
        for kept, single in solution.run(apply, weight, bias, x, x.float()):
            assert single.shape == (3, 4)
            assert_close(kept, single.to(dtype), rtol=1e-2)
        held = solution.run(attributes, weight, bias)
        assert held["weight_scale"].dtype == torch.float32
        assert_equal(held["bias"], bias.float())


@points(2, group="memory and state", group_zh="内存与状态")
@stated("memory", "attributes")
@hint(en="Which tensors does the layer still hold, and for what?", zh="这一层还引用着哪些张量，各有什么用？")
def test_no_float_copy_of_the_weight(solution):
    report = solution.run(memory, 512, 256)
    assert report["saved"] <= 0.30 * report["float_saved"]
    assert 512 * 256 <= report["held"] <= 0.30 * report["float_saved"]
    assert report["float_weight_is_gone"]


@points(2, group="memory and state", group_zh="内存与状态")
@stated("state", "attributes")
@hint(en="What does state_dict() know of your layer?", zh="state_dict() 知道这一层的哪些内容？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_state_carries_everything(solution, seed):
    rng = np.random.default_rng(seed)
    weights, biases = [normal(rng, 3, 6), 5 * normal(rng, 3, 6)], [normal(rng, 3), normal(rng, 3)]
    x = normal(rng, 2, 6)
    first, second = solution.run(carried_over, weights, biases, x)
    assert_equal(second, first)
    held = solution.run(attributes, weights[0], biases[0])
    scales = scales_of(weights[0].numpy())
    assert (held["in_features"], held["out_features"]) == (6, 3)
    assert_equal(held["weight_q"], torch.from_numpy(codes_of(weights[0].numpy(), scales)).to(torch.int8))
    assert_close(held["weight_scale"], torch.from_numpy(scales)[:, None])
    assert_equal(held["bias"], biases[0])


@points(2, group="devices", group_zh="设备")
@stated("devices")
@hint(en="Which tensors are made in forward, and where?", zh="forward 里新建了哪些张量，建在哪里？")
def test_layer_follows_its_device(solution):
    for bias in (True, False):
        seen = solution.run(on_another_device, bias)
        assert len(seen) >= 4
        assert seen == [(True, (3, 4), True), True] * (len(seen) // 2)


@points(1, group="memory and state", group_zh="内存与状态")
@stated("independence", "state")
@hint(en="What do the old layer and the new one share?", zh="旧层和新层共用了什么？")
def test_float_layer_and_quantised_layer_are_independent(solution, rng):
    weight, bias, x = rng.tensor(3, 5), rng.tensor(3), rng.tensor(4, 5)
    report = solution.run(independence, weight, bias, x)
    assert_equal(report["after"], report["before"])
    assert report["untouched"]
    assert report["trainable"] == [True, True]
    assert report["parameters"] == 0
    assert not report["needs_gradient"]


@points(2, group="the model", group_zh="整个模型")
@stated("quantize-model", "tolerance")
@hint(en="How deep can a linear layer sit?", zh="线性层可能藏得多深？")
@given(seed=st.integers(0, 2**31 - 1))
@settings(max_examples=3, deadline=None)
def test_every_nested_linear_is_replaced(solution, seed):
    report = solution.run(deep_model, seed)
    assert report["same_object"]
    assert (report["left"], report["made"]) == (0, 6)
    assert report["shared"]
    assert_close(report["got"], report["exact"], rtol=0.08)
    assert report["single"]


@points(2, group="the model", group_zh="整个模型")
@stated("quantize-model")
@hint(
    en="May a module have two names? Is every kind of Linear a plain one?",
    zh="一个模块可以有两个名字吗？所有 Linear 都是普通的 Linear 吗？",
)
def test_shared_and_special_layers(solution):
    report = solution.run(shared_model)
    assert report["converted"]
    assert report["shared"]
    assert report["others"]
    assert report["training"] == [True, False]
