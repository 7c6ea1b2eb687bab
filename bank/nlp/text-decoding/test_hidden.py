"""Hidden checks of `text-decoding`; expectations come from sorted lists and exact sums of Python floats."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
FLOATS = st.sampled_from([np.float32, np.float64])
TEMPERATURES = st.sampled_from([0.3, 1.0, 2.5])
TOKENS = 6


# ---- the world inside the guest ----------------------------------------------------------------


class Model:
    """Gives logits that depend on all ids and their places; remembers what it was asked."""

    def __init__(self, table, spoils):
        self.table, self.spoils, self.asked = table, spoils, []

    def __call__(self, ids):
        kinds = sorted({type(ids).__name__, *(type(token).__name__ for token in ids)})
        self.asked.append((kinds, list(ids)))
        row = self.table[place(ids, len(self.table))]
        if self.spoils:
            ids.extend([0, 0])
        return row


def place(ids, rows):
    return sum((position + 2) * (token + 1) for position, token in enumerate(ids)) % rows


def write(module, table, calls, spoils=False):
    """Give for each call the text, what the model was asked, and the arguments afterwards."""
    told = []
    for prompt, max_new, eos, options in calls:
        model = Model(table, spoils)
        ids = module.generate(model, prompt, max_new, eos, **options)
        told.append((ids, model.asked, prompt, options))
    return told, table


def filter_and_look(module, logits, calls):
    """Give the result of each call, and the logits after all of them."""
    return [module.filter_logits(logits, *call) for call in calls], logits


# ---- the oracle: one row after the other -------------------------------------------------------


def ranking(row, temperature, top_k):
    """List the tokens that top-k leaves, largest first, and their weights, the first of which is 1."""
    divided = [value / temperature for value in row.tolist()]
    order = sorted((i for i in range(len(row)) if divided[i] > -math.inf), key=lambda i: (-row[i], i))[:top_k]
    return order, [math.exp(divided[i] - divided[order[0]]) for i in order]


def expected_row(row, temperature=1.0, top_k=None, top_p=None):
    order, weights = ranking(row, temperature, top_k)
    if top_p is not None:
        total = math.fsum(weights)
        counts = [n for n in range(1, len(order)) if top_p < 1 and math.fsum(weights[:n]) >= top_p * total]
        order = order[: min(counts, default=len(order))]
    kept = np.full(len(row), -np.inf)
    kept[order] = row.astype(np.float64)[order] / temperature
    return kept.astype(row.dtype)


def expected(logits, *call):
    rows = logits.reshape(-1, logits.shape[-1])
    return np.stack([expected_row(row, *call) for row in rows]).reshape(logits.shape)


def expected_text(table, prompt, max_new, eos, u=None, **filters):
    """Write a text token by token; return it and what the model is asked."""
    ids, asked = [*prompt], []
    for step in range(max_new):
        asked.append((["int", "list"] if ids else ["list"], [*ids]))
        row = table[place(ids, len(table))]
        if u is None:
            ids.append(max(range(len(row)), key=lambda i, row=row: (row[i], -i)))
        else:
            ids.append(drawn(expected_row(row, **filters), u[step]))
        if ids[-1] == eos:
            break
    return ids, asked


def drawn(kept, u):
    tokens = [i for i in range(len(kept)) if kept[i] > -math.inf]
    weights = [math.exp(kept[i] - kept.max()) for i in tokens]
    above = [n for n in range(1, len(tokens)) if math.fsum(weights[:n]) > u * math.fsum(weights)]
    return tokens[min(above, default=len(tokens)) - 1]


def clear_of(top_p, rows, temperature, top_k):
    """Say whether no sum of probabilities comes near `top_p`, so that rounding decides nothing."""
    for row in rows:
        _, weights = ranking(row, temperature, top_k)
        if np.abs(np.cumsum(weights) / math.fsum(weights) - top_p).min() < 1e-4:
            return False
    return True


def draw_p(rng, rows, temperature, top_k):
    return next(
        p for p in (float(rng.uniform(0.02, 0.98)) for _ in range(500)) if clear_of(p, rows, temperature, top_k)
    )


def draw_calls(rng, logits, temperature, tokens):
    """List calls without, with one and with both of the filters."""
    rows = logits.reshape(-1, logits.shape[-1])
    top_k = int(rng.integers(1, tokens + 2))
    return [
        (temperature, None, None),
        (temperature, top_k, None),
        (temperature, None, draw_p(rng, rows, temperature, None)),
        (temperature, top_k, draw_p(rng, rows, temperature, top_k)),
    ]


def check_filters(solution, logits, calls):
    results, after = solution.run(filter_and_look, logits, calls)
    for result, call in zip(results, calls, strict=True):
        wanted = expected(logits, *call)
        assert isinstance(result, np.ndarray)
        assert result.dtype == wanted.dtype
        assert result.shape == wanted.shape
        assert_equal(np.isneginf(result), np.isneginf(wanted))
        assert_close(np.where(np.isneginf(wanted), 0.0, result), np.where(np.isneginf(wanted), 0.0, wanted))
    assert_equal(after, logits)


def draw_table(rng, rows=23, scale=1.5):
    table = rng.normal(0.0, scale, (rows, TOKENS))
    table[rng.random(table.shape) < 0.15] = -np.inf
    table[:, 2] = np.where(np.isneginf(table).all(axis=1), 0.5, table[:, 2])
    return table


def check_texts(solution, table, calls, spoils=False):
    """Compare texts, what the model was asked, and all arguments afterwards."""
    told, after = solution.run(write, table, calls, spoils)
    for (ids, asked, prompt, options), call in zip(told, calls, strict=True):
        text, questions = expected_text(table, *call[:3], **call[3])
        assert_equal(ids, text)
        assert_equal(asked, questions)
        assert_equal(prompt, call[0])
        assert_equal(options, call[3])
    assert_equal(after, table)


# ---- the checks: filters -----------------------------------------------------------------------


@points(4, group="filters", group_zh="过滤")
@stated("order", "temperature", "top-k", "top-p", "result", "tolerance")
@contract("the definition itself, in both dtypes and every shape; the checks below look at its corners")
@hint(
    en="Five tokens on paper: whose probabilities sum to 1 when top-p begins? Does the crossing token stay?",
    zh="用纸笔算五个词元：top-p 开始时，谁的概率总和为 1？越过界限的那个词元留下吗？",
)
@given(
    seed=SEEDS,
    shape=st.sampled_from([(), (3,), (2, 2)]),
    temperature=TEMPERATURES,
    tokens=st.integers(1, 7),
    dtype=FLOATS,
)
@settings(max_examples=25, deadline=None)
def test_which_tokens_stay(solution, seed, shape, temperature, tokens, dtype):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 2.0, (*shape, tokens)).astype(dtype)
    logits[..., 1:][rng.random(logits[..., 1:].shape) < 0.1] = -np.inf
    check_filters(solution, logits, draw_calls(rng, logits, temperature, tokens))


@points(2, group="ties", group_zh="并列")
@stated("ties", "top-k", "top-p")
@contract("equal logits in rows long enough for a sort that is not stable; the loop below meets them only by the way")
@hint(en="Which of two equal logits does your sort put first?", zh="两个相等的 logit，你的排序把哪个放在前面？")
@given(seed=SEEDS, tokens=st.integers(2, 20), dtype=FLOATS)
@settings(max_examples=12, deadline=None)
def test_the_lower_of_equal_tokens_stays(solution, seed, tokens, dtype):
    rng = np.random.default_rng(seed)
    logits = rng.integers(-1, 2, (2, tokens)).astype(dtype)
    check_filters(solution, logits, draw_calls(rng, logits, 0.8, tokens))


@points(2, group="where p is reached", group_zh="何时达到 p")
@stated("top-p", "precision")
@hint(en="Is a sum equal to p enough? And what rounds up to 1?", zh="总和恰好等于 p 够不够？什么会被舍入成 1？")
@given(seed=SEEDS, power=st.integers(1, 4), dtype=FLOATS)
@settings(max_examples=8, deadline=None)
def test_sums_equal_to_p_and_p_of_one(solution, seed, power, dtype):
    rng = np.random.default_rng(seed)
    equal = 2**power
    logits = np.array([0.5] * equal + [-np.inf] * 2 + [-1e4, -800.0, -60.0], dtype=dtype)
    logits = logits[rng.permutation(len(logits))]
    calls = [(1.0, equal, count / equal) for count in range(1, equal + 1)]
    check_filters(solution, logits, [*calls, (1.0, None, 1), (1.0, None, 1.0)])


@points(2, group="precision", group_zh="精度")
@stated("precision", "top-p")
@hint(
    en="How far is a long sum of small float32 numbers from the true one?",
    zh="许多很小的 float32 数相加，与真实的和相差多少？",
)
@given(count=st.integers(12000, 19000))
@settings(max_examples=3, deadline=None)
def test_long_sums_of_small_probabilities(solution, count):
    logits = np.full(20000, 3.0, dtype=np.float32)
    result = solution.filter_logits(logits, top_p=(count - 0.5) / 20000)
    assert_equal(result, np.where(np.arange(20000) < count, logits, np.float32(-np.inf)))


@points(2, group="precision", group_zh="精度")
@stated("temperature", "result", "top-p", "tolerance")
@hint(en="What is the exponential of 10000?", zh="10000 的指数是多少？")
@given(seed=SEEDS, temperature=st.sampled_from([1e-4, 1.0, 1e4]), dtype=FLOATS)
@settings(max_examples=6, deadline=None)
def test_large_logits_and_extreme_temperatures(solution, seed, temperature, dtype):
    rng = np.random.default_rng(seed)
    logits = (rng.choice([-1e4, 1e4], (3, 1)) * rng.uniform(0.9, 1.0, (3, 5))).astype(dtype)
    check_filters(solution, logits, draw_calls(rng, logits, temperature, 5))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which settings leave no distribution? Is NaN above 0?", zh="哪些设置得不到分布？NaN 大于 0 吗？")
def test_what_filters_nothing_is_refused(solution):
    logits = np.array([0.3, 1.0, -2.0])
    wrong = [{"temperature": bad} for bad in (0, 0.0, -1.0, math.nan, math.inf)]
    wrong += [{"top_k": bad} for bad in (0, -1, -2)]
    wrong += [{"top_p": bad} for bad in (0, 0.0, -0.5, 1.0001, 50, math.nan)]
    for options in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.filter_logits(logits, **options)


@points(1, group="filters", group_zh="过滤")
@stated("top-k", "top-p", "temperature", "order")
@contract(
    "what every pair of such filters obeys: shifts, order of the tokens, more with a larger p, mass of at least p"
)
@hint(en="Only differences of logits count.", zh="起作用的只有 logit 之差。")
@given(seed=SEEDS, temperature=TEMPERATURES)
@settings(max_examples=6, deadline=None)
def test_laws_of_filters(solution, seed, temperature):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 2.0, 9)
    powers = np.exp(logits / temperature)
    calls = [(temperature, None, draw_p(rng, logits[None], temperature, None)) for _ in range(2)]
    (first, second), _ = solution.run(filter_and_look, logits, sorted(calls, key=lambda call: call[2]))
    few, many = first > -np.inf, second > -np.inf
    assert not (few & ~many).any()
    for stay, (_, _, top_p) in zip((few, many), sorted(calls, key=lambda call: call[2]), strict=True):
        assert powers[stay].sum() >= (top_p - 1e-9) * powers.sum()
        assert logits[stay].min() >= logits[~stay].max(initial=-np.inf)
    shuffle = rng.permutation(9)
    (moved, shifted), _ = solution.run(filter_and_look, logits[shuffle] + 7.5, calls)
    (plain, other), _ = solution.run(filter_and_look, logits, calls)
    assert_close(moved, plain[shuffle] + 7.5 / temperature, rtol=1e-9)
    assert_close(shifted, other[shuffle] + 7.5 / temperature, rtol=1e-9)


# ---- the checks: the loop ----------------------------------------------------------------------


@points(3, group="greedy texts", group_zh="贪心生成")
@stated("generate", "greedy", "calls", "ties")
@hint(en="What does the model see at the second token?", zh="生成第二个词元时，模型看到了什么？")
@given(seed=SEEDS, prompt=st.lists(st.integers(0, TOKENS - 1), max_size=12), max_new=st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_greedy_texts(solution, seed, prompt, max_new):
    rng = np.random.default_rng(seed)
    table = draw_table(rng)
    table[::2] = np.clip(np.round(table[::2]), -9.0, 1.0)
    filters = {"temperature": 0.01, "top_k": 3, "top_p": 0.4}
    check_texts(solution, table, [(prompt, max_new, None, {}), (prompt, max_new, None, {"u": None, **filters})])


@points(4, group="sampled texts", group_zh="采样生成")
@stated("sampling", "generate", "calls")
@contract("the definition of the draw under all filters; the edges and the end below lean on parts of it only")
@hint(
    en="In which order are the probabilities added up, and which number belongs to which token?",
    zh="概率按什么顺序累加？哪个数对应哪个词元？",
)
@given(seed=SEEDS, prompt=st.lists(st.integers(0, TOKENS - 1), max_size=5), max_new=st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_sampled_texts(solution, seed, prompt, max_new):
    rng = np.random.default_rng(seed)
    table = draw_table(rng)
    temperature, top_k = float(rng.uniform(0.4, 2.0)), int(rng.integers(1, TOKENS + 2))
    top_p = draw_p(rng, table, temperature, top_k)
    settings_of_calls = [{}, {"temperature": temperature}, {"top_k": top_k, "top_p": top_p, "temperature": temperature}]
    calls = [
        (prompt, max_new, None, {"u": rng.random(max_new + extra), **s}) for extra, s in enumerate(settings_of_calls)
    ]
    check_texts(solution, table, calls)


@points(2, group="sampled texts", group_zh="采样生成")
@stated("sampling", "precision")
@hint(
    en="What if u equals a sum, is 0, or lies above the last sum by a rounding?",
    zh="如果 u 恰好等于某个总和、等于 0，或者因舍入比最后的总和还大呢？",
)
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_numbers_at_the_edges_of_a_token(solution, seed):
    rng = np.random.default_rng(seed)
    quarters = np.array([[-np.inf, 1.5, 1.5, -np.inf, 1.5, 1.5, -np.inf]])
    calls = [([], 4, None, {"u": rng.permutation([0.0, 0.25, 0.5, 0.75])})]
    check_texts(solution, quarters, calls)
    below_one = {"u": np.array([np.nextafter(1.0, 0.0)] * 2)}
    for tokens in (3, 5, 6, 7, 10, 11, 13, 14):
        lots = np.full((1, tokens + 2), -np.inf)
        lots[0, 1:-1] = 0.25
        check_texts(solution, lots, [([1], 2, None, below_one), ([1], 2, None, {**below_one, "top_k": tokens - 1})])


@points(2, group="the end", group_zh="结束")
@stated("end", "budget", "generate")
@hint(en="Whose eos ends the text, and what if its id is 0?", zh="谁的 eos 会结束文本？eos 的 id 为 0 呢？")
@given(seed=SEEDS, eos=st.integers(0, 2), prompt=st.lists(st.integers(0, 2), max_size=4))
@settings(max_examples=10, deadline=None)
def test_nothing_follows_the_end(solution, seed, eos, prompt):
    rng = np.random.default_rng(seed)
    table = draw_table(rng)[:, :3]
    table[:, 0] = np.where(np.isneginf(table).all(axis=1), 1.0, table[:, 0])
    u = {"u": rng.random(8)}
    calls = [([*prompt, eos], 8, eos, options) for options in ({}, u)]
    check_texts(
        solution, table, [*calls, (prompt, 1, eos, u), (prompt, 0, eos, {}), (prompt, 0, eos, {"u": rng.random(0)})]
    )


@points(1, group="the end", group_zh="结束")
@stated("budget", "sampling")
@hint(en="Count the tokens and the numbers before you begin.", zh="开始之前，先数一数词元和随机数。")
def test_what_cannot_be_written_is_refused(solution, rng):
    # nothing but token 1 can follow: an end at once must not save a call that is wrong from the start
    table = np.array([[-np.inf, 0.5, -np.inf]])
    for prompt, max_new, options in (([1], -1, {}), ([1, 2], -2, {"u": rng.random(4)}), ([1], 3, {"u": rng.random(2)})):
        for eos in (None, 1):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.run(write, table, [(prompt, max_new, eos, options)])


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("calls", "inputs")
@hint(en="Who else holds the list you pass on?", zh="你传出去的列表，还有谁拿着？")
def test_a_model_may_do_as_it_likes_with_its_list(solution, rng):
    table = draw_table(rng)
    calls = [([2, 1, 0], 4, None, {}), ([3], 4, None, {"u": rng.random(4), "temperature": 0.5, "top_p": 0.999})]
    check_texts(solution, table, calls, spoils=True)
