"""Hidden checks of `secure-aggregation`; expectations are Python's own whole numbers, one after the other."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
BITS = st.integers(0, 30)
SIZE = 2**32
HALF = 2**31


def words(numbers):
    return np.array([number % SIZE for number in numbers], dtype=np.uint32)


def noise(seed, length):
    return np.random.default_rng(seed).integers(0, SIZE, size=length, dtype=np.uint32).tolist()


def expected_mask(u, me, peers, seeds):
    """Add up whole numbers without any bound, and take the remainder at the end."""
    numbers = u.tolist()
    for peer in peers:
        drawn = noise(seeds[tuple(sorted((me, peer)))], len(numbers))
        numbers = [a + b if me < peer else a - b for a, b in zip(numbers, drawn, strict=True)]
    return words(numbers)


def decoded(words, bits):
    """Read each sum as a signed number and divide."""
    signed = [word - SIZE if word >= HALF else word for word in words.tolist()]
    return np.array([number / 2**bits for number in signed], dtype=np.float64)


def draw_party(rng, clients, length=3, first=9):
    """Draw ids, a seed for each pair, and what each client has encoded."""
    others = (10 + rng.permutation(30)[: clients - 1]).tolist()
    ids = rng.permutation([first, *others]).tolist()
    seeds = {pair: int(rng.integers(2**40)) for pair in combinations(sorted(ids), 2)}
    vectors = {one: rng.integers(0, SIZE, size=length, dtype=np.uint32) for one in ids}
    return ids, seeds, vectors


def masked_by_us(ids, seeds, vectors):
    return {me: expected_mask(vectors[me], me, [one for one in ids if one != me], seeds) for me in ids}


def mask_all(module, ids, seeds, vectors):
    return {me: module.mask(vectors[me], me, [one for one in ids if one != me], seeds) for me in ids}


# ---- encoding -------------------------------------------------------------------------------------


@points(3, group="fixed point", group_zh="定点编码")
@stated("encode", "rounding", "exact")
@hint(en="Which way does a half go? Where is -1?", zh="恰好一半时往哪边取？-1 在哪里？")
@given(seed=SEEDS, bits=BITS, length=st.integers(0, 6))
@settings(max_examples=25)
def test_numbers_become_the_nearest_whole_ones(solution, seed, bits, length):
    rng = np.random.default_rng(seed)
    halves = rng.integers(-9, 10, size=length) / 2.0 ** (bits + 1)
    spread = rng.uniform(-1, 1, size=length) * 2.0 ** (30.9 - bits)
    for x, count in ((halves, bits), (spread, bits), (halves, 0)):
        assert_equal(solution.encode(x, count), words([round(Fraction(v) * 2**count) for v in x.tolist()]))


@points(2, group="fixed point", group_zh="定点编码")
@stated("encode-errors", "encode")
@hint(
    en="What is the largest number that fits, before and after rounding?", zh="舍入之前和之后，能容纳的最大数是多少？"
)
@given(bits=BITS)
@settings(max_examples=6)
def test_the_ends_of_the_range(solution, bits):
    fitting = np.array([HALF - 1, HALF - 0.75, -HALF, -HALF - 0.5, -HALF - 0.25]) / 2.0**bits
    assert_equal(solution.encode(fitting, bits), words([HALF - 1, HALF - 1, -HALF, -HALF, -HALF]))
    for number in (HALF, HALF - 0.5, -HALF - 1, -HALF - 0.75, 1e12, -1e300, np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.encode(np.array([0.0, number]) / 2.0**bits, bits)


# ---- masking --------------------------------------------------------------------------------------


@points(4, group="masks", group_zh="掩码")
@stated("mask", "pair-mask", "signs", "exact")
@hint(en="Who adds, who subtracts, and what exactly is drawn?", zh="谁加，谁减，抽取的究竟是什么？")
@given(seed=SEEDS, clients=st.integers(1, 5), length=st.integers(0, 5))
@settings(max_examples=25)
def test_each_vector_with_the_masks_of_its_pairs(solution, seed, clients, length):
    ids, seeds, vectors = draw_party(np.random.default_rng(seed), clients, length, first=0)
    assert_equal(solution.run(mask_all, ids, seeds, vectors), masked_by_us(ids, seeds, vectors))


@points(2, group="masks", group_zh="掩码")
@stated("signs", "pair-mask", "mask")
@contract("what the masks are for: no vector shows, a seed concerns its pair alone, and the sum knows of nothing")
@hint(en="What does the sum of all masks come to?", zh="所有掩码加起来等于多少？")
@given(seed=SEEDS, clients=st.integers(2, 5))
@settings(max_examples=10)
def test_a_seed_changes_two_vectors_and_never_the_sum(solution, seed, clients):
    rng = np.random.default_rng(seed)
    ids, seeds, vectors = draw_party(rng, clients, 4)
    pair = list(seeds)[int(rng.integers(len(seeds)))]
    before = solution.run(mask_all, ids, seeds, vectors)
    after = solution.run(mask_all, ids, {**seeds, pair: seeds[pair] + 1}, vectors)
    assert all((before[me] != vectors[me]).any() for me in ids)
    assert {me for me in ids if (before[me] != after[me]).any()} == set(pair)
    total = words([sum(column) for column in zip(*(vectors[me].tolist() for me in ids), strict=True)])
    for masked in (before, after):
        assert_equal(words([sum(column) for column in zip(*(m.tolist() for m in masked.values()), strict=True)]), total)


def mask_then_overwrite(module, u, me, peers, seeds):
    """Return the result as it was, and the arguments after it has been overwritten."""
    result = module.mask(u, me, peers, seeds)
    kept = result.copy()
    result[...] = 7
    return kept, u, peers, seeds


def aggregate_then_overwrite(module, masked, seeds):
    """Return the result as it was, and the arguments after it has been overwritten."""
    result = module.aggregate(masked, 4, seeds)
    kept = result.copy()
    result[...] = 7
    return kept, masked, seeds


@points(2, group="independence", group_zh="结果独立于输入")
@stated("independence", "mask")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_nothing_is_shared_or_overwritten(solution, rng):
    for clients in (1, 3):
        ids, seeds, vectors = draw_party(rng, clients)
        me, *peers = ids
        kept, *arguments = solution.run(mask_then_overwrite, vectors[me], me, peers, seeds)
        assert_equal(kept, expected_mask(vectors[me], me, peers, seeds))
        assert_equal(arguments, [vectors[me], peers, seeds])
        kept, *arguments = solution.run(aggregate_then_overwrite, vectors, {})
        assert_equal(kept, decoded(words(np.sum(list(vectors.values()), axis=0, dtype=np.uint64).tolist()), 4))
        assert_equal(arguments, [vectors, {}])


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("mask-errors", "aggregate-errors")
@hint(en="Which lists of peers and which vectors do not fit?", zh="什么样的客户端列表和向量不合要求？")
def test_what_does_not_fit_is_refused(solution):
    u, seeds = np.arange(3, dtype=np.uint32), {(1, 2): 5, (2, 4): 6, (1, 4): 7}
    for me, peers in ((2, [1, 2]), (2, [2]), (2, [1, 4, 1]), (2, [1, 3]), (5, [1]), (0, [4])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.mask(u, me, peers, seeds)
    for masked in ({}, {1: u, 2: u[:2]}, {1: u, 2: u[:1]}, {1: u[:1], 2: u, 4: u}, {1: u, 2: u[None]}):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.aggregate(masked, 4)


# ---- aggregation ----------------------------------------------------------------------------------


@points(3, group="aggregation", group_zh="聚合")
@stated("sum", "signed", "exact")
@hint(en="What does 2**32 - 1 stand for? What may happen on the way?", zh="2**32 - 1 代表什么？中间过程会发生什么？")
@given(seed=SEEDS, clients=st.integers(1, 6), bits=BITS, length=st.integers(0, 5))
@settings(max_examples=25)
def test_sums_are_right_whatever_happens_on_the_way(solution, seed, clients, bits, length):
    rng = np.random.default_rng(seed)
    _, _, vectors = draw_party(rng, clients, length)
    wanted = words(np.sum(list(vectors.values()), axis=0, dtype=np.uint64).tolist())
    for count in (bits, 0):
        assert_equal(solution.aggregate(vectors, count), decoded(wanted, count))


@points(2, group="aggregation", group_zh="聚合")
@stated("sum", "signed", "rounding")
@contract("the way from end to end: encoded, masked, added up, and near the plain sum")
@hint(en="By how much may each client's numbers be rounded?", zh="每个客户端的数最多会被舍入多少？")
@given(seed=SEEDS, clients=st.integers(1, 5), bits=st.integers(4, 20))
@settings(max_examples=12)
def test_the_aggregate_is_the_plain_sum(solution, seed, clients, bits):
    rng = np.random.default_rng(seed)
    ids, seeds, _ = draw_party(rng, clients)
    numbers = {one: rng.normal(0, 100, size=6) for one in ids}
    masked = {
        me: solution.mask(solution.encode(numbers[me], bits), me, [one for one in ids if one != me], seeds)
        for me in ids
    }
    gap = np.abs(solution.aggregate(masked, bits) - np.sum(list(numbers.values()), axis=0))
    assert gap.shape == (6,)
    assert (gap <= clients * 2.0 ** -(bits + 1) + 1e-9).all()


@points(3, group="dropouts", group_zh="掉线")
@stated("dropouts", "sum")
@hint(en="Which masks are left in the sum, and with which sign?", zh="总和里还剩下哪些掩码？符号是什么？")
@given(seed=SEEDS, clients=st.integers(2, 6), data=st.data())
@settings(max_examples=25)
def test_masks_of_those_who_dropped_out_are_taken_out(solution, seed, clients, data):
    ids, seeds, vectors = draw_party(np.random.default_rng(seed), clients)
    stayed = data.draw(st.integers(1, clients))
    masked = {me: vector for me, vector in masked_by_us(ids, seeds, vectors).items() if me in ids[:stayed]}
    total = np.sum([vectors[me] for me in ids[:stayed]], axis=0, dtype=np.uint64)
    wanted = decoded(words(total.tolist()), 6)
    revealed = {pair: seed for pair, seed in seeds.items() if len(masked.keys() & set(pair)) == 1}
    for known in (revealed, seeds, {**revealed, (90, 95): 3}):
        assert_equal(solution.aggregate(masked, 6, known), wanted)
