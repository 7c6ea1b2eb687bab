"""Hidden checks of `beam-search`; expectations come from a search by recursion, and from all texts there are."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
ALPHAS = st.sampled_from([0.0, 0, 0.6, 1.0, 2.5])
PROMPTS = st.lists(st.integers(0, 3), max_size=4)


# ---- the world inside the guest ----------------------------------------------------------------


class Model:
    """Gives logits that depend on all ids and their places; remembers what it was asked, and may spoil it."""

    def __init__(self, table, spoils=False):
        self.table, self.spoils, self.asked = table, spoils, []

    def __call__(self, texts):
        kinds = {type(texts).__name__, *(type(text).__name__ for text in texts)}
        kinds |= {type(token).__name__ for text in texts for token in text}
        self.asked.append((sorted(kinds), sorted(list(text) for text in texts)))
        rows = self.table[[place(text, len(self.table)) for text in texts]]
        if self.spoils:
            for text in texts:
                text[:] = [3, 3]
            texts.clear()
        return rows


def place(text, rows):
    return sum((position + 2) * (token + 1) for position, token in enumerate(text)) % rows


def search(module, table, calls, spoils=False):
    """Give for each call the texts, what the model was asked, and the prompt afterwards."""
    told = []
    for prompt, *others in calls:
        model = Model(table, spoils)
        found = module.beam_search(model, prompt, *others)
        told.append((found, model.asked, prompt))
    return told


def search_with_one_array(module, row, *arguments):
    """Search with a model that always returns the same array; give the texts and the array afterwards."""
    logits = np.tile(row, (8, 1))
    return module.beam_search(lambda texts: logits[: len(texts)], *arguments), logits


def greedy(module, table, prompt, eos, max_new):
    return module.beam_search(Model(table), prompt, eos, 1, max_new)


# ---- the oracle --------------------------------------------------------------------------------


def logarithms(row):
    top = max(row)
    whole = math.log(math.fsum(math.exp(logit - top) for logit in row))
    return {token: logit - top - whole for token, logit in enumerate(row) if logit > -math.inf}


def ranked(texts, beam):
    return sorted(texts, key=lambda text: (-text[1], text[0]))[:beam]


def expected(table, prompt, eos, beam, max_new, alpha=0.0):
    """Give the texts and what the model is asked, step by step with what is left of the budget."""

    def descend(alive, finished, left, asked):
        done = [(ids, total / ((5 + len(ids) - len(prompt)) / 6) ** alpha) for ids, total in finished]
        enough = alpha == 0 and sum(score > max((t for _, t in alive), default=0.0) for _, score in done) >= beam
        if not alive or enough:
            return ranked(done, beam), asked
        if not left:
            rest = [(ids, total / ((5 + max_new) / 6) ** alpha) for ids, total in alive]
            return ranked(done + rest, beam), asked
        kinds = ["int", "list"] if any(ids for ids, _ in alive) else ["list"]
        asked = [*asked, (kinds, sorted(ids for ids, _ in alive))]
        longer = []
        for ids, total in alive:
            steps = logarithms(table[place(ids, len(table))].tolist())
            longer += [([*ids, token], total + log) for token, log in steps.items()]
        ended = [text for text in longer if text[0][-1] == eos]
        going_on = [text for text in longer if text[0][-1] != eos]
        return descend(ranked(going_on, beam), finished + ended, left - 1, asked)

    return descend([(list(prompt), 0.0)], [], max_new, [])


def all_texts(table, prompt, eos, max_new, alpha):
    """Give every text that ends with its first eos or has `max_new` tokens, with its score."""
    texts = []
    for length in range(1, max_new + 1):
        for new in itertools.product(range(table.shape[1]), repeat=length):
            if eos in new[:-1] or (new[-1] != eos and length < max_new):
                continue
            ids = [*prompt, *new]
            steps = [
                logarithms(table[place(ids[: len(prompt) + i], len(table))].tolist()).get(token, -math.inf)
                for i, token in enumerate(new)
            ]
            texts.append((ids, math.fsum(steps) / ((5 + length) / 6) ** alpha))
    return [text for text in texts if text[1] > -math.inf]


def draw_table(seed, tokens=4, scale=1.0, impossible=0.15):
    rng = np.random.default_rng(seed)
    table = rng.normal(0.0, scale, (31, tokens))
    table[rng.random(table.shape) < impossible] = -np.inf
    table[:, 1] = np.where(np.isneginf(table).all(axis=1), 0.3, table[:, 1])
    return table


def check(solution, table, calls, spoils=False):
    """Compare texts, scores, what the model was asked, and prompts."""
    for (found, asked, prompt), call in zip(solution.run(search, table, calls, spoils), calls, strict=True):
        texts, questions = expected(table, *call)
        assert_equal([ids for ids, _ in found], [ids for ids, _ in texts])
        assert_close([score for _, score in found], [score for _, score in texts], rtol=1e-9, atol=1e-9)
        assert_equal(asked, questions)
        assert_equal(prompt, call[0])


# ---- the checks --------------------------------------------------------------------------------


@points(4, group="the search", group_zh="搜索")
@stated("total", "search", "extend", "finished", "alive", "calls", "score", "result", "tolerance")
@contract("the definition itself for small and large beams; the checks below look at its parts")
@hint(en="Two steps with three tokens and a beam of two, on paper.", zh="用纸笔走两步：三个词元，束宽为二。")
@given(
    seed=SEEDS,
    prompt=PROMPTS,
    eos=st.sampled_from([0, 2, 3]),
    beam=st.integers(1, 5),
    max_new=st.integers(1, 5),
    alpha=ALPHAS,
)
@settings(max_examples=40, deadline=None)
def test_texts_and_scores(solution, seed, prompt, eos, beam, max_new, alpha):
    check(solution, draw_table(seed), [(prompt, eos, beam, max_new, alpha), (prompt, eos, beam, max_new)])


@points(3, group="the search", group_zh="搜索")
@stated("alive", "finished", "score", "result", "end")
@contract("what a beam as wide as everything finds is what counting finds, without any search")
@hint(en="With room for all texts, is any of them lost?", zh="位置足够容纳所有文本时，会丢掉哪个吗？")
@given(seed=SEEDS, prompt=PROMPTS, eos=st.sampled_from([None, 0, 1]), max_new=st.integers(1, 3), alpha=ALPHAS)
@settings(max_examples=6, deadline=None)
def test_a_beam_that_covers_everything_finds_everything(solution, seed, prompt, eos, max_new, alpha):
    table = draw_table(seed, tokens=3)
    wanted = ranked(all_texts(table, prompt, eos, max_new, alpha), 60)
    ((found, _, _),) = solution.run(search, table, [(prompt, eos, 60, max_new, alpha)])
    assert_equal([ids for ids, _ in found], [ids for ids, _ in wanted])
    assert_close([score for _, score in found], [score for _, score in wanted], rtol=1e-9, atol=1e-9)


@points(2, group="the end", group_zh="结束")
@stated("end", "finished", "result")
@hint(en="What becomes of a text that is alive when the budget ends?", zh="预算用完时仍存活的文本怎么办？")
@given(seed=SEEDS, prompt=PROMPTS, beam=st.integers(1, 3), alpha=ALPHAS)
@settings(max_examples=8, deadline=None)
def test_the_ends_of_a_search(solution, seed, prompt, beam, alpha):
    table = draw_table(seed)
    calls = [(prompt, None, beam, 3, alpha), ([*prompt, 1], 1, beam, 2, alpha), (prompt, 0, beam, 0, alpha)]
    check(solution, table, [*calls, (prompt, 3, beam, 1, alpha)])


@points(2, group="impossible tokens", group_zh="不可能的词元")
@stated("impossible", "extend", "end", "result")
@contract("texts that can only end, of which ordinary tables hold few")
@hint(en="What is there to extend when nothing but the end is possible?", zh="只剩结束可选时，还有什么可扩展？")
@given(seed=SEEDS, prompt=PROMPTS, beam=st.integers(2, 6), alpha=ALPHAS)
@settings(max_examples=8, deadline=None)
def test_impossible_tokens_never_come(solution, seed, prompt, beam, alpha):
    table = draw_table(seed, impossible=0.7)
    table[::3, 1:] = -np.inf
    table[::3, 0] = 0.5
    check(solution, table, [(prompt, 0, beam, 4, alpha), (prompt, None, beam, 3, alpha)])


@points(2, group="ties", group_zh="并列")
@stated("ties", "alive", "result")
@hint(en="Which of two equal lists comes first?", zh="两个得分相等的列表，哪个在前？")
@given(seed=SEEDS, prompt=PROMPTS, beam=st.integers(1, 7), max_new=st.integers(1, 3), alpha=ALPHAS)
@example(seed=0, prompt=[1], beam=1, max_new=3, alpha=0.0)
@example(seed=1, prompt=[], beam=2, max_new=3, alpha=0.0)
@settings(max_examples=10, deadline=None)
def test_of_equal_texts_the_smaller_list_is_better(solution, seed, prompt, beam, max_new, alpha):
    level = np.zeros((1, 4))
    check(solution, level, [(prompt, eos, beam, max_new, alpha) for eos in (None, 0, 2)])
    # one or two possible tokens: where there is one it costs nothing, so that texts of different length are equal
    rng = np.random.default_rng(seed)
    forked = np.full((11, 4), -np.inf)
    for row in forked:
        row[0 if rng.random() < 0.6 else 3] = 0.0
        row[rng.integers(0, 4)] = 0.0
    check(solution, forked, [([*prompt, *more], 0, beam + 1, max_new + 1) for more in ([], [1], [2], [3], [1, 1])])


@points(3, group="stopping in time", group_zh="及时停止")
@stated("early", "calls")
@contract("budgets so long, and ends so likely, that the search can stop before; elsewhere that is seldom")
@hint(en="When can no alive text become better than what is finished?", zh="什么时候存活的文本不可能再超过已完成的？")
@given(seed=SEEDS, prompt=PROMPTS, beam=st.integers(1, 4), alpha=st.sampled_from([0, 0.0, 0.3, 1.0]))
@settings(max_examples=24, deadline=None)
def test_the_model_is_not_asked_in_vain(solution, seed, prompt, beam, alpha):
    table = draw_table(seed)
    table[:, 3] = np.random.default_rng(seed).normal(1.5, 1.5, len(table))
    check(solution, table, [(prompt, 3, beam, 7, alpha), (prompt, 3, 1, 7, alpha)])


@points(2, group="numbers", group_zh="数值")
@stated("total", "tolerance", "impossible")
@hint(en="What is the exponential of 10000?", zh="10000 的指数是多少？")
@given(seed=SEEDS, offset=st.sampled_from([-9000.0, 9000.0, 0.0]))
@settings(max_examples=6, deadline=None)
def test_logits_of_any_size(solution, seed, offset):
    table = draw_table(seed)
    table[::2] += offset
    # hardly possible, but possible: with a beam of 4 it comes up
    table[:, 3] -= 900.0
    check(solution, table, [([1], 0, 4, 3, 0.7), ([], 2, 4, 3)])


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Is NaN at least 0?", zh="NaN 大于等于 0 吗？")
def test_what_is_no_search_is_refused(solution):
    table = draw_table(1)
    wrong = [(0, 3, 0.0), (-1, 3, 0.0), (2, -1, 0.0), (0, 0, 0.0)]
    wrong += [(2, 3, alpha) for alpha in (-0.5, -1, math.nan, math.inf)]
    for call in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(search, table, [([1], 0, *call)])


@points(2, group="memory of its own", group_zh="独立的内存")
@stated("inputs", "calls")
@hint(en="Who else holds the lists you pass on?", zh="你传出去的列表，还有谁拿着？")
def test_a_model_may_do_as_it_likes_with_its_lists(solution, rng):
    table = draw_table(int(rng.integers(2**32)))
    check(solution, table, [([2, 1], 0, 3, 4, 0.5)], spoils=True)
    row = np.array([0.5, -0.3, -np.inf, 1.1])
    for alpha in (0.0, 1.0):
        found, logits = solution.run(search_with_one_array, row, [1], 0, 3, 4, alpha)
        texts, _ = expected(row[None], [1], 0, 3, 4, alpha)
        assert_equal([ids for ids, _ in found], [ids for ids, _ in texts])
        assert_equal(logits, np.tile(row, (8, 1)))
