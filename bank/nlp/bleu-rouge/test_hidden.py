"""Hidden checks of `bleu-rouge`; BLEU is counted gram by gram, subsequences are tried out."""

import functools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
WORDS = ["a", "b", "c", "d"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=7)
LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=4)
BETAS = st.sampled_from([0, 0.5, 1.0, 2, 8.0])


# ---- the oracle --------------------------------------------------------------------------------


def grams_of(text, k):
    return [text[i : i + k] for i in range(len(text)) if i + k <= len(text)]


def expected_bleu(cands, refs, n=4):
    """Multiply the precisions of all orders, each counted anew, and the penalty."""
    logs = []
    for k in range(1, n + 1):
        hits = 0
        for cand, own in zip(cands, refs, strict=True):
            left = {i: grams_of(ref, k) for i, ref in enumerate(own)}
            seen = []
            for gram in grams_of(cand, k):
                seen.append(gram)
                hits += any(grams.count(gram) >= seen.count(gram) for grams in left.values())
        if not hits:
            return 0.0
        logs.append(math.log(hits) - math.log(sum(len(grams_of(cand, k)) for cand in cands)))
    c = sum(len(cand) for cand in cands)
    r = sum(min((abs(len(ref) - len(cand)), len(ref)) for ref in own)[1] for cand, own in zip(cands, refs, strict=True))
    return math.exp(math.fsum(logs) / n) * (1.0 if c >= r else math.exp(1 - r / c))


def common_length(a, b):
    @functools.cache
    def best(i, j):
        if i == len(a) or j == len(b):
            return 0
        return max(best(i + 1, j), best(i, j + 1), (1 + best(i + 1, j + 1)) if a[i] == b[j] else 0)

    return best(0, 0)


def expected_rouge(cand, ref, beta=1.0):
    common = common_length(cand, ref)
    if not common:
        return 0.0, 0.0, 0.0
    p, r = common / len(cand), common / len(ref)
    return p, r, (p * r + beta * beta * p * r) / (r + beta * beta * p)


def change(rng, text, words=WORDS):
    """Give a text with some tokens replaced, some left out and some added."""
    text = [words[rng.integers(len(words))] if rng.random() < 0.15 else token for token in text]
    text = [token for token in text if rng.random() > 0.1]
    return text + [words[i] for i in rng.integers(0, len(words), rng.integers(0, 3))]


def draw_corpus(rng, texts=3, longest=9, words=WORDS):
    """Draw references, one to three for each text, and candidates that resemble them."""
    originals = [[words[i] for i in rng.integers(0, len(words), rng.integers(4, longest))] for _ in range(texts)]
    refs = [[change(rng, text, words) for _ in range(rng.integers(1, 4))] for text in originals]
    return [change(rng, text, words) for text in originals], refs


# ---- the checks: BLEU --------------------------------------------------------------------------


@points(4, group="BLEU", group_zh="BLEU")
@stated("precision", "penalty", "bleu", "tolerance")
@contract("the definition itself, over orders and corpora; the checks below look at its corners")
@hint(en="What is added up first, and what is divided first?", zh="什么先求和，什么先相除？")
@given(seed=SEEDS, texts=st.integers(1, 4), n=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_bleu_of_a_corpus(solution, seed, texts, n):
    cands, refs = draw_corpus(np.random.default_rng(seed), texts)
    assert_close(solution.corpus_bleu(cands, refs, n), expected_bleu(cands, refs, n), rtol=1e-9)
    assert_close(solution.corpus_bleu(cands, refs), expected_bleu(cands, refs), rtol=1e-9)


@points(2, group="matches", group_zh="匹配数")
@stated("precision", "bleu")
@contract("words repeated in candidates and references, of which random texts hold few")
@hint(en="How often may one word of a reference be matched?", zh="参考文本中的一个词最多可以被匹配几次？")
@given(times=st.integers(2, 6), seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_repeated_words_match_as_often_as_in_one_reference(solution, times, seed):
    rng = np.random.default_rng(seed)
    cand = ["a"] * times + ["b"] * int(rng.integers(1, 4))
    own = [["a"] * int(rng.integers(0, 4)) + ["b"] * int(rng.integers(1, 4)) for _ in range(3)]
    for n in (1, 2):
        assert_close(solution.corpus_bleu([cand], [own], n), expected_bleu([cand], [own], n), rtol=1e-9)


@points(2, group="penalty", group_zh="长度惩罚")
@stated("penalty")
@contract("references equally close on both sides, which random corpora hold by chance only")
@hint(
    en="The length of which reference, and what if two are equally close?",
    zh="取哪个参考文本的长度？两个同样接近时呢？",
)
@given(lengths=st.lists(st.tuples(st.integers(1, 8), LENGTHS), min_size=1, max_size=3))
@example(lengths=[(5, [7, 3])])
@example(lengths=[(3, [9, 5, 1])])
@settings(max_examples=15, deadline=None)
def test_the_penalty_takes_the_closest_reference(solution, lengths):
    cands = [["a"] * length for length, _ in lengths]
    refs = [[["a"] * length for length in own] for _, own in lengths]
    assert_close(solution.corpus_bleu(cands, refs, 1), expected_bleu(cands, refs, 1), rtol=1e-9)


@points(2, group="short texts", group_zh="短文本")
@stated("zero", "precision", "bleu")
@hint(en="What does a text shorter than n add to each sum?", zh="长度小于 n 的文本给各个总和添了什么？")
@given(seed=SEEDS, short=st.lists(st.integers(0, 3), max_size=3), whole=st.booleans())
@example(seed=1, short=[], whole=False)
@example(seed=2, short=[0], whole=False)
@example(seed=3, short=[3], whole=False)
@settings(max_examples=12, deadline=None)
def test_texts_shorter_than_an_n_gram(solution, seed, short, whole):
    rng = np.random.default_rng(seed)
    cands, refs = draw_corpus(rng, int(whole))
    for length in short:
        text = [WORDS[i] for i in rng.integers(0, 4, length)]
        cands.append(text)
        refs.append([text, change(rng, text)])
    for n in (2, 4):
        assert_close(solution.corpus_bleu(cands, refs, n), expected_bleu(cands, refs, n), rtol=1e-9)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("bleu-errors")
@hint(en="What does zip do with lists of different length?", zh="zip 遇到长度不同的列表会怎样？")
def test_what_is_no_corpus_is_refused(solution):
    text = list(WORDS)
    wrong = [
        ([text], [[text]], 0),
        ([text], [[text]], -1),
        ([text, text], [[text]], 1),
        ([text], [[text], [text]], 1),
        ([], [[text]], 1),
        ([text], [], 1),
        ([text], [[]], 1),
        ([text, text], [[text], []], 2),
        ([[], text], [[], [text]], 1),
    ]
    for call in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.corpus_bleu(*call)


# ---- the checks: ROUGE-L -----------------------------------------------------------------------


@points(4, group="ROUGE-L", group_zh="ROUGE-L")
@stated("rouge", "tolerance")
@contract("the definition itself; long texts and other tokens below lean on parts of it only")
@hint(en="Must the common tokens stand side by side?", zh="公共的词元必须相邻吗？")
@given(cand=TEXTS.filter(bool), ref=TEXTS.filter(bool), beta=BETAS)
@example(cand=["a", "b", "c", "d"], ref=["d", "a", "c", "b"], beta=2)
@settings(max_examples=20, deadline=None)
def test_rouge_of_two_texts(solution, cand, ref, beta):
    assert_close(solution.rouge_l(cand, ref, beta), expected_rouge(cand, ref, beta), rtol=1e-9)
    assert_close(solution.rouge_l(ref, cand), expected_rouge(ref, cand), rtol=1e-9)


@points(1, group="ROUGE-L", group_zh="ROUGE-L")
@stated("nothing-in-common")
@hint(en="What do you divide by?", zh="除数是什么？")
@given(text=TEXTS, beta=BETAS)
@example(text=[], beta=0)
@settings(max_examples=4, deadline=None)
def test_texts_with_nothing_in_common(solution, text, beta):
    for cand, ref in ((text, []), ([], text), (text, ["e"]), (["e", "f"], text)):
        assert_equal(solution.rouge_l(cand, ref, beta), (0.0, 0.0, 0.0))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("beta")
@hint(en="Is NaN at least 0?", zh="NaN 大于等于 0 吗？")
def test_what_weighs_nothing_is_refused(solution):
    for bad in (-1.0, -0.001, -2, math.nan, math.inf, -math.inf):
        for ref in (["a"], ["b"], []):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.rouge_l(["a"], ref, bad)


@points(3, group="long texts", group_zh="长文本")
@stated("memory", "rouge")
@hint(en="Which rows of the table are still needed?", zh="表格中哪些行以后还用得到？")
def test_long_texts_fit_into_memory(solution, rng):
    kept = 2000 + int(rng.integers(1, 9))
    ref = [f"w{i}" for i in rng.integers(0, 600, 3000)]
    # tokens of the reference in their order, and between them others that it does not have
    own = np.zeros(3000, dtype=bool)
    own[rng.permutation(3000)[:kept]] = True
    chosen = iter(np.sort(rng.permutation(3000)[:kept]).tolist())
    cand = [ref[next(chosen)] if mine else f"x{i}" for i, mine in enumerate(own)]
    assert_close(solution.rouge_l(cand, ref), (kept / 3000, kept / 3000, kept / 3000), rtol=1e-9)


# ---- the checks: both --------------------------------------------------------------------------


@points(2, group="tokens", group_zh="词元")
@stated("tokens", "precision", "rouge")
@hint(en="Is a text of tokens the same as the tokens in one string?", zh="词元列表和拼成的一个字符串是一回事吗？")
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_tokens_are_any_strings(solution, seed):
    rng = np.random.default_rng(seed)
    words = ["a", "A", "a a", "", " ", "ａ", "runs", "run"]
    pairs = [
        (["a a", "a"], ["a", "a a"]),
        (["", "a"], ["", "b"]),
        (["A", "a"], ["a", "A"]),
        (["runs", "A"], ["run", "a"]),
    ]
    pairs += [tuple([words[i] for i in rng.integers(0, 8, 6)] for _ in range(2)) for _ in range(2)]
    for cand, ref in pairs:
        assert_close(solution.rouge_l(cand, ref), expected_rouge(cand, ref), rtol=1e-9)
    cands, refs = [cand for cand, _ in pairs], [[ref] for _, ref in pairs]
    for n in (1, 2):
        assert_close(solution.corpus_bleu(cands, refs, n), expected_bleu(cands, refs, n), rtol=1e-9)


@points(1, group="laws", group_zh="规律")
@stated("bleu", "precision", "rouge")
@contract(
    "what every such score obeys: order of texts and references, repetition of the corpus, identity, exchange of texts"
)
@hint(en="Does a corpus have an order?", zh="语料有顺序吗？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_laws_of_scores(solution, seed):
    rng = np.random.default_rng(seed)
    cands, refs = draw_corpus(rng, 4)
    score = solution.corpus_bleu(cands, refs, 2)
    assert 0.0 <= score <= 1.0 + 1e-9
    order = rng.permutation(4)
    moved = solution.corpus_bleu([cands[i] for i in order], [refs[i][::-1] for i in order], 2)
    assert_close(moved, score, rtol=1e-9)
    assert_close(solution.corpus_bleu(cands * 2, refs * 2, 2), score, rtol=1e-9)
    whole = [[*text, "a", "b", "c", "d"] for text in cands]
    assert_close(
        solution.corpus_bleu(whole, [[ref, text] for text, ref in zip(whole, cands, strict=True)]), 1.0, rtol=1e-9
    )
    p, r, f = solution.rouge_l(whole[0], whole[1])
    assert_close(solution.rouge_l(whole[1], whole[0]), (r, p, f), rtol=1e-9)


def score_and_look(module, cands, refs):
    """Give the types of all scores, and the arguments after the calls."""
    scores = (module.corpus_bleu(cands, refs, 2), *module.rouge_l(cands[0], refs[0][0]))
    return [type(score).__name__ for score in scores], cands, refs


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations take something out of a list?", zh="你的哪些操作会从列表中取走东西？")
def test_the_arguments_stay_as_they_are(solution, rng):
    cands, refs = draw_corpus(rng, 2)
    refs[0] = [*refs[0], list(WORDS), cands[1]]
    kinds, *after = solution.run(score_and_look, cands, refs)
    assert kinds == ["float"] * 4
    assert_equal(after, [cands, refs])


@performance(
    points=2,
    of="rouge_l",
    group="long texts",
    group_zh="长文本",
    at_least=2.5,
    times_faster_than="two_loops",
)
@stated("speed")
def two_long_texts(rng):
    cand, ref = ([f"w{i}" for i in rng.integers(0, 60, 500)] for _ in range(2))
    return (cand, ref), {}
