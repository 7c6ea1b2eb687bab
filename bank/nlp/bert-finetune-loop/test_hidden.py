"""Hidden checks of `bert-finetune-loop`; weights are those of the network as a function, with AdamW by formula."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
WORDS, WIDTH = 6, 4
SHAPES = {
    "tokens.weight": (WORDS, WIDTH),
    "kinds.weight": (2, WIDTH),
    "norm.weight": (WIDTH,),
    "norm.bias": (WIDTH,),
    "debias.weight": (WIDTH, WIDTH),
    "debias.bias": (WIDTH,),
    "scale": (WIDTH,),
    "final_bias": (WORDS,),
}
FREE = {"norm.weight", "norm.bias", "debias.bias", "final_bias"}
ZOO = (
    ["scale", "words.weight", "unbiased.weight", "attention.in_proj_weight", "attention.out_proj.weight"],
    ["bias", "attention.in_proj_bias", "attention.out_proj.bias", "LayerNorm.weight", "LayerNorm.bias", "last.weight"],
)


# ---- the world inside the guest ------------------------------------------------------------------


class Net(nn.Module):
    """A tiny encoder whose head is tied to its embedding; notes the modes of its calls."""

    def __init__(self, weights, training=False):
        super().__init__()
        self.tokens, self.kinds = nn.Embedding(WORDS, WIDTH), nn.Embedding(2, WIDTH)
        self.norm, self.debias = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH)
        self.decoder = nn.Linear(WIDTH, WORDS, bias=False)
        self.decoder.weight = self.tokens.weight
        self.scale, self.final_bias = nn.Parameter(torch.ones(WIDTH)), nn.Parameter(torch.ones(WORDS))
        self.idle, self.frozen = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(2), requires_grad=False)
        self.double().train(training)
        with torch.no_grad():
            for name, weight in weights.items():
                self.get_parameter(name).copy_(weight)
        self.seen = []

    def forward(self, input_ids, attention_mask, token_type_ids):
        self.seen.append([module.training for module in self.modules()])
        hidden = (self.tokens(input_ids) + self.kinds(token_type_ids)) * attention_mask[:, :, None]
        pooled = self.norm(hidden.sum(dim=1) / attention_mask.sum(dim=1, keepdim=True))
        return self.decoder(torch.tanh(self.debias(pooled) * self.scale)) + self.final_bias


class Centred(nn.LayerNorm):
    """A class of its own, derived from the library's."""


class Zoo(nn.Module):
    """Parameters with all kinds of names; nothing is computed."""

    def __init__(self):
        super().__init__()
        self.scale, self.bias = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
        self.words, self.unbiased = nn.Embedding(5, 4), nn.Linear(4, 4, bias=False)
        self.attention = nn.MultiheadAttention(4, 1)
        self.LayerNorm, self.last = nn.LayerNorm(4), Centred(4, bias=False)
        self.decoder = nn.Linear(4, 5, bias=False)
        self.decoder.weight = self.words.weight
        self.frozen = nn.Linear(2, 2).requires_grad_(False)


def sort_parameters(submission, kind, wd):
    """Tell the names of the parameters in each group, and what else the group holds."""
    layer = {"zoo": Zoo, "weights": lambda: nn.Linear(3, 2, bias=False), "norms": lambda: nn.LayerNorm(3)}[kind]()
    model = layer if kind == "zoo" else nn.Sequential(layer)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = submission.param_groups(model, wd)
    told = [[names[id(parameter)] for parameter in group["params"]] for group in groups]
    return told, [{key: value for key, value in group.items() if key != "params"} for group in groups]


def play(submission, world, settings, stale=None, training=False):
    """Fine-tune a network; tell everything that can be told."""
    model = Net(world["weights"], training)
    for parameter in model.parameters():
        if stale is not None and parameter.requires_grad:
            parameter.grad = torch.full_like(parameter, stale)
    history = submission.finetune(model, world["batches"], *settings)
    return {
        "history": history,
        "weights": {name: parameter.detach().clone() for name, parameter in model.named_parameters()},
        "gradients": [parameter.grad for parameter in model.parameters()],
        "seen": model.seen,
        "after": [module.training for module in model.modules()],
        "batches": world["batches"],
    }


# ---- the oracle ----------------------------------------------------------------------------------


def make_world(seed, sizes=(3, 2)):
    rng = np.random.default_rng(seed)
    batches = []
    for size in sizes:
        mask = torch.from_numpy(rng.integers(0, 2, (size, 4)))
        mask[:, 0] = 1
        batches.append(
            {
                "labels": torch.from_numpy(rng.integers(0, WORDS, size)),
                "input_ids": torch.from_numpy(rng.integers(0, WORDS, (size, 4))),
                "attention_mask": mask,
                "token_type_ids": torch.from_numpy(rng.integers(0, 2, (size, 4))),
            }
        )
    weights = {name: torch.from_numpy(rng.normal(0.3, 1.0, shape)) for name, shape in SHAPES.items()}
    return {"weights": weights, "batches": batches}


def expected_rate(step, total, warmup, base):
    return base * float(np.interp(step, [0, warmup, total], [warmup == 0, 1, 0])) if step < total else 0.0


def loss_of(p, batch):
    """The network and its loss as a function of the parameters."""
    mask = batch["attention_mask"].double()
    hidden = p["tokens.weight"][batch["input_ids"]] + p["kinds.weight"][batch["token_type_ids"]]
    pooled = torch.einsum("bt,btd->bd", mask / mask.sum(dim=1, keepdim=True), hidden)
    centred = pooled - pooled.mean(dim=1, keepdim=True)
    spread = (centred.square().mean(dim=1, keepdim=True) + 1e-5).sqrt()
    hidden = centred / spread * p["norm.weight"] + p["norm.bias"]
    hidden = torch.tanh((hidden @ p["debias.weight"].T + p["debias.bias"]) * p["scale"])
    logits = hidden @ p["tokens.weight"].T + p["final_bias"]
    return (logits.logsumexp(dim=1) - logits[range(len(logits)), batch["labels"]]).mean()


def expected_training(world, total, warmup, base, wd, clip):
    """The same training; AdamW written out for each parameter."""
    p = {name: weight.clone().requires_grad_() for name, weight in world["weights"].items()}
    first, second = ({name: torch.zeros_like(weight) for name, weight in p.items()} for _ in range(2))
    history = {"loss": [], "lr": [], "norm": []}
    for step in range(total):
        loss, rate = (
            loss_of(p, world["batches"][step % len(world["batches"])]),
            expected_rate(step, total, warmup, base),
        )
        slopes = dict(zip(p, torch.autograd.grad(loss, list(p.values())), strict=True))
        norm = math.sqrt(sum(slope.square().sum().item() for slope in slopes.values()))
        for told, value in (("loss", loss.item()), ("lr", rate), ("norm", norm)):
            history[told].append(value)
        shrink = clip / norm if clip is not None and norm > clip else 1.0
        for name, slope in slopes.items():
            first[name] = 0.9 * first[name] + 0.1 * shrink * slope
            second[name] = 0.999 * second[name] + 0.001 * (shrink * slope) ** 2
            spread = (second[name] / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8
            kept = p[name].detach() * (1 - rate * (0.0 if name in FREE else wd))
            p[name] = (kept - rate * first[name] / (1 - 0.9 ** (step + 1)) / spread).requires_grad_()
    still = {"idle": torch.ones(3, dtype=torch.float64), "frozen": torch.ones(2, dtype=torch.float64)}
    return history, {**{name: weight.detach() for name, weight in p.items()}, **still}


# ---- the checks: the schedule --------------------------------------------------------------------


@points(3, group="the schedule", group_zh="学习率")
@stated("schedule", "tolerance")
@hint(en="Draw it: where is it 0, where is it `base`?", zh="画出来：哪里是 0，哪里是 `base`？")
@given(total=st.integers(1, 12), share=st.floats(0, 1), base=st.sampled_from([1.0, 5e-5]))
@settings(max_examples=10, deadline=None)
def test_rates(solution, total, share, base):
    for warmup in {round(share * total), 0, total}:
        steps = range(total + 3)
        rates = [solution.lr_at(step, total, warmup, base) for step in steps]
        assert_close(rates, [expected_rate(step, total, warmup, base) for step in steps], rtol=1e-7)


@points(1, group="the schedule", group_zh="学习率")
@stated("schedule-errors", "errors")
@hint(en="Which numbers of steps make no sense?", zh="哪些步数没有意义？")
def test_schedules_that_are_none(solution):
    for arguments in ((-1, 5, 2), (0, 0, 0), (0, -3, 0), (2, 5, 6), (0, 5, -1), (7, 0, 0), (-1, 5, 0)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.lr_at(*arguments, 1.0)
    world = make_world(2)
    for total, warmup in ((0, 0), (-1, 0), (3, 4), (3, -1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(play, world, (total, warmup, 0.1, 0.0, None))
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(play, {**world, "batches": []}, (3, 1, 0.1, 0.0, None))


# ---- the checks: groups --------------------------------------------------------------------------


@points(4, group="groups", group_zh="分组")
@stated("groups", "frozen", "tied", "order")
@hint(
    en="Look at names, at types, at what is frozen, and at what is used twice.",
    zh="看名称，看类型，看哪些被冻结，看哪些被用了两次。",
)
def test_which_parameters_decay(solution):
    for wd in (0.1, 0.0):
        names, others = solution.run(sort_parameters, "zoo", wd)
        assert_equal(names, list(ZOO))
        assert_equal(others, [{"weight_decay": wd}, {"weight_decay": 0.0}])
    for kind, expected in (("weights", [["0.weight"], []]), ("norms", [[], ["0.weight", "0.bias"]])):
        names, others = solution.run(sort_parameters, kind, 0.5)
        assert_equal(names, expected)
        assert_equal(others, [{"weight_decay": 0.5}, {"weight_decay": 0.0}])


# ---- the checks: the loop ------------------------------------------------------------------------


@points(4, group="the loop", group_zh="循环")
@stated("batches", "loss", "optimizer", "history", "tolerance")
@contract("the loop itself without clipping; the checks below look at the norm, the modes and what is left behind")
@hint(en="Write down rate, batch and decay of each step.", zh="写下每一步的学习率、批次和衰减。")
@given(seed=SEEDS, total=st.integers(1, 7), warmup=st.integers(0, 3), wd=st.sampled_from([0.0, 0.3]))
@settings(max_examples=5, deadline=None)
def test_weights_and_history(solution, seed, total, warmup, wd):
    world = make_world(seed)
    numbers = (total, min(warmup, total), 0.05, wd, None)
    history, weights = expected_training(world, *numbers)
    report = solution.run(play, world, numbers)
    assert_close(report["history"], history, rtol=1e-7)
    assert_close(report["weights"], weights, rtol=1e-7)


@points(3, group="clipping", group_zh="梯度裁剪")
@stated("clipping", "history", "tolerance")
@hint(
    en="One norm for all gradients, told as it was before. What if it is small?",
    zh="所有梯度共用一个范数，报告的是裁剪之前的值。范数很小时呢？",
)
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_clipping_by_one_norm(solution, seed):
    world = make_world(seed)
    norms = expected_training(world, 5, 1, 0.05, 0.1, None)[0]["norm"]
    for clip in (0.3 * min(norms), 0.5 * sum(norms[:2]), 40.0 * max(norms)):
        numbers = (5, 1, 0.05, 0.1, clip)
        history, weights = expected_training(world, *numbers)
        report = solution.run(play, world, numbers)
        rtol = 1e-5 if clip < max(norms) else 1e-7
        assert_close(report["history"], history, rtol=rtol)
        assert_close(report["weights"], weights, rtol=rtol)


@points(3, group="what is left behind", group_zh="留下了什么")
@stated("gradients", "modes", "calls")
@hint(en="Compare modes, gradients and batches before and after.", zh="对比调用前后的模式、梯度和批次。")
@given(seed=SEEDS, stale=st.sampled_from([-2.0, 30.0]))
@settings(max_examples=3, deadline=None)
def test_modes_gradients_and_batches(solution, seed, stale):
    world = make_world(seed)
    numbers = (3, 1, 0.05, 0.1, 1e6)
    history, weights = expected_training(world, *numbers)
    for training in (False, True):
        report = solution.run(play, world, numbers, stale, training)
        assert_close((report["history"]["norm"], report["weights"]), (history["norm"], weights), rtol=1e-7)
        modules = len(report["after"])
        assert report["seen"] == [[True] * modules] * 3
        assert report["after"] == [False] * modules
        assert report["gradients"] == [None] * len(report["gradients"])
        assert_equal(report["batches"], world["batches"])
