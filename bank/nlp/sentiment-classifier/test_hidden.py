"""Hidden checks of `sentiment-classifier`; training is compared with Adam on a table, written out in numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
LABELS = st.lists(st.text("abAB 正负中", max_size=2), min_size=1, max_size=8)
WORDS, CLASSES = 6, 3
TEXTS = [[3, 4], [4, 3], [5, 6, 7], [7, 6, 5], [3], [8, 9, 3, 4, 5, 6], [8, 9, 3, 4, 6, 5], [5, 7, 6]]
ANSWERS = [0, 1, 2, 0, 1, 2, 1, 1]


# ---- the world inside the guest ------------------------------------------------------------------


class Table(nn.Module):
    """Adds up a row of scores for each token of a text; notes the modes of its calls, and if gradients are recorded."""

    def __init__(self, scores, modes):
        super().__init__()
        self.scores = nn.Parameter(scores.clone())
        self.fixed = nn.Parameter(torch.ones(2), requires_grad=False)
        self.idle = nn.Parameter(torch.ones(2))
        self.inner = nn.Sequential(nn.Dropout(0.5), nn.Identity())
        self.register_buffer("calls", torch.zeros(()))
        self.seen = []
        for module, mode in zip(self.modules(), modes, strict=True):
            module.training = mode

    def forward(self, ids, mask):
        self.seen.append(([m.training for m in self.modules()], torch.is_grad_enabled(), ids.clone()))
        if self.training:
            self.calls += 1
        return (self.scores[ids] * mask[:, :, None]).sum(dim=1)


def parameters_of(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def play(submission, world, modes, lr, epochs, stale=None):
    """Train a table; tell everything that can be told."""
    model = Table(world["scores"], modes)
    if stale is not None:
        for parameter in (model.scores, model.idle):
            parameter.grad = torch.full_like(parameter, stale)
    losses = submission.train(model, world["batches"], lr, epochs)
    return {
        "losses": losses,
        "parameters": parameters_of(model),
        "seen": model.seen,
        "after": [module.training for module in model.modules()],
    }


def judge(submission, world, modes, lazy=False):
    """Evaluate a table that holds gradients; tell everything that can be told."""
    model = Table(world["scores"], modes)
    model.scores.grad = torch.full_like(model.scores, 3.0)
    batches = (batch for batch in world["batches"]) if lazy else world["batches"]
    accuracy = submission.evaluate(model, batches)
    return {
        "accuracy": accuracy,
        "kept": [*parameters_of(model), model.scores.grad, model.calls],
        "seen": model.seen,
        "after": [module.training for module in model.modules()],
    }


def answers_of(submission, size, seed, calls):
    """Tell the logits of a new model for each pair of ids and mask."""
    model = submission.build(*size, seed).eval()
    with torch.no_grad():
        return [model(ids, mask) for ids, mask in calls]


def build_twice(submission, size, seeds):
    """Tell the weights of a model for each seed, and the state of the global generator before and after."""
    torch.manual_seed(77)
    states, weights = [torch.get_rng_state()], []
    for seed in seeds:
        model = submission.build(*size, seed)
        states.append(torch.get_rng_state())
        weights.append(torch.cat([tensor.float().flatten() for tensor in model.state_dict().values()]))
        torch.rand(3)
        torch.set_rng_state(states[0])
    return states, weights


def memorise(submission, seed, batch):
    """Train a new model on one batch; tell the losses, and the accuracy before and after."""
    model = submission.build(20, 3, 8, seed)
    before = submission.evaluate(model, [batch])
    losses = submission.train(model, [batch], 0.01, 40)
    return losses, before, submission.evaluate(model, [batch])


# ---- the oracle ----------------------------------------------------------------------------------


def padded(texts, length=None, filler=0):
    """Return the ids and the mask of lists of tokens."""
    length = length or max(map(len, texts))
    rows = [[*text, *[filler] * (length - len(text))] for text in texts]
    mask = [[True] * len(text) + [False] * (length - len(text)) for text in texts]
    return torch.tensor(rows), torch.tensor(mask)


def make_world(seed, sizes=(4, 1, 3)):
    rng = np.random.default_rng(seed)
    batches = []
    for size in sizes:
        texts = [rng.integers(0, WORDS, rng.integers(1, 6)).tolist() for _ in range(size)]
        batches.append((*padded(texts, filler=1), torch.from_numpy(rng.integers(0, CLASSES, size))))
    return {"scores": torch.from_numpy(rng.normal(0.0, 1.0, (WORDS, CLASSES))), "batches": batches}


def counts_of(ids, mask):
    """Return how often each text holds each token."""
    return np.array(
        [np.bincount(row[real], minlength=WORDS) for row, real in zip(ids.numpy(), mask.numpy(), strict=True)]
    )


def expected_training(world, lr, epochs):
    """The same training with the gradient and Adam written out."""
    table, past = world["scores"].numpy().copy(), [0.0, 0.0, 0]
    means = []
    for _ in range(epochs):
        losses = []
        for ids, mask, y in world["batches"]:
            counts, rows = counts_of(ids, mask), np.arange(len(y))
            logits = counts @ table
            shares = np.exp(logits - logits.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
            losses += (-np.log(shares[rows, y.numpy()])).tolist()
            shares[rows, y.numpy()] -= 1
            table = table - adam(past, counts.T @ shares / len(y), lr)
        means.append(float(np.mean(losses)))
    return means, torch.from_numpy(table)


def adam(past, gradient, lr):
    """What one step takes off."""
    past[2] += 1
    past[0] = 0.9 * past[0] + 0.1 * gradient
    past[1] = 0.999 * past[1] + 0.001 * gradient**2
    return lr * past[0] / (1 - 0.9 ** past[2]) / (np.sqrt(past[1] / (1 - 0.999 ** past[2])) + 1e-8)


def expected_accuracy(world):
    hits = []
    for ids, mask, y in world["batches"]:
        hits += (np.argmax(counts_of(ids, mask) @ world["scores"].numpy(), axis=1) == y.numpy()).tolist()
    return sum(hits) / len(hits)


# ---- the checks: labels --------------------------------------------------------------------------


@points(3, group="labels", group_zh="标签")
@stated("classes", "encode", "decode")
@hint(en="Which id has a label in the next run of the program?", zh="程序下次运行时，同一个标签的编号是多少？")
@given(words=LABELS, picks=st.lists(st.integers(0, 7), max_size=6))
@settings(max_examples=20, deadline=None)
def test_labels_and_ids(solution, words, picks):
    labels = solution.LabelMap(words)
    classes = sorted(dict.fromkeys(words))
    ids = [pick % len(classes) for pick in picks]
    assert_equal(labels.classes, classes)
    assert_equal(labels.encode([classes[i] for i in ids]), torch.tensor(ids, dtype=torch.int64))
    assert_equal(labels.decode(torch.tensor(ids, dtype=torch.int64)), [classes[i] for i in ids])


def from_a_generator(submission, words):
    return submission.LabelMap(word for word in words).classes


@points(2, group="labels", group_zh="标签")
@stated("classes", "encode", "decode")
@hint(en="What becomes of a label that was never seen? Of the id -1?", zh="从未见过的标签会怎样？编号 -1 呢？")
def test_labels_that_are_none(solution):
    labels = solution.LabelMap(["mixed", "awful", "awful", "fine"])
    for words in (["Fine"], ["awful", "awful "], ["1"], [""], ["awful", "unknown", "fine"], ["fin"]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            labels.encode(words)
    assert_equal(labels.classes, ["awful", "fine", "mixed"])
    assert_equal(labels.encode([]), torch.zeros(0, dtype=torch.int64))
    assert_equal(labels.decode(torch.zeros(0, dtype=torch.int64)), [])
    for ids in ([3], [0, -1], [-3], [1, 2, 100]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            labels.decode(torch.tensor(ids))
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.LabelMap([])
    assert_equal(solution.run(from_a_generator, ["b", "a", "b"]), ["a", "b"])


# ---- the checks: the network ---------------------------------------------------------------------


@points(3, group="the network", group_zh="网络")
@stated("padding", "logits", "batch", "tolerance")
@hint(en="Where can padding get in: attention, pooling, places?", zh="填充可能从哪里混进来：注意力、池化，还是位置？")
@given(seed=SEEDS, lengths=st.lists(st.integers(1, 7), min_size=2, max_size=4), classes=st.sampled_from([2, 3, 7]))
@settings(max_examples=6, deadline=None)
def test_a_text_is_answered_by_its_own_tokens(solution, seed, lengths, classes):
    rng = np.random.default_rng(seed)
    texts = [rng.integers(0, 30, length).tolist() for length in lengths]
    calls = [
        padded(texts),
        padded(texts, 9, filler=0),
        padded(texts, 9, filler=29),
        *(padded([text]) for text in texts),
    ]
    plain, *more = solution.run(answers_of, (30, classes, 9), 5, calls)
    assert plain.dtype == torch.float32
    assert plain.shape == (len(texts), classes)
    for logits in (*more[:2], torch.cat(more[2:])):
        assert_close(logits, plain, rtol=1e-4)


@points(2, group="the network", group_zh="网络")
@stated("order", "logits", "tolerance")
@hint(en="Is `not good` the same as `good not`?", zh="“不 好”与“好 不”是一回事吗？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_every_token_and_the_order_count(solution, seed):
    length = 6
    text = np.random.default_rng(seed).permutation(20)[:length].tolist()
    others = [[*text[:i], 20 + i, *text[i + 1 :]] for i in range(length)]
    others += [[*text[:i], text[i + 1], text[i], *text[i + 2 :]] for i in range(length - 1)]
    others += [text[1:], text[:-1]]
    (logits,) = solution.run(answers_of, (30, 2, 6), 1, [padded([text, *others])])
    assert logits.shape == (len(others) + 1, 2)
    for other in logits[1:]:
        assert (other - logits[0]).abs().max() > 1e-4 * logits.abs().max()


@points(1, group="the network", group_zh="网络")
@stated("seed")
@hint(en="Who else draws from the global generator?", zh="还有谁在用全局随机数生成器？")
def test_weights_come_from_the_seed_alone(solution):
    states, weights = solution.run(build_twice, (12, 3, 5), [3, 3, 4, 3])
    assert_equal(states[1:], [states[0]] * 4)
    assert_equal([weights[1], weights[3]], [weights[0]] * 2)
    assert not torch.equal(weights[2], weights[0])


@points(4, group="the network", group_zh="网络")
@stated("learns", "logits")
@hint(en="Train on two texts with the same tokens in another order.", zh="用词元相同、次序不同的两个文本训练试试。")
def test_it_learns_eight_texts(solution):
    batch = (*padded(TEXTS), torch.tensor(ANSWERS))
    for seed in (0, 1):
        losses, before, after = solution.run(memorise, seed, batch)
        assert before < 1.0
        assert losses[-1] < 0.3
        assert_equal(after, 1.0)


# ---- the checks: training ------------------------------------------------------------------------


@points(4, group="training", group_zh="训练")
@stated("steps", "losses", "batch", "tolerance")
@hint(en="Follow one weight through two epochs on paper.", zh="在纸上跟着一个权重走过两轮。")
@given(seed=SEEDS, lr=st.sampled_from([0.01, 0.3]), epochs=st.integers(0, 3))
@settings(max_examples=8, deadline=None)
def test_weights_and_losses_of_training(solution, seed, lr, epochs):
    world = make_world(seed)
    report = solution.run(play, world, [True] * 4, lr, epochs)
    losses, table = expected_training(world, lr, epochs)
    assert_close(report["losses"], losses, rtol=1e-7)
    assert_close(report["parameters"], [table, torch.ones(2), torch.ones(2)], rtol=1e-7)


@points(2, group="training", group_zh="训练")
@stated("modes", "steps", "batch")
@hint(en="Can the modules of one model be in different modes?", zh="同一个模型的各个模块可以处于不同的模式吗？")
@given(modes=st.lists(st.booleans(), min_size=4, max_size=4), stale=st.sampled_from([-3.0, 0.5]))
@settings(max_examples=6, deadline=None)
def test_modes_and_calls_of_training(solution, modes, stale):
    world = make_world(6)
    report = solution.run(play, world, modes, 0.05, 2, stale)
    assert_equal(report["seen"], [([True] * 4, True, ids) for ids, _, _ in world["batches"] * 2])
    assert_equal(report["after"], modes)
    table = expected_training(world, 0.05, 2)[1]
    assert_close(report["parameters"], [table, torch.ones(2), torch.ones(2)], rtol=1e-7)


# ---- the checks: evaluation ----------------------------------------------------------------------


@points(3, group="evaluation", group_zh="评估")
@stated("accuracy", "batch")
@hint(en="How much does a text of a small batch weigh?", zh="小批次里的一个文本，权重是多少？")
@given(seed=SEEDS, sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4), lazy=st.booleans())
@settings(max_examples=12, deadline=None)
def test_accuracy_over_all_texts(solution, seed, sizes, lazy):
    world = make_world(seed, sizes)
    report = solution.run(judge, world, [True] * 4, lazy)
    assert_close(report["accuracy"], expected_accuracy(world), rtol=1e-9)


@points(2, group="evaluation", group_zh="评估")
@stated("evaluation", "batch")
@hint(en="What may an evaluation leave behind?", zh="评估可以留下什么痕迹？")
@given(modes=st.lists(st.booleans(), min_size=4, max_size=4))
@settings(max_examples=6, deadline=None)
def test_evaluation_leaves_no_trace(solution, modes):
    world = make_world(3)
    report = solution.run(judge, world, modes)
    kept = [world["scores"], torch.ones(2), torch.ones(2), torch.full_like(world["scores"], 3.0), torch.zeros(())]
    assert_equal(report["kept"], kept)
    assert_equal(report["seen"], [([False] * 4, False, ids) for ids, _, _ in world["batches"]])
    assert_equal(report["after"], modes)


@points(1, group="evaluation", group_zh="评估")
@stated("accuracy")
@hint(en="What is the share of nothing? Which of equal logits counts?", zh="零个文本的比例是多少？logit 相等时算哪个？")
def test_no_texts_and_equal_logits(solution):
    world = make_world(8, (5,))
    for batches in ([], [tuple(part[:0] for part in world["batches"][0])]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(judge, {**world, "batches": batches}, [True] * 4)
    scores = torch.zeros(WORDS, CLASSES)
    scores[:, 0] = -1.0
    ids, mask, _ = world["batches"][0]
    batch = (ids, mask, torch.tensor([0, 1, 1, 1, 2]))
    report = solution.run(judge, {"scores": scores, "batches": [batch]}, [False] * 4)
    assert_close(report["accuracy"], 3 / 5, rtol=1e-9)
