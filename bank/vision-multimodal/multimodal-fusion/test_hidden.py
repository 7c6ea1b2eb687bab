"""Hidden checks of `multimodal-fusion`; each example is fused by itself, out of the modalities that it has."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**31)
DIMS = {"thermal": 5, "radar": 7, "gaze": 4, "lidar": 5}
NAMES = ["gaze", "lidar", "radar", "thermal"]
WIDTH = 4


# ---- probes: they run in the guest ---------------------------------------------------------------


def fuse(submission, dims, state, calls):
    """Load the state; tell for each call the results, and the gradients of a weighted sum."""
    dtype = state["score.bias"].dtype
    model = submission.Fusion(dims, state["score.weight"].shape[1]).to(dtype)
    model.load_state_dict(state)
    told = []
    for feats, present, weight in calls:
        leaves = {name: x.clone().requires_grad_() for name, x in feats.items()}
        model.zero_grad()
        fused, weights = model(leaves, present) if present is not None else model(leaves)
        (fused * weight).sum().backward()
        slopes = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
        told.append((fused.detach(), weights.detach(), slopes, {name: x.grad for name, x in leaves.items()}))
    return told


def state_of(submission, dims, d):
    state = submission.Fusion(dims, d).state_dict()
    return {name: (list(x.shape), str(x.dtype), x.abs().max().item()) for name, x in state.items()}


def call(submission, feats, present):
    with torch.no_grad():
        fused, weights = submission.Fusion(DIMS, WIDTH).double()(feats, present)
    return fused, weights, feats, present


# ---- the oracle: one example after the other -----------------------------------------------------


def draw(seed, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def draw_state(seed, dims, d, dtype=torch.float64, sharp=1.0):
    state = {"score.weight": sharp * draw(seed, 1, d, dtype=dtype), "score.bias": draw(seed + 1, 1, dtype=dtype)}
    for i, (name, width) in enumerate(dims.items()):
        state[f"project.{name}.weight"] = draw(seed + 2 + i, d, width, dtype=dtype) / width**0.5
        state[f"project.{name}.bias"] = draw(seed + 50 + i, d, dtype=dtype)
    return state


def draw_feats(seed, batch, dims=DIMS, dtype=torch.float64):
    """Draw vectors, and one map."""
    feats = {name: draw(seed + i, batch, width, dtype=dtype) for i, (name, width) in enumerate(dims.items())}
    return {**feats, "radar": draw(seed + 9, batch, dims["radar"], 2, 3, dtype=dtype)}


def draw_present(seed, batch, dims=DIMS):
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.rand(batch, generator=generator) < 0.6 for name in dims}


def expected(dims, state, feats, present):
    """Fuse example by example in double precision; modalities that are missing are never looked at."""
    state = {name: x.double() for name, x in state.items()}
    batch = len(next(iter(feats.values())))
    fused, weights = [], []
    for i in range(batch):
        hidden = {}
        for name in sorted(feats):
            if name not in present or present[name][i]:
                x = feats[name][i].double().flatten(1).mean(1) if feats[name].ndim == 4 else feats[name][i].double()
                hidden[name] = state[f"project.{name}.weight"] @ x + state[f"project.{name}.bias"]
        scores = {name: state["score.weight"][0] @ h.tanh() + state["score.bias"][0] for name, h in hidden.items()}
        top = max((s.item() for s in scores.values()), default=0.0)
        masses = {name: (s - top).exp() for name, s in scores.items()}
        shares = {name: mass / sum(masses.values()) for name, mass in masses.items()}
        nothing = torch.zeros(len(state["score.weight"][0]), dtype=torch.float64)
        fused.append(sum((shares[name] * h for name, h in hidden.items()), nothing))
        zero = torch.zeros((), dtype=torch.float64)
        weights.append(torch.stack([shares.get(name, zero) for name in sorted(dims)]))
    return torch.stack(fused), torch.stack(weights)


def with_junk(feats, present, junk):
    """Put junk wherever an example lacks a modality."""
    dirty = {}
    for name, x in feats.items():
        there = present[name].reshape(-1, *[1] * (x.ndim - 1))
        dirty[name] = torch.where(there, x, torch.full_like(x, junk))
    return dirty


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="fusion", group_zh="融合")
@stated("fusion", "feats", "present", "state", "tolerance")
@hint(en="Over which axis does the softmax go, and what is summed up?", zh="softmax 沿哪个轴？相加的又是什么？")
@given(seed=SEEDS, batch=st.integers(1, 4))
@settings(max_examples=10)
def test_examples_one_by_one(solution, seed, batch):
    feats, present, state = draw_feats(seed, batch), draw_present(seed, batch), draw_state(seed, DIMS, WIDTH)
    some = {name: feats[name] for name in ("thermal", "radar")}
    cases = [(feats, None), (feats, present), (feats, {"thermal": present["thermal"]}), (some, present), (some, None)]
    weight = draw(seed + 7, batch, WIDTH)
    told = solution.run(fuse, DIMS, state, [(*case, weight) for case in cases])
    for (values, known), (fused, weights, *_) in zip(cases, told, strict=True):
        assert_close((fused, weights), expected(DIMS, state, values, known or {}))


@points(2, group="gradients", group_zh="梯度")
@stated("fusion", "missing")
@hint(en="Does every part of the way carry a gradient?", zh="计算路径的每一段都能传递梯度吗？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_gradients_of_all_parts(solution, seed):
    feats, present, state = draw_feats(seed, 3), draw_present(seed, 3), draw_state(seed, DIMS, WIDTH)
    for name in DIMS:
        present[name][0] = True
    weight = draw(seed + 7, 3, WIDTH)
    ((*_, slopes, inner),) = solution.run(fuse, DIMS, state, [(feats, present, weight)])
    leaves = {name: x.clone().requires_grad_() for name, x in state.items()}
    inputs = {name: x.clone().requires_grad_() for name, x in feats.items()}
    (expected(DIMS, leaves, inputs, present)[0] * weight).sum().backward()
    # a score that all modalities share in equal measure moves nothing
    wanted = {name: x.grad for name, x in leaves.items() if name != "score.bias"}
    assert slopes.pop("score.bias").abs().max() < 1e-10
    assert_close(slopes, wanted, rtol=1e-8)
    assert_close(inner, {name: x.grad for name, x in inputs.items()}, rtol=1e-8)


@points(1, group="state", group_zh="状态")
@stated("state")
@hint(en="Which names and shapes does the state have?", zh="状态中有哪些名称和形状？")
def test_the_state_has_these_names(solution):
    for dims in (DIMS, {"b": 512, "a": 2048}):
        linear = {f"project.{name}": width for name, width in dims.items()} | {"score": 6}
        told = solution.run(state_of, dims, 6)
        shapes = {f"{name}.weight": [1 if name == "score" else 6, width] for name, width in linear.items()}
        shapes |= {f"{name}.bias": shape[:1] for name, shape in ((n[:-7], s) for n, s in list(shapes.items()))}
        assert_equal(
            {name: part[:2] for name, part in told.items()}, {n: (s, "torch.float32") for n, s in shapes.items()}
        )
        for name, width in linear.items():
            largest = told[f"{name}.weight"][2] * math.sqrt(width)
            assert 0.05 < largest <= 1.0001


@points(2, group="widths", group_zh="宽度")
@stated("feats", "fusion", "tolerance")
@hint(en="What becomes of 49 places of a map?", zh="特征图的 49 个位置要变成什么？")
def test_wide_vectors_and_maps_in_single_precision(solution):
    dims = {"thermal": 512, "radar": 2048, "gaze": 1024}
    state = draw_state(3, dims, 16, torch.float32)
    feats = draw_feats(4, 2, dims, torch.float32)
    maps = {
        **feats,
        "thermal": draw(5, 2, 512, 3, 1, dtype=torch.float32),
        "gaze": draw(6, 2, 1024, 1, 1, dtype=torch.float32),
    }
    weight = draw(8, 2, 16, dtype=torch.float32)
    told = solution.run(fuse, dims, state, [(feats, None, weight), (maps, None, weight)])
    for values, (fused, weights, *_) in zip((feats, maps), told, strict=True):
        assert_close((fused, weights), tuple(part.float() for part in expected(dims, state, values, {})), rtol=1e-4)


@points(3, group="missing modalities", group_zh="缺失的模态")
@stated("missing", "present")
@hint(en="What is NaN times zero, and what is its gradient?", zh="NaN 乘以零等于多少？它的梯度呢？")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_what_is_missing_never_matters(solution, seed):
    feats, present, state = draw_feats(seed, 4), draw_present(seed, 4), draw_state(seed, DIMS, WIDTH)
    present["radar"][0], present["thermal"][1], present["gaze"][2] = False, False, False
    present["lidar"][:3] = True
    weight = draw(seed + 7, 4, WIDTH)
    junks = (0.0, math.nan, math.inf, -math.inf, 1e300)
    calls = [(with_junk(feats, present, junk), present, weight) for junk in junks]
    clean, *dirty = solution.run(fuse, DIMS, state, calls)
    assert_close(clean[:2], expected(DIMS, state, feats, present))
    for told in dirty:
        assert_close(told, clean)
    for name, there in present.items():
        assert (clean[3][name][~there] == 0).all()


@points(2, group="missing modalities", group_zh="缺失的模态")
@stated("nothing", "missing", "feats")
@contract("the borders by themselves: nothing in an example, and no example; drawn masks meet them by chance")
@hint(en="What is the softmax of nothing?", zh="空集合的 softmax 是什么？")
def test_examples_without_anything_and_batches_without_examples(solution):
    state, weight = draw_state(5, DIMS, WIDTH), torch.ones(3, WIDTH, dtype=torch.float64)
    feats = draw_feats(6, 3)
    present = {name: torch.tensor([True, False, i > 1]) for i, name in enumerate(NAMES)}
    nobody = {name: torch.zeros(3, dtype=torch.bool) for name in DIMS}
    lone = {"thermal": feats["thermal"]}
    told = solution.run(fuse, DIMS, state, [(feats, present, weight), (feats, nobody, weight), (lone, nobody, weight)])
    for (values, known), (fused, weights, slopes, inner) in zip(
        ((feats, present), (feats, nobody), (lone, nobody)), told, strict=True
    ):
        assert_close((fused, weights), expected(DIMS, state, values, known))
        assert all(torch.isfinite(x).all() for x in (*slopes.values(), *inner.values()))
    empty = {name: x[:0] for name, x in feats.items()}
    for values in (empty, {"radar": empty["radar"]}):
        fused, weights, *_ = solution.run(call, values, None)
        assert_equal(
            (fused, weights), (torch.zeros(0, WIDTH, dtype=torch.float64), torch.zeros(0, 4, dtype=torch.float64))
        )


@points(2, group="order", group_zh="顺序")
@stated("order", "fusion")
@contract("every order by itself, so that it is not met by one order of the other checks")
@hint(en="Which column belongs to which name?", zh="哪一列对应哪个名称？")
def test_the_order_of_names_means_nothing(solution):
    state, feats, present = draw_state(7, DIMS, WIDTH), draw_feats(8, 3), draw_present(9, 3)
    weight = torch.ones(3, WIDTH, dtype=torch.float64)
    wanted = expected(DIMS, state, feats, present)
    for order in (NAMES, NAMES[::-1], ["thermal", "gaze", "radar", "lidar"]):
        dims, values, known = (
            {name: part[name] for name in way} for part, way in ((DIMS, order), (feats, order[::-1]), (present, NAMES))
        )
        ((fused, weights, *_),) = solution.run(fuse, dims, state, [(values, known, weight)])
        assert_close((fused, weights), wanted)


@points(2, group="weights", group_zh="权重")
@stated("large", "fusion")
@hint(en="What is the exponential of ten thousand?", zh="一万的指数是多少？")
def test_large_scores(solution):
    feats, weight = draw_feats(10, 5), torch.ones(5, WIDTH, dtype=torch.float64)
    for sharp, bias in ((3e3, 0.0), (1.0, 1e4), (1.0, -1e4), (0.0, 0.0)):
        state = draw_state(11, DIMS, WIDTH, sharp=sharp)
        state["score.bias"] = state["score.bias"] + bias
        for known in (None, draw_present(12, 5)):
            ((fused, weights, *_),) = solution.run(fuse, DIMS, state, [(feats, known, weight)])
            assert_close((fused, weights), expected(DIMS, state, feats, known or {}), rtol=1e-9)


@points(1, group="weights", group_zh="权重")
@stated("fusion", "present")
@contract("what attention is good for: one modality has all the weight, equal ones share it, scaled copies do not")
@hint(en="How much does the only witness count?", zh="唯一的证人占多大比重？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_laws_of_weights(solution, seed):
    state, feats = draw_state(seed, DIMS, WIDTH), draw_feats(seed, 3)
    state["project.lidar.weight"], state["project.lidar.bias"] = (
        state["project.thermal.weight"],
        state["project.thermal.bias"],
    )
    twins = {"thermal": feats["thermal"], "lidar": feats["thermal"]}
    weight = torch.ones(3, WIDTH, dtype=torch.float64)
    alone, both = solution.run(
        fuse, DIMS, state, [({"thermal": feats["thermal"]}, None, weight), (twins, None, weight)]
    )
    assert_close(alone[1], torch.tensor([[0.0, 0.0, 0.0, 1.0]] * 3, dtype=torch.float64))
    assert_close(both[1], torch.tensor([[0.0, 0.5, 0.0, 0.5]] * 3, dtype=torch.float64))
    assert_close(both[0], alone[0])


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("build-errors")
@hint(en="Which widths are there none of?", zh="哪些宽度不存在？")
def test_modules_that_cannot_be_are_refused(solution):
    for dims, d in (({}, 4), ({"a": 0, "b": 3}, 4), ({"a": 3}, 0), ({"a": 3, "b": -1}, 4), ({"a": 3}, -2)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.Fusion(dims, d)
    assert_equal(solution.run(state_of, {"a": 1}, 1)["project.a.weight"][0], [1, 1])


@points(3, group="refusals", group_zh="拒绝错误输入")
@stated("call-errors")
@hint(en="What belongs to no modality, or to another batch?", zh="什么不属于任何模态，或属于另一个批次？")
def test_calls_that_do_not_fit_are_refused(solution):
    feats, there = draw_feats(13, 3), torch.tensor([True, False, True])
    text = feats["thermal"]
    bad = [({}, None), ({}, {"thermal": there}), ({**feats, "smell": text}, None), ({"Thermal": text}, None)]
    bad += [
        ({**feats, "thermal": x}, None)
        for x in (text[:2], text[:1], text[:, :4], text[0], text[:, :, None], text[None])
    ]
    bad += [
        ({**feats, "radar": x}, None) for x in (feats["radar"].movedim(1, 3), feats["radar"][:, :1], feats["radar"][:1])
    ]
    bad += [({"lidar": torch.cat([text, text], 1)}, None), ({"thermal": text[:, :, None, None, None]}, None)]
    bad += [
        (feats, {"smell": there}),
        (feats, {"thermal": there[:2]}),
        (feats, {"thermal": there[:1]}),
        (feats, {"thermal": there[:, None]}),
    ]
    bad += [(feats, {"thermal": there.to(dtype)}) for dtype in (torch.int64, torch.float64, torch.uint8)]
    bad += [({"radar": feats["radar"]}, {"thermal": there[:2]}), ({"radar": feats["radar"]}, {"thermal": there.long()})]
    for values, known in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(call, values, known)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    feats, present = draw_feats(14, 4), draw_present(15, 4)
    del present["gaze"]
    for values in (feats, {"radar": feats["radar"], "thermal": feats["thermal"]}):
        dirty = with_junk(values, {name: present.get(name, torch.ones(4).bool()) for name in values}, math.nan)
        fused, weights, *after = solution.run(call, dirty, present)
        assert torch.isfinite(fused).all()
        assert_close(
            weights.sum(1), torch.stack([present.get(n, torch.ones(4).bool()) for n in values]).any(0).double()
        )
        assert_equal(after, [dirty, present])
