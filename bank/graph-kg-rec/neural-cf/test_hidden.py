"""Hidden checks of `neural-cf`; expectations come from numpy, with gradients written out by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
USERS, ITEMS, WIDTH = 5, 4, 3
HIDDEN = 3  # variant: 3 * wide
SHAPES = {
    "user_table.weight": (USERS, WIDTH),
    "item_table.weight": (ITEMS, WIDTH),
    "hidden.weight": (HIDDEN, 2 * WIDTH),
    "hidden.bias": (HIDDEN,),
    "out.weight": (1, HIDDEN),
    "out.bias": (1,),
}


# ---- the world, in the guest ---------------------------------------------------------------------


def built(module, weights, **options):
    model = module.NCF(USERS, ITEMS, WIDTH, **options).double()
    if weights:
        model.load_state_dict(weights)
    return model


def optimizer(model, momentum=0.0, decay=0.0):
    return torch.optim.SGD(model.parameters(), lr=0.5, momentum=momentum, weight_decay=decay)


def state(model):
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def logits_of(module, weights, u, i):
    return built(module, weights)(u, i).detach()


def train(module, weights, batches, momentum=0.0, stale=None):
    """Make a step for each batch; tell the losses and the weights afterwards."""
    model = built(module, weights)
    opt = optimizer(model, momentum)
    if stale is not None:
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, stale)
    losses = [module.bce_step(model, *batch, opt) for batch in batches]
    return losses, state(model), batches


def refuse(module, weights, u, i, y):
    """Tell what a step raises, and the weights afterwards."""
    model = built(module, weights)
    try:
        module.bce_step(model, u, i, y, optimizer(model))
    except (ValueError, IndexError) as error:
        return isinstance(error, ValueError), isinstance(error, IndexError), state(model)
    return "accepted", state(model)


def look_at_tables(module, user_init, item_init, **options):
    """Tell the tables, what learns, and what is left of both sides when each is overwritten."""
    model = module.NCF(USERS, ITEMS, WIDTH, user_init=user_init, item_init=item_init, **options)
    told = [state(model), {name: parameter.requires_grad for name, parameter in model.named_parameters()}]
    given = [init for init in (user_init, item_init) if init is not None]
    for init in given:
        init.mul_(-3.0)
    told.append(state(model))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(7.0)
    return [*told, given, [type(part).__name__ for part in model.children()]]


def train_frozen(module, init, batch, freeze, side):
    """Train with decay a model that has one given table."""
    torch.manual_seed(3)
    model = built(module, None, freeze=freeze, **{f"{side}_init": init})
    before = state(model)
    opt = optimizer(model, momentum=0.5, decay=0.1)
    for _ in range(2):
        module.bce_step(model, *batch, opt)
    return before, state(model)


def memorise(module, u, i, y):
    """Learn a table of likes by heart."""
    torch.manual_seed(1)
    model = module.NCF(12, 12, 8)
    opt = torch.optim.Adam(model.parameters(), lr=0.03)
    losses = [module.bce_step(model, u, i, y, opt) for _ in range(120)]
    return losses[0], losses[-1], model(u, i).detach()


# ---- the oracle ----------------------------------------------------------------------------------


def draw_weights(rng, scale=0.5):
    """Draw weights so small that no logit reaches 20 in a few steps: there softplus of torch is cut off."""
    return {name: torch.from_numpy(rng.normal(0, scale, size=shape)) for name, shape in SHAPES.items()}


def draw_batch(rng, size):
    u, i = rng.integers(0, USERS, size=size), rng.integers(0, ITEMS, size=size)
    return [torch.from_numpy(u), torch.from_numpy(i), torch.from_numpy(rng.integers(0, 2, size=size))]


def forward(w, u, i):
    pairs = np.stack([[*w["user_table.weight"][a], *w["item_table.weight"][b]] for a, b in zip(u, i, strict=True)])
    before = pairs @ w["hidden.weight"].T + w["hidden.bias"]
    return pairs, before, np.maximum(before, 0) @ w["out.weight"][0] + w["out.bias"][0]


def gradients(w, u, i, y):
    """Return the loss and its gradient by each weight."""
    pairs, before, logits = forward(w, u, i)
    loss = (y * np.logaddexp(0, -logits) + (1 - y) * np.logaddexp(0, logits)).mean()
    up = (0.5 * (1 + np.tanh(logits / 2)) - y) / len(y)
    inner = np.outer(up, w["out.weight"][0]) * (before > 0)
    by_pair = inner @ w["hidden.weight"]
    grads = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for row, a, b in zip(by_pair, u, i, strict=True):
        grads["user_table.weight"][a] += row[:WIDTH]
        grads["item_table.weight"][b] += row[WIDTH:]
    grads["hidden.weight"], grads["hidden.bias"] = inner.T @ pairs, inner.sum(axis=0)
    grads["out.weight"], grads["out.bias"] = (up @ np.maximum(before, 0))[None], up.sum()[None]
    return float(loss), grads


def expected_training(weights, batches, momentum=0.0):
    w = {name: tensor.numpy().copy() for name, tensor in weights.items()}
    speed, losses = dict.fromkeys(w, 0.0), []
    for batch in batches:
        u, i, y = (part.numpy() for part in batch)
        loss, grads = gradients(w, u, i, y.astype(np.float64))
        losses.append(loss)
        for name, gradient in grads.items():
            speed[name] = momentum * speed[name] + gradient
            w[name] = w[name] - 0.5 * speed[name]
    return losses, {name: torch.from_numpy(array) for name, array in w.items()}


def trained(solution, weights, batches, **options):
    losses, after, _ = solution.run(train, weights, batches, **options)
    return losses, after


def assert_trained(actual, expected):
    """Compare weights, and losses by 1 plus their size: near 0 a loss may be a difference of large numbers."""
    assert_close(actual[0], expected[0], rtol=1e-8, atol=1e-8)
    assert_close(actual[1], expected[1], rtol=1e-9)


# ---- the network ---------------------------------------------------------------------------------


@points(3, group="the network", group_zh="网络")
@stated("forward", "parts", "tolerance")
@contract("the definition of the network, for batches of every size")
@hint(
    en="What is the shape for a single pair, and who comes first in it?", zh="只有一对时形状是什么？一对之中谁在前面？"
)
@given(seed=SEEDS)
@settings(max_examples=4)
def test_logits_of_pairs(solution, seed):
    rng = np.random.default_rng(seed)
    weights = draw_weights(rng)
    w = {name: tensor.numpy() for name, tensor in weights.items()}
    for size in (1, 2, 6):
        u, i, _ = draw_batch(rng, size)
        logits = solution.run(logits_of, weights, u, i)
        assert_close(logits, torch.from_numpy(forward(w, u.numpy(), i.numpy())[2]))
    nobody = torch.zeros(0, dtype=torch.int64)
    assert_equal(solution.run(logits_of, weights, nobody, nobody), torch.zeros(0, dtype=torch.float64))


@points(2, group="the network", group_zh="网络")
@stated("index-errors", "step-errors")
@hint(en="Which rows does a table have?", zh="表里有哪些行？")
def test_unknown_users_and_items_are_refused(solution, rng):
    weights = draw_weights(rng)
    for u, i in (([0, USERS], [0, 1]), ([-1, 0], [0, 1]), ([0, 1], [ITEMS, 0]), ([2, 2], [1, -2])):
        pairs = torch.tensor(u), torch.tensor(i)
        with pytest.raises(IndexError):
            solution.run(logits_of, weights, *pairs)
        assert_equal(solution.run(refuse, weights, *pairs, torch.tensor([0, 1])), (False, True, weights))


# ---- given tables --------------------------------------------------------------------------------


@points(3, group="given vectors", group_zh="给定的向量")
@stated("init", "parts", "freeze")
@contract("every combination of what is given and frozen, by name")
@hint(en="Which numbers does each table hold, and which tables learn?", zh="每张表里是什么数？哪些表要学习？")
def test_given_tables_are_loaded_and_frozen(solution, rng):
    user, item = rng.tensor(USERS, WIDTH) * 50, rng.tensor(ITEMS, WIDTH) * 50
    for inits in ((user, item), (user, None), (None, item), (None, None)):
        for options in ({"freeze": True}, {"freeze": False}, {}):
            told, learns, *_ = solution.run(look_at_tables, *inits, **options)
            assert {name: tuple(tensor.shape) for name, tensor in told.items()} == SHAPES
            tables = dict(zip(("user_table.weight", "item_table.weight"), inits, strict=True))
            fixed = {name for name, init in tables.items() if init is not None and options.get("freeze")}
            assert learns == {name: name not in fixed for name in SHAPES}
            for name, init in tables.items():
                if init is None:
                    assert len(torch.unique(told[name])) == told[name].numel()
                    assert told[name].abs().max() < 10
                else:
                    assert_equal(told[name], init)


@points(2, group="given vectors", group_zh="给定的向量")
@stated("init", "parts")
@contract("independence by itself, so that the report names it")
@hint(en="Whose memory is the table's?", zh="表用的是谁的内存？")
def test_tables_are_copies(solution, rng):
    user, item = rng.tensor(USERS, WIDTH), rng.tensor(ITEMS, WIDTH)
    for freeze in (True, False):
        _, _, later, given, parts = solution.run(look_at_tables, user, item, freeze=freeze)
        assert_equal(later["user_table.weight"], user)
        assert_equal(later["item_table.weight"], item)
        assert_equal(given, [user * -3.0, item * -3.0])
        assert sorted(parts) == ["Embedding", "Embedding", "Linear", "Linear"]


def make(module, user_init, item_init):
    module.NCF(USERS, ITEMS, WIDTH, user_init=user_init, item_init=item_init)


@points(1, group="given vectors", group_zh="给定的向量")
@stated("init-errors")
@hint(en="Which shapes fit?", zh="什么形状才合适？")
def test_tables_of_another_shape_are_refused(solution):
    for shape in (
        (USERS + 1, WIDTH),
        (USERS - 1, WIDTH),
        (USERS, WIDTH + 1),
        (WIDTH, USERS),
        (USERS * WIDTH,),
        (1, WIDTH),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(make, torch.ones(shape), None)
    for shape in ((ITEMS + 1, WIDTH), (ITEMS, WIDTH - 1), (USERS, WIDTH), (ITEMS, 1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(make, None, torch.ones(shape))


@points(2, group="given vectors", group_zh="给定的向量")
@stated("freeze", "step")
@contract("what freezing is for: the table is the same after training, decay or not, and the rest has moved")
@hint(en="What does training change?", zh="训练改变了什么？")
def test_frozen_tables_do_not_move(solution, rng):
    batch = [torch.tensor([0, 1, 2, 3, 4]), torch.tensor([0, 1, 2, 3, 0]), torch.tensor([0, 1, 0, 1, 1])]
    for side, rows in (("user", USERS), ("item", ITEMS)):
        for freeze in (True, False):
            before, after = solution.run(train_frozen, rng.tensor(rows, WIDTH), batch, freeze, side)
            moved = {name for name in SHAPES if not torch.equal(before[name], after[name])}
            assert moved == set(SHAPES) - ({f"{side}_table.weight"} if freeze else set())


# ---- the step ------------------------------------------------------------------------------------


@points(4, group="training step", group_zh="训练步")
@stated("step", "tolerance")
@contract("the definition of a step against gradients by hand, over several batches")
@hint(en="Of which loss is the gradient, and when is the loss taken?", zh="是哪个损失的梯度？损失是什么时候的？")
@given(seed=SEEDS, size=st.integers(1, 7))
@settings(max_examples=4)
def test_steps_down_the_gradient(solution, seed, size):
    rng = np.random.default_rng(seed)
    weights = draw_weights(rng)
    batches = [draw_batch(rng, size) for _ in range(3)]
    for momentum in (0.0, 0.8):
        wanted = expected_training(weights, batches, momentum)
        assert_trained(trained(solution, weights, batches, momentum=momentum), wanted)


@points(2, group="training step", group_zh="训练步")
@stated("targets", "step", "inputs")
@hint(en="Which dtypes may targets have, and which values?", zh="目标可以是哪些 dtype，哪些数值？")
def test_targets_of_every_kind(solution, rng):
    # small weights, so that an error of the targets is large beside them
    weights, (u, i, _) = draw_weights(rng, scale=0.1), draw_batch(rng, 4)
    hard, soft = torch.tensor([0, 1, 1, 0]), torch.tensor([0.25, 0.75, 0.0, 1.0])
    for y in (
        hard,
        hard.bool(),
        hard.to(torch.uint8),
        hard.int(),
        hard.float(),
        hard.double(),
        soft,
        torch.tensor([0.7, 0.9, 0.9, 0.95], dtype=torch.float64),
    ):
        losses, after, batches = solution.run(train, weights, [[u, i, y]])
        assert_trained((losses, after), expected_training(weights, [[u, i, y]]))
        assert_equal(batches, [[u, i, y]])


@points(2, group="training step", group_zh="训练步")
@stated("old-gradients", "step")
@contract("gradients that are there at the first step already")
@hint(en="Somebody else may have called backward() before.", zh="在此之前，别人可能调用过 backward()。")
def test_old_gradients_have_no_influence(solution, rng):
    weights, batch = draw_weights(rng), draw_batch(rng, 3)
    for stale in (5.0, -0.1):
        wanted = expected_training(weights, [batch])
        assert_trained(trained(solution, weights, [batch], stale=stale), wanted)


@points(2, group="training step", group_zh="训练步")
@stated("large-logits", "step")
@hint(en="What is the logarithm of a sigmoid that has rounded to 0?", zh="sigmoid 舍入成 0 之后，它的对数是多少？")
def test_large_logits_stay_exact(solution, rng):
    weights = draw_weights(rng)
    for bias in (-4000.0, -150.0, 150.0, 4000.0):
        weights["out.bias"] = torch.tensor([bias], dtype=torch.float64)
        batch = draw_batch(rng, 4)
        batch[2] = torch.tensor([0, 1, 1, 0])
        assert_trained(trained(solution, weights, [batch]), expected_training(weights, [batch]))


@points(1, group="training step", group_zh="训练步")
@stated("step")
@contract("a law of the mean: the order of a batch means nothing, and repeating it changes nothing")
@hint(en="Does the order of a batch matter?", zh="批次内的次序有影响吗？")
@given(seed=SEEDS)
@settings(max_examples=3)
def test_order_and_repetition_mean_nothing(solution, seed):
    rng = np.random.default_rng(seed)
    weights, batch = draw_weights(rng), draw_batch(rng, 5)
    result = trained(solution, weights, [batch])
    for order in (torch.from_numpy(rng.permutation(5)), torch.arange(10) % 5):
        assert_trained(trained(solution, weights, [[part[order] for part in batch]]), result)
    assert any((result[1][name] - weights[name]).abs().max() > 1e-9 for name in weights)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("step-errors", "targets")
@hint(
    en="What happens when (B,) meets (B, 1)? When is a step taken?", zh="(B,) 与 (B, 1) 相遇会怎样？什么时候才走一步？"
)
def test_targets_that_are_none_are_refused(solution, rng):
    weights, (u, i, _) = draw_weights(rng), draw_batch(rng, 3)
    wrong = [[1, 5, 3], [0, 2, 1], [-1, 0, 1], [0.5, 1.01, 0], [-0.01, 0, 1], [0, float("nan"), 1]]
    wrong += [[[0], [1], [1]], [0, 1], [1], [0, 1, 1, 0], 1.0, [[0, 1, 1]]]
    for y in wrong:
        assert_equal(solution.run(refuse, weights, u, i, torch.tensor(y)), (True, False, weights))
    single = solution.run(refuse, weights, u[:1], i[:1], torch.tensor([[1]]))
    assert_equal(single, (True, False, weights))


@points(2, group="learning", group_zh="学习")
@stated("step", "forward")
@contract("network and step together learn what can be learnt by heart")
@hint(en="Can your network learn a small table of likes by heart?", zh="你的网络能记住一张小小的喜好表吗？")
def test_a_table_of_likes_is_learnt_by_heart(solution):
    u, i = torch.arange(144) // 12, torch.arange(144) % 12
    y = (u // 4 == i // 4).long()
    first, last, logits = solution.run(memorise, u, i, y)
    assert last < 0.2 < first
    assert logits[y == 1].min() > logits[y == 0].max()
