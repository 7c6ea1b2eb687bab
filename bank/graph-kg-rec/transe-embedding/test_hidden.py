"""Hidden checks of `transe-embedding`; expectations come from Python floats, one triple after the other."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
RADIUS = 1.0  # variant: radius


# ---- the oracle ----------------------------------------------------------------------------------


def difference(E, R, triple):
    head, relation, tail = triple
    return [h + r - t for h, r, t in zip(E[head].tolist(), R[relation].tolist(), E[tail].tolist(), strict=True)]


def length(vector, p):
    return math.fsum(map(abs, vector)) if p == 1 else math.hypot(*vector)


def distance(E, R, triple, p):
    return length(difference(E, R, triple), p)


def slope(vector, p):
    if p == 1:
        return [float((value > 0) - (value < 0)) for value in vector]
    size = math.hypot(*vector)
    return [value / size if size else 0.0 for value in vector]


def expected_step(E, R, positive, negative, margin, lr, p):
    """Move both arrays by one pair after the other, all measured before the first moves."""
    entities, relations, losses = E.copy(), R.copy(), []
    share = lr / (negative.shape[0] * negative.shape[1])
    for triple, others in zip(positive.tolist(), negative.tolist(), strict=True):
        for other in others:
            losses.append(max(0.0, margin + distance(E, R, triple, p) - distance(E, R, other, p)))
            if losses[-1] == 0:
                continue
            for (head, relation, tail), sign in ((triple, 1), (other, -1)):
                step = share * sign * np.array(slope(difference(E, R, (head, relation, tail)), p))
                entities[head] -= step
                relations[relation] -= step
                entities[tail] += step
    entities = np.array([row * min(1.0, RADIUS / math.hypot(*row)) if row.any() else row for row in entities])
    return entities, relations, math.fsum(losses) / len(losses)


def expected_ranks(E, R, triples, known, p):
    ranks = []
    for head, relation, tail in triples.tolist():
        own = distance(E, R, (head, relation, tail), p)
        others = [e for e in range(len(E)) if e != tail and (head, relation, e) not in known]
        distances = [distance(E, R, (head, relation, e), p) for e in others]
        ranks.append(1 + sum(d < own for d in distances) + sum(d == own for d in distances) / 2)
    return np.array(ranks, dtype=np.float64)


def allowed(triple, known, count):
    head, relation, tail = triple
    found = [(e, relation, tail) for e in range(count) if e != head]
    found += [(head, relation, e) for e in range(count) if e != tail]
    return [other for other in found if other not in known]


# ---- worlds --------------------------------------------------------------------------------------


def draw_world(rng, entities=6, relations=3, width=3, size=0.5):
    return rng.normal(0, size, size=(entities, width)), rng.normal(0, size, size=(relations, width))


def draw_triples(rng, *shape, entities=6, relations=3):
    columns = [rng.integers(0, high, size=shape) for high in (entities, relations, entities)]
    return np.stack(columns, axis=-1)


def known_of(triples):
    return {tuple(triple) for triple in triples.reshape(-1, 3).tolist()}


def draw(module, triples, known, count, k, seed):
    return module.negatives(triples, known, count, k, np.random.default_rng(seed))


# ---- score ---------------------------------------------------------------------------------------


@points(3, group="distance", group_zh="距离")
@stated("score", "triples", "tolerance")
@contract("the definition itself, for triples in arrays of every shape")
@hint(en="Which three rows make a distance, and with which signs?", zh="距离由哪三行算出？符号各是什么？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_distances_in_both_norms(solution, seed):
    rng = np.random.default_rng(seed)
    E, R = draw_world(rng)
    for shape in ((5,), (2, 3), (0,)):
        triples = draw_triples(rng, *shape)
        for p in (1, 2):
            flat = [distance(E, R, triple, p) for triple in triples.reshape(-1, 3).tolist()]
            assert_close(solution.score(E, R, triples, p), np.array(flat, dtype=np.float64).reshape(shape))
    triples = draw_triples(rng, 4)
    assert_close(solution.score(E, R, triples), np.array([distance(E, R, triple, 2) for triple in triples.tolist()]))


# ---- negatives -----------------------------------------------------------------------------------


@points(3, group="negative samples", group_zh="负样本")
@stated("negatives", "unknown")
@contract("the definition of a negative, on graphs where few or many triples are true")
@hint(
    en="What may a negative share with its triple, and where may it not stand?",
    zh="负样本与原三元组可以相同在哪里？它不能出现在哪里？",
)
@given(seed=SEEDS, k=st.integers(0, 6))
@settings(max_examples=15)
def test_negatives_are_false_and_differ_at_one_end(solution, seed, k):
    rng = np.random.default_rng(seed)
    triples = draw_triples(rng, 4)
    triples[0, 2] = triples[0, 0]
    known = known_of(triples) | known_of(draw_triples(rng, 40))
    for true, count in ((known, 6), (set(), 2)):
        rows = triples if count == 6 else triples.clip(max=1)
        drawn = solution.run(draw, rows, true, count, k, seed)
        assert drawn.dtype == np.int64
        assert drawn.shape == (4, k, 3)
        for triple, others in zip(rows.tolist(), drawn.tolist(), strict=True):
            assert {tuple(other) for other in others} <= set(allowed(triple, true, count))


@points(2, group="negative samples", group_zh="负样本")
@stated("uniform", "unknown", "negatives")
@hint(
    en="How often is each allowed triple drawn, if few tails are left?",
    zh="如果剩下的尾实体很少，每个允许的三元组各被抽到多少次？",
)
def test_every_negative_is_equally_likely(solution, rng):
    triples = np.array([[1, 0, 3], [2, 1, 2]])
    known = {(1, 0, tail) for tail in range(1, 5)} | {(0, 1, 2), (2, 1, 2), (1, 0, 0)}
    drawn = solution.run(draw, triples, known, 5, 6000, int(rng.integers(2**32)))
    for triple, others in zip(triples.tolist(), drawn.tolist(), strict=True):
        choices = allowed(triple, known, 5)
        share = 6000 / len(choices)
        counts = [others.count(list(choice)) for choice in choices]
        assert sum(counts) == 6000
        assert sum((count - share) ** 2 / share for count in counts) < 60


@points(2, group="negative samples", group_zh="负样本")
@stated("no-negatives", "unknown", "negatives")
@contract("the ends of the range: one that is left, and none")
@hint(en="Can you stop looking when there is nothing to find?", zh="没有可抽的三元组时，你的循环会停下来吗？")
def test_one_negative_is_found_and_none_is_an_error(solution, rng):
    seed = int(rng.integers(2**32))
    full = {(head, 0, tail) for head, tail in itertools.product(range(9), repeat=2)}
    triples = np.array([[4, 0, 7]])
    for missing in ((8, 0, 7), (4, 0, 0)):
        assert_equal(solution.run(draw, triples, full - {missing}, 9, 3, seed), np.array([[missing] * 3]))
    for entities, known in ((9, full), (9, full - {(5, 0, 6)}), (1, set())):
        rows = np.zeros((1, 3), dtype=np.int64) if entities == 1 else triples
        for k in (2, 0):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.run(draw, rows, known, entities, k, seed)


def draw_twice(module, triples, seed):
    """Draw from two generators of one seed, and from one of them again."""
    one, other = np.random.default_rng(seed), np.random.default_rng(seed)
    return [module.negatives(triples, set(), 50, 9, rng) for rng in (one, other, one)]


@points(1, group="negative samples", group_zh="负样本")
@stated("negatives")
@contract("the same seed gives the same samples, and the next draw others")
@hint(en="Where does chance come from?", zh="随机性从哪里来？")
def test_the_generator_alone_decides(solution, rng):
    triples = draw_triples(rng, 3)
    first, same, later = solution.run(draw_twice, triples, int(rng.integers(2**32)))
    assert_equal(same, first)
    assert (later != first).any()


# ---- one step ------------------------------------------------------------------------------------


@points(4, group="training step", group_zh="训练步")
@stated("step", "loss", "gradient", "tolerance")
@contract("the definition of a step, pair by pair, in both norms")
@hint(
    en="Write down the gradient for head, relation and tail of both triples of a pair.",
    zh="写出一对三元组中头实体、关系、尾实体各自的梯度。",
)
@given(seed=SEEDS, batch=st.integers(1, 4), k=st.integers(1, 3))
@settings(max_examples=15)
def test_one_step_of_gradient_descent(solution, seed, batch, k):
    rng = np.random.default_rng(seed)
    E, R = draw_world(rng, size=0.25)
    positive, negative = draw_triples(rng, batch), draw_triples(rng, batch, k)
    for p in (1, 2):
        wanted = expected_step(E, R, positive, negative, 0.3, 0.05, p)
        assert_close(solution.train_step(E, R, positive, negative, 0.3, 0.05, p), wanted)
    wanted = expected_step(E, R, positive, negative, 0.3, 0.05, 2)
    assert_close(solution.train_step(E, R, positive, negative, 0.3, 0.05), wanted)


@points(3, group="training step", group_zh="训练步")
@stated("gradient", "triples")
@contract("an index that is repeated in every role, in every run")
@hint(
    en="What does E[index] -= step do when an index stands there twice?", zh="下标重复出现时，E[index] -= step 会怎样？"
)
def test_repeated_entities_get_the_sum(solution, rng):
    E, R = draw_world(rng, entities=3, relations=1, size=0.25)
    positive = np.array([[0, 0, 1], [0, 0, 1], [1, 0, 1], [2, 0, 0]])
    negative = np.array([[[0, 0, 2]] * 3, [[2, 0, 1]] * 3, [[1, 0, 0]] * 3, [[2, 0, 2]] * 3])
    for p in (1, 2):
        wanted = expected_step(E, R, positive, negative, 4.0, 0.02, p)
        assert_close(solution.train_step(E, R, positive, negative, 4.0, 0.02, p), wanted)


@points(2, group="training step", group_zh="训练步")
@stated("loss", "gradient")
@contract("each pair at a margin that decides on it alone")
@hint(en="Which pairs push, and which do not?", zh="哪些对会推动向量，哪些不会？")
def test_only_pairs_within_the_margin_push(solution, rng):
    E, R = draw_world(rng, size=0.2)
    positive = np.array([[0, 0, 1], [2, 1, 3], [4, 2, 5]])
    negative = np.repeat(positive[:, None], 4, axis=1)
    negative[:, :, 2] = (negative[:, :, 2] + np.arange(1, 5)) % 6
    assert_equal(solution.train_step(E * 0.5, R, positive, negative, -9.0, 0.1), (E * 0.5, R, 0.0))
    gaps = sorted(
        distance(E, R, other, 2) - distance(E, R, triple, 2)
        for triple, others in zip(positive.tolist(), negative.tolist(), strict=True)
        for other in others
    )
    for margin in ((gaps[1] + gaps[2]) / 2, (gaps[4] + gaps[7]) / 2, gaps[-1] + 0.1):
        wanted = expected_step(E, R, positive, negative, margin, 0.05, 2)
        assert_close(solution.train_step(E, R, positive, negative, margin, 0.05), wanted)


@points(2, group="training step", group_zh="训练步")
@stated("gradient", "loss")
@contract("the corners where the gradient is a convention")
@hint(
    en="What is the gradient of a distance of 0, and of a pair exactly at the margin?",
    zh="距离为 0 时梯度是多少？恰好在间隔上的一对呢？",
)
def test_zero_distances_and_pairs_at_the_margin(solution):
    E = np.array([[0.25, 0.5], [0.5, 0.5], [0.0, -0.5], [0.0, 0.25]])
    R = np.array([[0.25, 0.0], [0.0, 0.75]])
    positive, negative = np.array([[0, 0, 1], [2, 1, 3]]), np.array([[[0, 0, 3]], [[2, 1, 2]]])
    for p in (1, 2):
        for margin in (0.75, 1.5):
            wanted = expected_step(E, R, positive, negative, margin, 0.125, p)
            assert_close(solution.train_step(E, R, positive, negative, margin, 0.125, p), wanted)
    still = E[[2, 2, 3, 3]]
    assert_equal(solution.train_step(still, R, positive[1:], negative[1:], 0.0, 0.5), (still, R, 0.0))


@points(2, group="training step", group_zh="训练步")
@stated("projection", "step")
@hint(en="How long may a row be afterwards, and whose rows?", zh="之后一行最长可以是多少？是谁的行？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_long_entities_are_shortened(solution, seed):
    rng = np.random.default_rng(seed)
    E, R = draw_world(rng, entities=9, size=1.0)
    E[:3] *= RADIUS * np.array([[0.1], [1.0], [9.0]]) / np.linalg.norm(E[:3], axis=1, keepdims=True)
    E[8] = [0.0, -RADIUS, 0.0]
    R[2] *= 30
    positive, negative = draw_triples(rng, 3), draw_triples(rng, 3, 2)
    wanted = expected_step(E, R, positive, negative, 2.0, 0.1, 2)
    moved = solution.train_step(E, R, positive, negative, 2.0, 0.1)
    assert_close(moved, wanted)
    assert (np.linalg.norm(moved[0], axis=1) <= RADIUS * (1 + 1e-12)).all()


def train(module, triples, known, seed):
    """Learn a small graph by the submission's own samples and steps."""
    rng = np.random.default_rng(seed)
    E, R = rng.normal(0, 0.4, size=(10, 12)), rng.normal(0, 0.4, size=(2, 12))
    for left in range(300, 0, -1):
        drawn = module.negatives(triples, known, 10, 8, rng)
        E, R, _ = module.train_step(E, R, triples, drawn, 0.1, 4 * left / 300)
    return E, R


@points(2, group="learning", group_zh="学习")
@stated("step", "negatives", "ranks")
@contract("all four work together: what was learnt ranks the true tails first")
@hint(en="Do your samples and steps learn a chain of ten entities?", zh="你的采样和训练步能学会由十个实体组成的链吗？")
def test_a_chain_is_learnt(solution, rng):
    triples = np.array([[i, hop - 1, i + hop] for hop in (1, 2) for i in range(10 - hop)])
    known = known_of(triples)
    E, R = solution.run(train, triples, known, int(rng.integers(2**32)))
    ranks = solution.filtered_ranks(E, R, triples, known)
    assert_equal(ranks, expected_ranks(E, R, triples, known, 2))
    assert (ranks == 1).mean() >= 0.85


# ---- ranks ---------------------------------------------------------------------------------------


@points(3, group="ranks", group_zh="名次")
@stated("ranks", "filter", "triples")
@contract("the definition of the filter, whatever is known")
@hint(en="Who takes part, and from where are places counted?", zh="谁参加排名？名次从几数起？")
@given(seed=SEEDS, more=st.integers(0, 60))
@settings(max_examples=15)
def test_ranks_leave_out_other_true_tails(solution, seed, more):
    rng = np.random.default_rng(seed)
    E, R = draw_world(rng, entities=8)
    triples = draw_triples(rng, 6, entities=8)
    known = known_of(draw_triples(rng, more, entities=8))
    for true in (known, known | known_of(triples), set()):
        for p in (1, 2):
            assert_equal(solution.filtered_ranks(E, R, triples, true, p), expected_ranks(E, R, triples, true, p))
    assert_equal(solution.filtered_ranks(E, R, triples, known), expected_ranks(E, R, triples, known, 2))
    assert_equal(solution.filtered_ranks(E, R, triples[:0], known), np.zeros(0))


@points(2, group="ranks", group_zh="名次")
@stated("ties", "filter", "ranks")
@hint(en="Which places do three entities share that are equally near?", zh="三个实体一样近，它们占哪几个名次？")
def test_equal_distances_share_the_mean_place(solution):
    R = np.array([[1.0, 0.0], [0.0, 0.0]])
    crowd = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, -1.0], [2.0, 0.0], [1.0, 1.0], [5.0, 0.0], [1.0, 0.0]])
    everyone = np.array(list(itertools.product(range(7), range(2), range(7))))
    for known in (set(), {(0, 0, 1), (0, 0, 6), (3, 1, 3)}, known_of(everyone[::3])):
        for E in (crowd, np.zeros((7, 2))):
            for p in (1, 2):
                wanted = expected_ranks(E, R, everyone, known, p)
                assert_equal(solution.filtered_ranks(E, R, everyone, known, p), wanted)


@points(1, group="ranks", group_zh="名次")
@stated("ranks", "filter", "score")
@contract("two laws: moving all entities changes no rank, and leaving entities out makes none worse")
@hint(en="Does the origin matter to a translation?", zh="平移与原点的位置有关吗？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_the_origin_means_nothing_and_filtering_helps(solution, seed):
    rng = np.random.default_rng(seed)
    E, R = draw_world(rng)
    triples, known = draw_triples(rng, 5), known_of(draw_triples(rng, 50))
    raw, filtered = (solution.filtered_ranks(E, R, triples, true) for true in (set(), known))
    assert_equal(solution.filtered_ranks(E + rng.normal(size=3), R, triples, known), filtered)
    assert (filtered <= raw).all()
    assert (filtered >= 1).all()
    assert raw.max() <= 6


# ---- everything else -----------------------------------------------------------------------------


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("triples")
@hint(en="Which norms are asked for?", zh="要求的是哪些范数？")
def test_other_norms_are_refused(solution, rng):
    E, R = draw_world(rng)
    triples = draw_triples(rng, 2)
    for p in (0, 3, -1, np.inf):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.score(E, R, triples, p)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.train_step(E, R, triples, triples[:, None], 1.0, 0.1, p)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.filtered_ranks(E, R, triples, set(), p)


def use_all(module, E, R, triples, known):
    """Call everything; overwrite the results; return what they were and the arguments afterwards."""
    drawn = module.negatives(triples, known, 6, 2, np.random.default_rng(0))
    moved = module.train_step(E, R, triples, drawn, 0.8, 0.1)
    kept = [part.copy() for part in (drawn, *moved[:2])]
    said = module.score(E, R, triples), module.filtered_ranks(E, R, triples, known)
    for part in (drawn, *moved[:2]):
        part[...] = 0
    return kept, said, (E, R, triples, known)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("triples", "step")
@contract("independence by itself, so that the report names it")
@hint(en="Which of your arrays are new?", zh="哪些数组是真正新建的？")
def test_arguments_stay_as_they_are(solution, rng):
    E, R = draw_world(rng, size=0.2)
    E[3] = 7
    triples = draw_triples(rng, 4)
    known = known_of(triples)
    (drawn, *moved), said, after = solution.run(use_all, E, R, triples, known)
    distances = np.array([distance(E, R, triple, 2) for triple in triples.tolist()])
    assert_close(said, (distances, expected_ranks(E, R, triples, known, 2)))
    assert_close(moved, list(expected_step(E, R, triples, drawn, 0.8, 0.1, 2)[:2]))
    assert_equal(after, (E, R, triples, known))
