"""Hidden checks of `transfer-freeze-head`; what is trained is followed by hand, without an optimizer."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**31)
DEPTHS = st.integers(0, 4)
CHILDREN, FEATURES, CLASSES = 9, 4, 3
BEGINS = (9, 6, 3, 1, 0)
"""Where the trainable part begins, by `unfreeze_last`."""


# ---- the world, in the guest and here ------------------------------------------------------------


def make_backbone(seed, dtype=torch.float64):
    """Make a small network that has been trained: its running statistics are not those of a new one."""
    torch.manual_seed(seed)
    inner = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU())
    last = (nn.Linear(12, FEATURES), nn.BatchNorm1d(FEATURES, affine=False), nn.Dropout(0.3))
    backbone = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), inner, nn.Dropout(0.5), nn.Flatten(), *last
    ).to(dtype)
    with torch.no_grad():
        for norm in (backbone[1], inner[1], backbone[7]):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2.0)
            norm.num_batches_tracked.fill_(7)
    return backbone


def draw(seed, rows, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 1, 4, 4, generator=generator, dtype=dtype)
    return x, torch.randint(0, CLASSES, (rows,), generator=generator)


def state(module):
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def train(submission, seed, depth, steps, adam):
    """Train what is to be trained; tell the states before and after."""
    backbone = make_backbone(seed)
    model, groups = submission.adapt(backbone, FEATURES, CLASSES, depth, lr=0.2, factor=0.5)
    before = state(model)
    opt = torch.optim.Adam(groups, lr=9.0, weight_decay=0.1) if adam else torch.optim.SGD(groups, lr=9.0)
    for step in range(steps):
        model.eval()
        model.train()
        x, y = draw(seed + step, 6)
        torch.manual_seed(seed + step)
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()
    return before, state(model)


def look_at_the_model(submission, seed, x, dtype):
    """Tell the logits before and after a change of the backbone, its state, and what the head is."""
    backbone = make_backbone(seed, dtype)
    model, _ = submission.adapt(backbone, FEATURES, CLASSES)
    told = {"state": state(backbone), "head": (type(model.head).__name__, model.head.weight, model.head.bias)}
    model.eval()
    told["logits"] = [model(x)]
    with torch.no_grad():
        backbone[0].weight.mul_(-2.0)
    told["logits"].append(model(x))
    told["children"] = [name for name, _ in model.named_children()]
    return told


def look_at_the_groups(submission, depth, options, flags):
    """Tell the names of the parameters of each group with its rate, and the flags of all parameters."""
    backbone = make_backbone(1)
    for parameter, flag in zip(backbone.parameters(), flags, strict=True):
        parameter.requires_grad_(flag)
    model, groups = submission.adapt(backbone, FEATURES, CLASSES, depth, **options)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    told = [(type(g["params"]).__name__, [names.get(id(p), "?") for p in g["params"]], g["lr"]) for g in groups]
    return told, {name: parameter.requires_grad for name, parameter in model.named_parameters()}


def modes(model):
    """The modes of all modules but the container of the backbone."""
    return {name: module.training for name, module in model.named_modules() if name != "backbone"}


def switch(submission, depth, arrive):
    """Tell the modes after `adapt`, and after each of several switches."""
    backbone = make_backbone(1)
    for module, mode in zip(backbone.modules(), arrive, strict=True):
        module.training = mode
    model, _ = submission.adapt(backbone, FEATURES, CLASSES, depth)
    told = [modes(model)]
    for call in (model.eval, model.train, lambda: model.train(False), lambda: model.train(True), model.train):
        call()
        told.append(modes(model))
    return told


def refuse(submission, depth):
    """Tell what was raised, and the backbone's state, flags and modes afterwards."""
    backbone = make_backbone(1)
    try:
        submission.adapt(backbone, FEATURES, CLASSES, depth)
    except ValueError:
        raised = "ValueError"
    else:
        raised = ""
    flags = [p.requires_grad for p in backbone.parameters()]
    return raised, state(backbone), flags, [module.training for module in backbone.modules()]


def cache(submission, seed, depth, x, batch, arrive):
    """Tell the features, what was called on the way, and all that should not change before and after."""
    model, _ = submission.adapt(make_backbone(seed), FEATURES, CLASSES, depth)
    for module, mode in zip(model.modules(), arrive, strict=True):
        module.training = mode
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    rows, heads, saved = [], [], []
    model.backbone[0].register_forward_pre_hook(lambda _, args: rows.append(args[0].clone()))
    model.head.register_forward_pre_hook(lambda *_: heads.append(1))

    def surroundings():
        flags = [parameter.requires_grad for parameter in model.parameters()]
        grads = [parameter.grad for parameter in model.parameters()]
        return state(model), flags, grads, [module.training for module in model.modules()]

    def pack(tensor):
        saved.append(1)
        return tensor

    before = [surroundings()[0], *map(list, surroundings()[1:])]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        features = submission.cache_features(model, x, batch)
    after = list(surroundings())
    return {
        "features": features,
        "requires_grad": features.requires_grad,
        "rows": rows,
        "calls": (len(heads), len(saved)),
        "around": (before, after),
    }


def logits_of_both(submission, seed, x):
    """Tell the logits by way of the cached features, and those of the model."""
    model, _ = submission.adapt(make_backbone(seed), FEATURES, CLASSES, 2)
    features = submission.cache_features(model, x, 3)
    model.eval()
    return model.head(features), model(x)


# ---- the oracle ----------------------------------------------------------------------------------


def own_backbone(seed, dtype=torch.float64):
    with torch.random.fork_rng():
        return make_backbone(seed, dtype)


def expected_features(seed, x):
    """The features in eval mode, layer by layer from the state of the backbone."""
    s = own_backbone(seed, x.dtype).state_dict()

    def norm(z, name, affine=True):
        shape = (1, -1) + (1,) * (z.dim() - 2)
        z = (z - s[f"{name}.running_mean"].view(shape)) / (s[f"{name}.running_var"].view(shape) + 1e-5).sqrt()
        return z * s[f"{name}.weight"].view(shape) + s[f"{name}.bias"].view(shape) if affine else z

    z = norm(F.conv2d(x, s["0.weight"], s["0.bias"], padding=1), "1").clamp_min(0)
    z = norm(F.conv2d(z, s["3.0.weight"], s["3.0.bias"]), "3.1").clamp_min(0)
    return norm(z.reshape(-1, 12) @ s["6.weight"].T + s["6.bias"], "7", affine=False)


def expected_training(before, seed, depth, steps):
    """The state after steps of plain gradient descent, taken by hand."""
    backbone, head = own_backbone(seed), nn.Linear(FEATURES, CLASSES, dtype=torch.float64)
    head.load_state_dict({name: before[f"head.{name}"] for name in ("weight", "bias")})
    for at, child in enumerate(backbone):
        child.train(at >= BEGINS[depth])
    tuned = [p for child in backbone[BEGINS[depth] :] for p in child.parameters()]
    rates = {**dict.fromkeys(head.parameters(), 0.2), **dict.fromkeys(tuned, 0.1)}
    for step in range(steps):
        x, y = draw(seed + step, 6)
        with torch.random.fork_rng():
            torch.manual_seed(seed + step)
            logits = head(backbone(x))
        loss = -logits.log_softmax(dim=1)[torch.arange(6), y].mean()
        slopes = torch.autograd.grad(loss, list(rates))
        with torch.no_grad():
            for (parameter, rate), slope in zip(rates.items(), slopes, strict=True):
                parameter.sub_(rate * slope)
    return {
        **{f"backbone.{name}": tensor for name, tensor in state(backbone).items()},
        **{f"head.{name}": tensor for name, tensor in state(head).items()},
    }


def is_frozen(name, depth):
    """Whether a parameter, buffer or module of the model belongs to the frozen part, by its name."""
    first, _, rest = name.partition(".")
    return first == "backbone" and int(rest.split(".")[0]) < BEGINS[depth]


# ---- the checks: adapt ---------------------------------------------------------------------------


@points(2, group="the model", group_zh="模型")
@stated("model", "tolerance")
@hint(en="How many outputs, of which dtype, of which network?", zh="多少个输出，什么 dtype，出自哪个网络？")
@given(seed=SEEDS, dtype=st.sampled_from([torch.float32, torch.float64]))
@settings(max_examples=4, deadline=None)
def test_the_model_is_the_backbone_and_a_head(solution, seed, dtype):
    x = draw(seed, 3, dtype)[0]
    told = solution.run(look_at_the_model, seed, x, dtype)
    kind, weight, bias = told["head"]
    assert kind == "Linear"
    assert sorted(told["children"]) == ["backbone", "head"]
    assert weight.shape == (CLASSES, FEATURES)
    assert bias.shape == (CLASSES,)
    assert_equal(told["state"], state(own_backbone(seed, dtype)))
    features = expected_features(seed, x)
    assert_close(told["logits"][0], features @ weight.T + bias, rtol=1e-9 if dtype == torch.float64 else 1e-5)
    other = own_backbone(seed, dtype).eval()
    with torch.no_grad():
        other[0].weight.mul_(-2.0)
        assert_close(told["logits"][1], other(x) @ weight.T + bias, rtol=1e-9 if dtype == torch.float64 else 1e-5)


@points(3, group="what is frozen", group_zh="冻结的部分")
@stated("frozen", "parts")
@contract("ten steps of Adam with weight decay, bit by bit, for every depth: what the topic is about")
@hint(en="Running statistics are no parameters. What changes them?", zh="滑动统计量不是参数。是什么改变了它们？")
@given(seed=SEEDS)
@settings(max_examples=1, deadline=None)
def test_the_frozen_part_keeps_every_bit(solution, seed):
    for depth in range(5):
        before, after = solution.run(train, seed, depth, 10, True)
        frozen = {name for name in before if is_frozen(name, depth)}
        assert_equal({name: after[name] for name in frozen}, {name: before[name] for name in frozen})
        assert all(not torch.equal(after[name], before[name]) for name in before.keys() - frozen)


@points(3, group="what is trained", group_zh="训练的部分")
@stated("frozen", "modes", "groups", "tolerance")
@contract("plain descent by hand against the model in training: logits, modes, rates and groups together")
@hint(en="Which modules run in which mode while you train?", zh="训练时，哪些模块以哪种模式运行？")
@given(seed=SEEDS, depth=DEPTHS)
@settings(max_examples=4, deadline=None)
def test_training_steps(solution, seed, depth):
    before, after = solution.run(train, seed, depth, 2, False)
    assert_close(after, expected_training(before, seed, depth, 2), rtol=1e-9)


@points(3, group="what is trained", group_zh="训练的部分")
@stated("groups", "flags", "parts")
@hint(en="Which parameters does the optimizer get, at which rate?", zh="优化器拿到哪些参数，学习率各是多少？")
@given(flags=st.lists(st.booleans(), min_size=10, max_size=10))
@settings(max_examples=3, deadline=None)
def test_groups_and_flags(solution, flags):
    names = [f"backbone.{name}" for name, _ in own_backbone(1).named_parameters()]
    for depth, options in enumerate([{"lr": 0.3, "factor": 0.04}, {}, {"lr": 0.3}, {"factor": 0.5}, {}]):
        groups, told = solution.run(
            look_at_the_groups, depth, options, [not flag for flag in flags] if depth % 2 else flags
        )
        rate = options.get("lr", 1e-3)
        wanted = [("list", ["head.weight", "head.bias"], rate)]
        if depth:
            tuned = [name for name in names if not is_frozen(name, depth)]
            wanted.append(("list", tuned, rate * options.get("factor", 0.1)))
        assert_close(groups, wanted, rtol=1e-9)
        assert told == {name: not is_frozen(name, depth) for name in [*names, "head.weight", "head.bias"]}


@points(3, group="modes", group_zh="模式")
@stated("modes", "parts")
@hint(en="What does `model.train()` do to the frozen part?", zh="`model.train()` 对冻结部分做了什么？")
@given(arrive=st.lists(st.booleans(), min_size=13, max_size=13))
@settings(max_examples=2, deadline=None)
def test_modes_after_every_switch(solution, arrive):
    names = ["", "head", *(f"backbone.{name}" for name, _ in own_backbone(1).named_modules() if name)]
    still = dict.fromkeys(names, False)
    for depth in range(5):
        training = {name: not is_frozen(name, depth) for name in names}
        assert_equal(solution.run(switch, depth, arrive), [training, still, training, still, training, training])


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "parts")
@hint(en="How many children can be unfrozen?", zh="最多能解冻几个子模块？")
def test_depths_that_do_not_exist_are_refused(solution):
    untouched = (state(own_backbone(1)), [True] * 10, [True] * 13)
    for depth in (-1, 5, 9, -4):
        assert_equal(solution.run(refuse, depth), ("ValueError", *untouched))
    assert solution.run(refuse, 4)[0] == ""


# ---- the checks: cache_features ------------------------------------------------------------------


@points(3, group="cached features", group_zh="缓存的特征")
@stated("features", "batches", "tolerance")
@hint(en="What do the features of a row depend on?", zh="一行的特征取决于什么？")
@given(seed=SEEDS, depth=DEPTHS, rows=st.integers(1, 7), batch=st.integers(1, 8))
@settings(max_examples=8, deadline=None)
def test_features_in_batches(solution, seed, depth, rows, batch):
    x = draw(seed, rows)[0]
    told = solution.run(cache, seed, depth, x, batch, [True] * 15)
    assert_close(told["features"], expected_features(seed, x), rtol=1e-9)
    assert_equal(told["rows"], [x[start : start + batch] for start in range(0, rows, batch)])


@points(2, group="cached features", group_zh="缓存的特征")
@stated("unchanged", "no-autograd", "batches")
@hint(en="Compare everything the model has before and after.", zh="对比模型在调用前后的一切。")
@given(seed=SEEDS, arrive=st.lists(st.booleans(), min_size=15, max_size=15))
@settings(max_examples=5, deadline=None)
def test_the_model_is_left_alone(solution, seed, arrive):
    x = draw(seed, 5)[0]
    told = solution.run(cache, seed, 3, x, 2, arrive)
    before, after = told["around"]
    assert_equal(before[3], arrive)
    assert_equal(after, before)
    assert told["requires_grad"] is False
    assert told["calls"] == (0, 0)
    assert_close(told["features"], expected_features(seed, x), rtol=1e-9)


@points(1, group="cached features", group_zh="缓存的特征")
@stated("no-rows", "batch-error", "features")
@hint(en="What is the shape of nothing?", zh="什么都没有时，形状是什么？")
@given(seed=SEEDS)
@settings(max_examples=2, deadline=None)
def test_no_rows_and_no_batches(solution, seed):
    x = draw(seed, 4)[0]
    told = solution.run(cache, seed, 0, x[:0], 3, [False] * 15)
    assert_equal(told["features"], torch.zeros(0, FEATURES, dtype=torch.float64))
    for batch in (0, -1):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(cache, seed, 0, x, batch, [False] * 15)
    assert_close(*solution.run(logits_of_both, seed, x), rtol=1e-9)
