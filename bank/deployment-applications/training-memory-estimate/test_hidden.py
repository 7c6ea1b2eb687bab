"""Hidden checks of `training-memory-estimate`; parameters are counted tensor by tensor, bytes number by number."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SIZES = st.integers(1, 60)
CFGS = st.fixed_dictionaries(
    dict.fromkeys(("layers", "d", "ff", "vocab", "positions", "heads"), SIZES)
    | dict.fromkeys(("tied", "bias"), st.booleans())
)
HUGE = {"layers": 501, "d": 12345679, "ff": 49382717, "vocab": 999983, "positions": 65537, "heads": 97}


# ---- inside the guest ----------------------------------------------------------------------------


def both_and_look(submission, cfg):
    """Call the functions that get a configuration; tell what they return, and the configuration afterwards."""
    return submission.params(cfg), submission.activation_bytes(cfg, 2, 3, 4, True), cfg


# ---- the oracle ----------------------------------------------------------------------------------


def shapes(cfg):
    """Name the shapes of all tensors."""
    d, ff, biases = cfg["d"], cfg["ff"], cfg["bias"]
    norm = [(d,), (d,)] if biases else [(d,)]
    found = [(cfg["vocab"], d), (cfg["positions"], d), *norm]
    for _ in range(cfg["layers"]):
        found += norm * 2
        for matrix in ((d, 3 * d), (d, d), (d, ff), (ff, d)):
            found.append(matrix)
            found += [matrix[1:]] if biases else []
    return found if cfg["tied"] else [*found, (d, cfg["vocab"])]


def held(n, optimizer, precision, world, stage):
    """Add up what a device holds, kind by kind."""
    wide = 4 if precision == "fp32" else 2
    numbers = ["sgd", "momentum", "adam"].index(optimizer) + (precision == "mixed")
    share = -(-n // world)
    weights = wide * (share if stage == 3 else n)
    gradients = wide * (share if stage >= 2 else n)
    kept = 4 * numbers * (share if stage >= 1 else n)
    return {"weights": weights, "gradients": gradients, "optimizer": kept, "total": weights + gradients + kept}


def kept_for_backward(cfg, batch, seq, itemsize, checkpoint):
    tokens = batch * seq
    layer = (8 * cfg["d"] + 2 * cfg["ff"] + 2 * cfg["heads"] * seq) * tokens
    ways = [sum(layer for _ in range(cfg["layers"]))]
    if checkpoint:
        ways.append(tokens * cfg["d"] * cfg["layers"] + layer)
    return itemsize * min(ways)


# ---- the checks ----------------------------------------------------------------------------------


@points(3, group="parameters", group_zh="参数")
@stated("params", "exact")
@hint(
    en="Go through the tensors one by one: which has a bias, which counts once?",
    zh="逐个张量过一遍：哪些有偏置，哪些只计一次？",
)
@given(cfg=CFGS)
@settings(max_examples=30)
def test_parameters_tensor_by_tensor(solution, cfg):
    for tied in (True, False):
        for bias in (True, False):
            for sizes in (cfg, HUGE):
                each = {**sizes, "tied": tied, "bias": bias}
                count, kept, after = solution.run(both_and_look, each)
                assert_equal(count, sum(math.prod(shape) for shape in shapes(each)))
                assert_equal(kept, kept_for_backward(each, 2, 3, 4, True))
                assert_equal(after, each)


@points(2, group="files", group_zh="文件")
@stated("stored", "exact")
@hint(
    en="How many bytes do three values of 4 bits take, and how many two such tensors?",
    zh="三个 4 位的值占几个字节？两个这样的张量呢？",
)
@given(counts=st.lists(st.integers(0, 40), max_size=6), again=st.integers(0, 5))
@settings(max_examples=20)
def test_tensors_are_packed_and_stored_once(solution, counts, again):
    for bits in (1, 3, 4, 8, 16, 32):
        entries = [(f"t{place}", count, bits + place % 2) for place, count in enumerate(counts)]
        packed = [len("x" * (count * width)) for _, count, width in entries]
        expected = sum(size // 8 + (size % 8 > 0) for size in packed)
        assert_equal(solution.stored_bytes(entries), expected)
        assert_equal(solution.stored_bytes(entries + entries[: again + 1][::-1]), expected)
    assert_equal(solution.stored_bytes([("big", 10**19 + 1, 4), ("b", 1, 4)]), 5 * 10**18 + 2)
    same_sizes = [("embed", 12, 16), ("head", 12, 16), ("embed", 12, 16)]
    assert_equal(solution.stored_bytes(same_sizes), 48)


@points(4, group="training state", group_zh="训练状态")
@stated("train", "exact")
@hint(en="What does each device hold in full, and what in part?", zh="每台设备完整持有什么，部分持有什么？")
@given(n=st.integers(0, 200) | st.integers(10**17, 10**18), world=st.integers(1, 9))
@settings(max_examples=15)
def test_bytes_on_each_device(solution, n, world):
    for optimizer in ("sgd", "momentum", "adam"):
        for precision in ("fp32", "mixed"):
            for stage in range(4):
                expected = held(n, optimizer, precision, world, stage)
                assert_equal(solution.train_bytes(n, optimizer, precision, world, stage), expected)
            assert_equal(solution.train_bytes(n, optimizer, precision), held(n, optimizer, precision, 1, 0))
            for size, devices in ((17, 4), (10**18 + 7, 3)):
                expected = held(size, optimizer, precision, devices, 3)
                assert_equal(solution.train_bytes(size, optimizer, precision, devices, 3), expected)


@points(2, group="activations", group_zh="激活值")
@stated("activations", "exact")
@contract("the definition itself, for one layer, for many and for huge ones")
@hint(en="What of a model with a single layer?", zh="只有一层的模型呢？")
@given(cfg=CFGS, batch=st.integers(1, 9), seq=st.integers(1, 40), itemsize=st.sampled_from([1, 2, 4]))
@settings(max_examples=15)
def test_values_kept_for_the_backward_pass(solution, cfg, batch, seq, itemsize):
    for sizes in (cfg, {**cfg, "layers": 1}, {**cfg, "layers": 24}, {**HUGE, "tied": True, "bias": True}):
        for checkpoint in (False, True):
            expected = kept_for_backward(sizes, batch, seq, itemsize, checkpoint)
            assert_equal(solution.activation_bytes(sizes, batch, seq, itemsize, checkpoint), expected)


@points(1, group="operations", group_zh="运算量")
@stated("flops", "exact")
@hint(en="How many passes are there?", zh="一共有几次传播？")
def test_operations(solution):
    for n, tokens in ((1, 1), (7, 13), (10**11 + 1, 3 * 10**12 + 7), (0, 5), (5, 0)):
        assert_equal(solution.train_flops(n, tokens, False), sum([2 * n, 4 * n]) * tokens)
        assert_equal(solution.train_flops(n, tokens, True), sum([2 * n, 2 * n, 4 * n]) * tokens)


@points(2, group="units", group_zh="单位")
@stated("units")
@hint(en="How many bytes have a GB and a GiB?", zh="1 GB 和 1 GiB 各是多少字节？")
def test_units(solution):
    for power, (decimal, binary) in enumerate((("kB", "KiB"), ("MB", "MiB"), ("GB", "GiB"), ("TB", "TiB")), start=1):
        for count in (0, 1, 1000**power, 1024**power, 80 * 10**9, 10**15 + 7):
            assert_close(solution.in_units(count, decimal), count / 10 ** (3 * power))
            assert_close(solution.in_units(count, binary), count / 2 ** (10 * power))
    for unit in ("", "B", "gb", "KB", "kiB", "Gib", "PB", "GB ", "bytes"):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.in_units(5, unit)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("train-errors", "stored")
@hint(en="Which words and numbers have no meaning here?", zh="哪些词和数在这里没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    for arguments in (
        (5, "lion", "fp32", 1, 0),
        (5, "Adam", "fp32", 1, 0),
        (5, "adam", "bf16", 1, 0),
        (5, "adam", "", 1, 0),
        (5, "adam", "mixed", 2, 4),
        (5, "adam", "mixed", 2, -1),
        (5, "adam", "mixed", 0, 1),
        (5, "adam", "mixed", -2, 0),
        (-1, "sgd", "fp32", 1, 0),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.train_bytes(*arguments)
    for entries in ([("a", 3, 4), ("a", 4, 4)], [("a", 3, 4), ("b", 1, 8), ("a", 3, 8)], [("a", 2, 8), ("a", 4, 4)]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.stored_bytes(entries)
    assert_equal(solution.train_bytes(0, "adam", "mixed", 3, 3), held(0, "adam", "mixed", 3, 3))
    assert_equal(solution.stored_bytes([]), 0)
