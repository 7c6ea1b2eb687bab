"""Hidden checks of `continual-replay`; an equal generator repeats the draws, gradients are taken by hand in numpy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
INPUTS, HIDDEN, CLASSES = 2, 3, 4
LEARNING = ("first.weight", "first.bias", "norm.weight", "norm.bias", "last.weight", "last.bias")
IDLE, FROZEN = "idle", "gain"


# ---- inside the guest ----------------------------------------------------------------------------


class Net(nn.Module):
    """A network with everything that goes wrong: normalisation, dropout, a frozen gain, a weight without use."""

    def __init__(self, tensors):
        super().__init__()
        dtype = tensors["first.weight"].dtype
        self.first = nn.Linear(INPUTS, HIDDEN, dtype=dtype)
        self.norm = nn.BatchNorm1d(HIDDEN, eps=0.0, dtype=dtype)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(HIDDEN, CLASSES, dtype=dtype)
        self.idle = nn.Parameter(torch.zeros(2, dtype=dtype))
        self.gain = nn.Parameter(torch.zeros(1, dtype=dtype), requires_grad=False)
        self.load_state_dict({**self.state_dict(), **tensors})

    def forward(self, x):
        return self.gain * self.last(self.drop(torch.tanh(self.norm(self.first(x)))))


def state(model):
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def stream(submission, cap, number, seed, asked):
    """Tell what is kept after each item, what is drawn at some moments, and what the generator draws next."""
    rng = np.random.default_rng(seed)
    memory, kept, drawn = submission.Reservoir(cap, rng), [], []
    for item in range(number):
        memory.add((item, f"item {item}"))
        if item in asked:
            drawn.append(memory.sample(asked[item]))
        kept.append((list(memory.items), memory.seen))
    return kept, drawn, rng.random()


def inclusions(submission, cap, number, seeds):
    """Tell how often each item of a stream is kept."""
    counts = [0] * number
    for seed in seeds:
        memory = submission.Reservoir(cap, np.random.default_rng(seed))
        for item in range(number):
            memory.add(item)
        for item in memory.items:
            counts[item] += 1
    return counts


def replay_two_tasks(submission, first, second, cap, seed):
    """Tell what is kept of two tasks that come one after the other."""
    memory = submission.Reservoir(cap, np.random.default_rng(seed))
    for item in (*first, *second):
        memory.add(item)
    return memory.items


def weigh(submission, tensors, data, arrive, frozen):
    """Tell the importances, whether they require gradients, and all that should not change before and after."""
    model = Net(tensors)
    for module, mode in zip(model.modules(), arrive, strict=True):
        module.training = mode
    for name, w in model.named_parameters():
        if name in frozen:
            w.requires_grad_(False)
        w.grad = None if name == "first.bias" else torch.full_like(w, 3.0)

    def surroundings():
        grads = [None if w.grad is None else w.grad.clone() for w in model.parameters()]
        flags = [w.requires_grad for w in model.parameters()]
        return [state(model), grads, flags, [module.training for module in model.modules()]]

    before = surroundings()
    fisher = submission.fisher_diag(model, data)
    after = surroundings()
    told = {name: each.detach().clone() for name, each in fisher.items()}
    flags = [each.requires_grad for each in fisher.values()]
    with torch.no_grad():
        for each in fisher.values():
            each.add_(100.0)
    return told, flags, before, after, state(model)


def penalise(submission, tensors, anchor, fisher, lam, frozen):
    """Tell the penalty, its gradients, and model and dicts afterwards; the dicts require gradients, too."""
    model = Net(tensors)
    for name, w in model.named_parameters():
        w.requires_grad_(name not in frozen)
    given = [{name: t.clone().requires_grad_() for name, t in each.items()} for each in (anchor, fisher)]
    result = submission.ewc(model, *given, lam)
    before = [None if w.grad is None else 1 for w in model.parameters()]
    if result.requires_grad:
        result.backward()
    slopes = {n: torch.zeros_like(w) if w.grad is None else w.grad.clone() for n, w in model.named_parameters()}
    constants = [t.grad for each in given for t in each.values()]
    return result, slopes, before, constants, (state(model), *given)


def refuse(submission, tensors, anchor, fisher, lam):
    """Tell what was raised."""
    try:
        submission.ewc(Net(tensors), anchor, fisher, lam)
    except ValueError:
        return "ValueError"
    return ""


# ---- the oracle ----------------------------------------------------------------------------------


def expected_stream(cap, number, seed, asked):
    """The same stream by an equal generator."""
    rng = np.random.default_rng(seed)
    places, kept, drawn = {}, [], []
    for item in range(number):
        place = item if item < cap else int(rng.integers(item + 1))
        if place < cap:
            places[place] = (item, f"item {item}")
        now = [places[p] for p in sorted(places)]
        if item in asked:
            drawn.append([now[p] for p in rng.permutation(len(now))[: asked[item]]])
        kept.append((now, item + 1))
    return kept, drawn, rng.random()


def draw(seed, rows=5, dtype=torch.float64):
    """Draw the state of the network, and examples."""
    rng = np.random.default_rng(seed)
    shapes = {"first.weight": (HIDDEN, INPUTS), "first.bias": HIDDEN, "norm.weight": HIDDEN, "norm.bias": HIDDEN}
    shapes |= {
        "last.weight": (CLASSES, HIDDEN),
        "last.bias": CLASSES,
        "idle": 2,
        "gain": 1,
        "norm.running_mean": HIDDEN,
    }
    tensors = {name: torch.from_numpy(rng.normal(0.3, 1.0, shape)).to(dtype) for name, shape in shapes.items()}
    tensors["norm.running_var"] = torch.from_numpy(rng.uniform(0.5, 2.0, HIDDEN)).to(dtype)
    x = torch.from_numpy(rng.normal(0, 1, (rows, INPUTS))).to(dtype)
    return tensors, (x, torch.from_numpy(rng.integers(0, CLASSES, rows)))


def slopes_of_one(s, x, label):
    """The gradient of the log-probability of one example."""
    root = np.sqrt(s["norm.running_var"])
    z = (s["first.weight"] @ x + s["first.bias"] - s["norm.running_mean"]) / root
    a = np.tanh(s["norm.weight"] * z + s["norm.bias"])
    logits = s["gain"] * (s["last.weight"] @ a + s["last.bias"])
    p = np.exp(logits - logits.max())
    by_last = s["gain"] * ((np.arange(CLASSES) == label) - p / p.sum())
    by_norm = (s["last.weight"].T @ by_last) * (1 - a**2)
    by_first = by_norm * s["norm.weight"] / root
    return dict(
        zip(
            LEARNING,
            (np.outer(by_first, x), by_first, by_norm * z, by_norm, np.outer(by_last, a), by_last),
            strict=True,
        )
    )


def expected_fisher(tensors, data):
    """The mean of the squares of the gradients of single examples."""
    s = {name: tensor.double().numpy() for name, tensor in tensors.items()}
    singles = [slopes_of_one(s, x, y) for x, y in zip(data[0].double().numpy(), data[1].tolist(), strict=True)]
    dtype = tensors["idle"].dtype
    fisher = {n: torch.from_numpy(sum(each[n] ** 2 for each in singles) / len(singles)).to(dtype) for n in LEARNING}
    return {**fisher, IDLE: torch.zeros(2, dtype=dtype)}


def draw_ewc(seed, dtype=torch.float64):
    """Draw a network, old weights and importances for all of its parameters."""
    tensors, _ = draw(seed, dtype=dtype)
    rng = np.random.default_rng(seed + 1)
    names = rng.permutation([*LEARNING, IDLE, FROZEN]).tolist()
    anchor = {n: torch.from_numpy(rng.normal(0, 1, tuple(tensors[n].shape))).to(dtype) for n in names}
    fisher = {n: torch.from_numpy(rng.uniform(0, 2, tuple(tensors[n].shape))).to(dtype) for n in sorted(names)}
    return tensors, anchor, fisher


def expected_ewc(tensors, anchor, fisher, lam, frozen):
    """The penalty and its gradients, value by value."""
    total, slopes = 0.0, {}
    for name in (*LEARNING, IDLE, FROZEN):
        slopes[name] = torch.zeros_like(tensors[name])
        if name in fisher and name not in frozen:
            w, old, f = (each[name].double().numpy() for each in (tensors, anchor, fisher))
            total += sum(lam / 2 * weight * gap**2 for weight, gap in zip(f.flat, (w - old).flat, strict=True))
            slopes[name] = torch.from_numpy(lam * f * (w - old)).to(tensors[name].dtype)
    return torch.tensor(total, dtype=tensors["idle"].dtype), slopes


# ---- the checks: reservoir -----------------------------------------------------------------------


@points(3, group="reservoir", group_zh="蓄水池")
@stated("add", "items")
@contract("the stream itself, item by item, for every capacity and length")
@hint(en="Among how many numbers is the place drawn?", zh="位置是在多少个数当中抽取的？")
@given(seed=SEEDS, cap=st.integers(1, 6), number=st.integers(0, 20))
@settings(max_examples=12, deadline=None)
def test_what_is_kept(solution, seed, cap, number):
    told = solution.run(stream, cap, number, seed, {})
    assert_equal(told, expected_stream(cap, number, seed, {}))


@points(2, group="reservoir", group_zh="蓄水池")
@stated("sample", "items")
@hint(en="Different places, in which order?", zh="不同的位置，什么次序？")
@given(seed=SEEDS, cap=st.integers(1, 5), asked=st.dictionaries(st.integers(0, 9), st.integers(0, 7), max_size=4))
@settings(max_examples=10, deadline=None)
def test_what_is_drawn(solution, seed, cap, asked):
    assert_equal(solution.run(stream, cap, 10, seed, asked), expected_stream(cap, 10, seed, asked))


@points(1, group="reservoir", group_zh="蓄水池")
@stated("add")
@contract("the law that the draws are there for: early and late items are kept equally often")
@hint(en="How likely is it that the first item is still there?", zh="第一个元素还在的概率是多少？")
def test_every_item_is_kept_equally_often(solution, rng):
    counts = solution.run(inclusions, 4, 12, rng.integers(2**32, size=240).tolist())
    assert sum(counts) == 960
    assert max(abs(count - 80) for count in counts) <= 6 * math.sqrt(240 * 2 / 9)


@points(1, group="reservoir", group_zh="蓄水池")
@stated("add")
@contract("what replay is for: a classifier on what is kept still knows the first task")
@hint(en="What is left of the first task at the end of the second?", zh="第二个任务结束时，第一个任务还剩下什么？")
def test_the_first_task_is_not_forgotten(solution):
    rng = np.random.default_rng(4)
    centres = np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 3.0], [0.0, -3.0]])
    tasks = [
        [(tuple((centres[c] + rng.normal(0, 0.6, 2)).tolist()), int(c)) for c in rng.integers(low, low + 2, 80)]
        for low in (0, 2)
    ]
    kept = solution.run(replay_two_tasks, *tasks, 24, 5)
    places = np.array([x for x, _ in kept])
    for task in tasks:
        nearest = [kept[int(np.linalg.norm(places - x, axis=1).argmin())][1] for x, _ in task]
        assert np.mean([guess == label for guess, (_, label) in zip(nearest, task, strict=True)]) >= 0.85


# ---- the checks: Fisher --------------------------------------------------------------------------


@points(4, group="Fisher", group_zh="Fisher")
@stated("fisher", "eval", "entries", "tolerance")
@contract("importances themselves, in both dtypes and modes; the next check looks at what is around them")
@hint(en="Square first or mean first? In which mode?", zh="先平方还是先平均？在哪种模式下？")
@given(seed=SEEDS, rows=st.integers(1, 5), train=st.booleans())
@settings(max_examples=6, deadline=None)
def test_importances(solution, seed, rows, train):
    for dtype in (torch.float64, torch.float32):
        tensors, data = draw(seed, rows, dtype)
        told = solution.run(weigh, tensors, data, [train] * 5, [])[0]
        wanted = expected_fisher(tensors, data)
        # a probability near 1 leaves few digits in its gradient
        largest = max(1e-6, *(float(each.max()) for each in wanted.values())) if dtype == torch.float64 else 1.0
        rtol = 1e-8 if dtype == torch.float64 else 1e-4
        assert_close(told, wanted, rtol=rtol, atol=rtol * largest)


@points(3, group="Fisher", group_zh="Fisher")
@stated("unchanged", "tensors", "entries")
@hint(en="Compare everything the model has before and after.", zh="对比模型在调用前后的一切。")
@given(
    seed=SEEDS,
    arrive=st.lists(st.booleans(), min_size=5, max_size=5),
    frozen=st.sets(st.sampled_from(LEARNING), max_size=3),
)
@settings(max_examples=6, deadline=None)
def test_the_model_is_left_alone(solution, seed, arrive, frozen):
    tensors, data = draw(seed)
    told, flags, before, after, end = solution.run(weigh, tensors, data, arrive, sorted(frozen))
    assert_equal(before[3], arrive)
    assert_equal(after, before)
    assert_equal(end, before[0])
    assert not any(flags)
    wanted = {name: each for name, each in expected_fisher(tensors, data).items() if name not in frozen}
    assert_close(told, wanted, rtol=1e-8, atol=1e-9)


# ---- the checks: EWC -----------------------------------------------------------------------------


@points(3, group="EWC", group_zh="EWC")
@stated("ewc", "ewc-gradient", "ewc-unchanged", "tolerance")
@hint(en="Which of the three tensors does the penalty teach?", zh="惩罚项要教的是三个张量中的哪一个？")
@given(seed=SEEDS, lam=st.sampled_from([0, 0.5, 3.0]), dtype=st.sampled_from([torch.float32, torch.float64]))
@settings(max_examples=6, deadline=None)
def test_penalty_and_gradients(solution, seed, lam, dtype):
    tensors, anchor, fisher = draw_ewc(seed, dtype)
    total, slopes, before, constants, after = solution.run(penalise, tensors, anchor, fisher, lam, [FROZEN])
    rtol = 1e-8 if dtype == torch.float64 else 1e-4
    wanted, known = expected_ewc(tensors, anchor, fisher, lam, [FROZEN])
    assert_close(total, wanted, rtol=rtol)
    assert_close(slopes, {name: known[name] for name in slopes}, rtol=rtol)
    assert not any(before)
    assert not any(constant is not None for constant in constants)
    assert_equal({name: after[0][name] for name in tensors}, tensors)
    assert_equal(after[1:], (anchor, fisher))
    assert_close(solution.run(penalise, tensors, tensors, fisher, 3.0, [FROZEN])[0], torch.zeros((), dtype=dtype))


@points(2, group="EWC", group_zh="EWC")
@stated("summed", "ewc-gradient")
@hint(en="Which parameters take part?", zh="哪些参数参与？")
@given(
    seed=SEEDS, frozen=st.sets(st.sampled_from([*LEARNING, IDLE, FROZEN])), left_out=st.sets(st.sampled_from(LEARNING))
)
@settings(max_examples=8, deadline=None)
def test_who_takes_part(solution, seed, frozen, left_out):
    tensors, anchor, fisher = draw_ewc(seed)
    fisher = {name: each for name, each in fisher.items() if name not in left_out}
    anchor = {name: each for name, each in anchor.items() if name not in frozen} | {"x": torch.ones(2)}
    for some in (fisher, {}):
        wanted, known = expected_ewc(tensors, anchor, some, 2.5, frozen)
        total, slopes, *_ = solution.run(penalise, tensors, anchor, some, 2.5, sorted(frozen))
        assert_close(total, wanted, rtol=1e-8)
        assert_close(slopes, {name: known[name] for name in slopes}, rtol=1e-8)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("reservoir-errors", "fisher-errors", "ewc-errors")
@hint(en="What does not fit together?", zh="哪些东西彼此不相配？")
def test_what_does_not_fit_is_refused(solution):
    for cap in (0, -2):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(stream, cap, 0, 1, {})
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(stream, 2, 3, 1, {1: -1})
    tensors, data = draw(3)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(weigh, tensors, (data[0][:0], data[1][:0]), [True] * 5, [])
    tensors, anchor, fisher = draw_ewc(3)
    lacking = {name: each for name, each in anchor.items() if name != "last.bias"}
    wide = torch.ones(1, CLASSES, dtype=torch.float64)
    faults = [(anchor, fisher, lam) for lam in (-1.0, math.nan, math.inf)]
    faults += [(anchor, {**fisher, "x": wide}, 1.0), (lacking, fisher, 1.0), ({}, fisher, 1.0)]
    for bad in (wide, wide[0, :1], wide[0, 0]):
        faults += [({**anchor, "last.bias": bad}, fisher, 1.0), (anchor, {**fisher, "last.bias": bad}, 1.0)]
    for arguments in faults:
        assert solution.run(refuse, tensors, *arguments) == "ValueError"
    assert solution.run(refuse, tensors, anchor, fisher, 0) == ""
