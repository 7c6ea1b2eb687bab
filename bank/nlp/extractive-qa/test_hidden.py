"""Hidden checks of `extractive-qa`; spans come from a look at every pair, tokens from a table of every character."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
LETTERS = list("法国的首都是巴黎。 ab é😀\n")


# ---- inside the guest ----------------------------------------------------------------------------


def span_and_arguments(submission, *arguments):
    return submission.best_span(*arguments), arguments


# ---- the oracle ----------------------------------------------------------------------------------


def expected_span(start, end, mask, max_len):
    """Look at all pairs; the first of the highest in the order of s, then e."""
    begin, final, real = start.tolist(), end.tolist(), mask.tolist()
    pairs = [(s, e) for s in range(len(real)) for e in range(s, min(len(real), s + max_len)) if real[s] and real[e]]
    return max(((s, e, begin[s] + final[e]) for s, e in pairs), key=lambda span: span[2], default=None)


def draw(seed, tokens=9, dtype="float64", whole=False, share=0.7):
    """Draw scores and a mask; whole numbers make ties."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(-2, 2, (2, tokens)) if whole else rng.normal(-3.0, 4.0, (2, tokens))
    return *scores.astype(dtype), rng.random(tokens) < share


def cut_up(seed, length=14):
    """Draw a context and its tokens: gaps, tokens without text, characters of several tokens, strangers around."""
    rng = np.random.default_rng(seed)
    context = "".join(rng.choice(LETTERS, length))
    edges = sorted({0, length, *rng.integers(0, length, 6).tolist()})
    offsets = []
    for begin, end in itertools.pairwise(edges):
        kind = rng.integers(7)
        pieces = {0: [], 1: [(begin, end)] * 3, 2: [(begin, begin), (begin, end)]}
        offsets += pieces.get(int(kind), [(begin, end)])
    return context, [None] * int(rng.integers(3)) + offsets + [None] * int(rng.integers(2))


def owners(offsets):
    """Return for each character the tokens that cover it."""
    table = {}
    for token, pair in enumerate(offsets):
        for character in range(*(pair or (0, 0))):
            table.setdefault(character, []).append(token)
    return table


def expected_tokens(offsets, a, b):
    table = owners(offsets)
    if not table or a < min(table) or b - 1 > max(table):
        return None
    tokens = [token for character in range(a, b) for token in table.get(character, [])]
    return (min(tokens), max(tokens)) if tokens else None


# ---- the checks: spans ---------------------------------------------------------------------------


@points(4, group="the best span", group_zh="最佳片段")
@stated("valid", "score", "types", "tolerance")
@contract("the definition itself, against a look at every pair; the checks below look at its corners")
@hint(
    en="Is a pair of two good tokens always a span? How long may it be, and where may it stand?",
    zh="两个好的词元配在一起就一定是片段吗？它可以有多长，可以在哪里？",
)
@given(seed=SEEDS, tokens=st.integers(1, 12), max_len=st.integers(1, 14))
@settings(max_examples=40, deadline=None)
def test_the_best_of_all_spans(solution, seed, tokens, max_len):
    arguments = (*draw(seed, tokens), max_len)
    assert_close(solution.best_span(*arguments), expected_span(*arguments), rtol=1e-9)


@points(2, group="the best span", group_zh="最佳片段")
@stated("ties", "valid")
@hint(en="Which of two equally good spans comes first?", zh="两个同样好的片段，哪个在前？")
@given(seed=SEEDS, max_len=st.integers(1, 10))
@settings(max_examples=30, deadline=None)
def test_ties_go_to_the_first(solution, seed, max_len):
    arguments = (*draw(seed, whole=True), max_len)
    assert_equal(solution.best_span(*arguments), expected_span(*arguments))


@points(2, group="the best span", group_zh="最佳片段")
@stated("content", "none", "score")
@hint(
    en="What stands at the question's tokens, and how low can a score of the context be?",
    zh="问题的词元处存放着什么？上下文的得分可以低到什么程度？",
)
@given(seed=SEEDS, junk=st.sampled_from([math.nan, math.inf, -math.inf, 1e300]), level=st.sampled_from([0.0, -1e11]))
@settings(max_examples=20, deadline=None)
def test_only_the_context_matters(solution, seed, junk, level):
    start, end, mask = draw(seed, share=0.4)
    start, end = start + level, end + level
    dirty = [np.where(mask, scores, junk) for scores in (start, end)]
    assert_close(solution.best_span(*dirty, mask, 4), expected_span(start, end, mask, 4), rtol=1e-9)


@points(1, group="the best span", group_zh="最佳片段")
@stated("score", "tolerance")
@hint(en="In which precision are two float32 scores added?", zh="两个 float32 的得分用哪种精度相加？")
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_scores_are_added_in_double_precision(solution, seed):
    start, end, mask = draw(seed, dtype="float32", share=1.0)
    start[3], end[5] = 16777216.0, 1.0 + end[5] % 1
    assert_close(solution.best_span(start, end, mask, 3), expected_span(start, end, mask, 3), rtol=1e-12)


@points(2, group="the best span", group_zh="最佳片段")
@stated("valid", "score")
@contract("the laws of the maximum: shifts of the scores, more tokens around, a longer limit")
@hint(en="Add 100 to every start: what changes?", zh="给每个起点加 100：什么会变？")
@given(seed=SEEDS, max_len=st.integers(1, 6))
@settings(max_examples=12, deadline=None)
def test_laws_of_the_best_span(solution, seed, max_len):
    start, end, mask = draw(seed)
    mask[4] = True
    s, e, score = solution.best_span(start, end, mask, max_len)
    assert mask[s]
    assert mask[e]
    assert s <= e < s + max_len
    moved = solution.best_span(start + 100.0, end - 40.0, mask, max_len)
    assert_close(moved, (s, e, score + 60.0), rtol=1e-9)
    wider = [np.pad(part, (2, 3), constant_values=value) for part, value in ((start, 99.0), (end, 99.0), (mask, False))]
    assert_close(solution.best_span(*wider, max_len), (s + 2, e + 2, score), rtol=1e-9)
    assert solution.best_span(start, end, mask, max_len + 1)[2] >= score


@points(1, group="the best span", group_zh="最佳片段")
@stated("span-errors", "none", "inputs")
@hint(
    en="What if nothing is allowed? Which shapes are broadcast in silence?",
    zh="什么都不允许时怎么办？哪些形状会被悄悄广播？",
)
def test_refusals_and_nothing_to_find(solution):
    start, end, mask = draw(2)
    mask[:2] = [False, True]
    for max_len in (0, -1, -9):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.best_span(start, end, mask, max_len)
    table = [part.reshape(3, 3) for part in (start, end, mask)]
    misfits = [
        (start, end[:1], mask),
        (start[:1], end, mask),
        (start, end, mask[:1]),
        (start, end, mask[:, None]),
        table,
    ]
    for arrays in [*misfits, (start[:-1], end, mask)]:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.best_span(*arrays, 2)
    assert solution.best_span(start, end, np.zeros_like(mask), 2) is None
    assert solution.best_span(start[:0], end[:0], mask[:0], 2) is None
    arguments = (start, end, mask, 99)
    assert_equal(solution.run(span_and_arguments, *arguments), (expected_span(*arguments), arguments))


@performance(
    points=2,
    of="best_span",
    group="speed",
    group_zh="速度",
    at_most=25.0,
    times_slower_than="reference",
)
@stated("speed")
def a_long_text(rng):
    start, end = rng.normal(size=(2, 5000))
    return (start, end, rng.random(5000) < 0.9, 120), {}


# ---- the checks: tokens and characters -----------------------------------------------------------


@points(4, group="tokens and characters", group_zh="词元与字符")
@stated("tokens", "offsets")
@contract("the definition itself, against a table of characters; the checks below look at its corners")
@hint(
    en="Must an answer begin where a token begins? What if three tokens cover one character?",
    zh="答案一定从词元的开头开始吗？三个词元覆盖同一个字符时呢？",
)
@given(seed=SEEDS, first=st.floats(0, 0.99), length=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_tokens_of_an_answer(solution, seed, first, length):
    _, offsets = cut_up(seed)
    covered = [*owners(offsets)]
    if covered:
        a = covered[int(first * len(covered))]
        b = min(a + length, covered[-1] + 1)
        assert_equal(solution.char_to_token(offsets, a, b), expected_tokens(offsets, a, b))


@points(2, group="tokens and characters", group_zh="词元与字符")
@stated("window", "offsets", "tokens")
@hint(en="What is left of an answer that the window cuts?", zh="答案被窗口截断后，还剩下什么？")
@given(seed=SEEDS, first=st.integers(0, 5), tokens=st.integers(0, 6), a=st.integers(0, 13), length=st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_windows_that_cut_an_answer(solution, seed, first, tokens, a, length):
    _, offsets = cut_up(seed)
    window = [None, *offsets[first : first + tokens], None]
    begins = [pair[0] for pair in window if pair and pair[0] < pair[1]]
    for start in (a, max(min(begins, default=0) - 1, 0)):  # anywhere, and just before the window
        end = start + length
        assert_equal(solution.char_to_token(window, start, end), expected_tokens(window, start, end))


@points(1, group="tokens and characters", group_zh="词元与字符")
@stated("window", "offsets", "char-errors")
@hint(en="Try an answer of one blank, and one of no character.", zh="试试只有一个空格的答案，以及没有任何字符的答案。")
def test_answers_that_are_none(solution):
    offsets = [None, (0, 2), (2, 2), (4, 6), (6, 6), (9, 9), None]
    for a, b in ((3, 4), (2, 4), (6, 7), (5, 7), (8, 10)):
        assert solution.char_to_token(offsets, a, b) is None
    assert_equal(solution.char_to_token(offsets, 2, 5), (3, 3))
    assert_equal(solution.char_to_token(offsets, 1, 3), (1, 1))
    assert solution.char_to_token([None, (0, 0), None], 0, 1) is None
    assert solution.char_to_token([], 0, 1) is None
    for a, b in ((2, 2), (3, 2), (-1, 1), (-2, -1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.char_to_token(offsets, a, b)


@points(3, group="tokens and characters", group_zh="词元与字符")
@stated("text")
@hint(en="The text stands in the context, blanks and all.", zh="文字连同空白，都在上下文里。")
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_text_of_a_span(solution, seed):
    context, offsets = cut_up(seed)
    real = [i for i, pair in enumerate(offsets) if pair]
    for s, e in {(real[0], real[-1]), (real[0], real[0]), (real[len(real) // 2], real[-1])} if real else ():
        characters = range(offsets[s][0], offsets[e][1])
        assert_equal(solution.answer_text(context, offsets, s, e), "".join(context[i] for i in characters))


@points(1, group="tokens and characters", group_zh="词元与字符")
@stated("text")
@hint(en="What does a list answer to a negative index?", zh="用负下标访问列表会得到什么？")
def test_spans_that_have_no_text(solution):
    offsets = [None, (0, 2), (3, 5), (3, 5), None]
    for s, e in ((0, 1), (1, 4), (0, 0), (2, 1), (3, 2), (-3, 2), (1, -2), (-3, -2), (2, 5), (7, 7)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.answer_text("ab cd", offsets, s, e)
    assert_equal(solution.answer_text("ab cd", offsets, 3, 3), "cd")


@points(2, group="tokens and characters", group_zh="词元与字符")
@stated("tokens", "text", "offsets", "valid")
@contract("the way of a whole system: characters to tokens, tokens found again by their scores, tokens to characters")
@hint(en="Go there and back with a Chinese sentence.", zh="用一个中文句子走一个来回。")
@given(seed=SEEDS, a=st.integers(0, 11), length=st.integers(1, 5))
@settings(max_examples=12, deadline=None)
def test_there_and_back_again(solution, seed, a, length):
    context = "".join(np.random.default_rng(seed).choice(list("法国的首都是巴黎。"), 18))
    offsets = [None, *((i, i + 1) for i in range(18)), None]
    s, e = solution.char_to_token(offsets, a, a + length)
    start, end = np.zeros(20), np.zeros(20)
    start[s] = end[e] = 4.0
    found = solution.best_span(start, end, np.array([pair is not None for pair in offsets]), 8)
    assert_equal(found, (s, e, 8.0))
    assert_equal(solution.answer_text(context, offsets, s, e), context[a : a + length])
