"""Hidden checks of `lm-rescore-wer`; counts are taken anew for each question, distances by recursion."""

import functools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
SENTENCES = st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=5)
WORDS = st.lists(st.sampled_from(["a", "b", "c", "", "ab"]), max_size=7)
LONG = [f"w{k * k % 83}" for k in range(300)]


# ---- inside the guest ----------------------------------------------------------------------------


def asked(submission, n, k, portions, questions, sentences):
    """Fit in portions; tell probabilities, logarithms, and the sentences afterwards."""
    lm = submission.NGram(n, k)
    for portion in portions:
        lm.fit(portion)
    return [lm.prob(word, history) for word, history in questions], [lm.logprob(sent) for sent in sentences], portions


class Told:
    """A language model that was told what to say."""

    def __init__(self, scores):
        self.scores, self.heard = scores, []

    def logprob(self, sent):
        self.heard.append(list(sent))
        return self.scores[len(self.heard) - 1]


def choose(submission, hyps, am, scores, lam, beta):
    lm = Told(scores)
    return submission.rescore(hyps, am, lm, lam, beta), lm.heard, hyps, am


def choose_by_model(submission, sents, hyps, am, lam, beta):
    lm = submission.NGram(3, 0.5)
    lm.fit(sents)
    return submission.rescore(hyps, am, lm, lam, beta)


# ---- the oracle ----------------------------------------------------------------------------------


def chance(sents, n, k, word, history):
    """Return a probability by reading all sentences again."""
    vocabulary = {w for sent in sents for w in sent} | {END, UNKNOWN}
    known = [w if w in vocabulary else UNKNOWN for w in (*history, word)]
    wanted = ([START] * n + known)[-n:]
    grams = [([START] * (n - 1) + sent + [END])[i : i + n] for sent in sents for i in range(len(sent) + 1)]
    both = sum(gram == wanted for gram in grams)
    before = sum(gram[:-1] == wanted[:-1] for gram in grams)
    return float((both + Fraction(k)) / (before + Fraction(k) * len(vocabulary)))


def chance_of_sentence(sents, n, k, sent):
    return math.fsum(math.log(chance(sents, n, k, word, sent[:i])) for i, word in enumerate([*sent, END]))


def edits(ref, hyp):
    """Return substitutions, deletions and insertions, by recursion."""

    @functools.cache
    def best(i, j):
        if i == 0 or j == 0:
            return (i + j, i + j, 0, i, j)
        ways = []
        for (total, gaps, subs, dels, ins), sub, gone, new in (
            (best(i - 1, j - 1), ref[i - 1] != hyp[j - 1], 0, 0),
            (best(i - 1, j), 0, 1, 0),
            (best(i, j - 1), 0, 0, 1),
        ):
            ways.append((total + sub + gone + new, gaps + gone + new, subs + sub, dels + gone, ins + new))
        return min(ways)

    return best(len(ref), len(hyp))[2:]


# ---- the checks: model ---------------------------------------------------------------------------


@points(4, group="model", group_zh="语言模型")
@stated("fit", "vocabulary", "prob", "tolerance")
@contract("the definition on its own; sentences meet it with other mistakes around")
@hint(
    en="Which symbols stand around a sentence, and which of them can be predicted?",
    zh="句子两端有哪些符号？其中哪些可以被预测？",
)
@given(sents=SENTENCES, history=st.lists(st.sampled_from("abcz"), max_size=4))
@settings(max_examples=12)
def test_probabilities_by_counting(solution, sents, history):
    questions = [(word, history[:i]) for word in ("a", "b", "z", END, UNKNOWN, START) for i in range(len(history) + 1)]
    for n, k in ((1, 1.0), (2, 0.5), (3, 0.25), (4, 2)):
        found, _, after = solution.run(asked, n, k, [sents], questions, [])
        assert_close(found, [chance(sents, n, k, word, past) for word, past in questions], rtol=1e-9)
        assert_equal(after, [sents])


@points(2, group="model", group_zh="语言模型")
@stated("logprob", "vocabulary", "fit")
@hint(en="Does a sentence have an end?", zh="句子有结尾吗？")
@given(sents=SENTENCES, first=st.integers(0, 5))
@settings(max_examples=10)
def test_sentences_and_fits_that_add_up(solution, sents, first):
    sentences = [[], ["a"], ["z"], ["a", "z", "b"], ["b", "a", "b", "c", "a"], *sents]
    for n, k in ((1, 0.5), (2, 1.0), (3, 0.125)):
        found = solution.run(asked, n, k, [sents[:first], [], sents[first:]], [], sentences)[1]
        assert_close(found, [chance_of_sentence(sents, n, k, sent) for sent in sentences], rtol=1e-9)


@points(1, group="model", group_zh="语言模型")
@stated("vocabulary", "prob")
@contract("the law of probabilities: something of the vocabulary comes next")
@hint(en="What is the sum over everything that may come next?", zh="对所有可能的下一个符号求和是多少？")
@given(sents=SENTENCES, history=st.lists(st.sampled_from("abcz"), max_size=3))
@settings(max_examples=10)
def test_something_comes_next(solution, sents, history):
    vocabulary = sorted({w for sent in sents for w in sent} | {END, UNKNOWN})
    for n in (1, 2, 3):
        found = solution.run(asked, n, 0.75, [sents], [(word, history) for word in vocabulary], [])[0]
        assert_close(math.fsum(found), 1.0, rtol=1e-9)
        assert min(found) > 0


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("ngram-errors", "rescore-errors")
@hint(en="Which arguments have no meaning?", zh="哪些参数没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    for n, k in ((0, 1.0), (-1, 1.0), (2, 0.0), (2, -0.5), (2, math.nan)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(asked, n, k, [], [], [])
    for hyps, am in (([], []), ([["a"]], []), ([], [1.0]), ([["a"], ["b"]], [1.0]), ([["a"]], [1.0, 2.0])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(choose, hyps, am, [0.0] * 2, 1.0, 1.0)


# ---- the checks: choice --------------------------------------------------------------------------


@points(3, group="choice", group_zh="选择假设")
@stated("rescore", "sentences", "tolerance")
@hint(en="Which three numbers are added, and who wins a tie?", zh="相加的是哪三个数？并列时谁胜出？")
@given(rows=st.lists(st.tuples(st.integers(-9, 0), st.integers(-9, 0), st.integers(0, 4)), min_size=1, max_size=6))
@settings(max_examples=15)
def test_sound_language_and_length(solution, rows):
    # everything twice, so that the best hypothesis always has an equal
    rows = [*rows, *rows]
    hyps = [[f"w{i}"] * length for i, (_, _, length) in enumerate(rows)]
    am, scores = [float(a) for a, _, _ in rows], [float(s) for _, s, _ in rows]
    for lam, beta in ((1.0, 0.0), (0.0, 0.0), (2.0, 1.0), (0.5, -2.0), (0.0, 3.0)):
        sums = [a + lam * s + beta * length for a, s, length in rows]
        wanted = (sums.index(max(sums)), hyps, hyps, am)
        assert_equal(solution.run(choose, hyps, am, scores, lam, beta), wanted)


@points(1, group="choice", group_zh="选择假设")
@stated("rescore", "logprob")
@contract("model and choice together, with a sentence that sounds better and is never said")
@hint(en="What would people say?", zh="人会怎么说？")
def test_what_people_would_say(solution):
    sents = [["wreck", "the", "car"], ["recognise", "speech"], ["recognise", "the", "car"], ["nice", "speech"]]
    hyps = [["wreck", "a", "nice", "beach"], ["recognise", "speech"], ["recognise"]]
    wanted = {(0.0, 0.0): 0, (1.0, 0.0): 1, (0.5, 3.5): 0, (1.0, -9.0): 2}
    for (lam, beta), index in wanted.items():
        assert_equal(solution.run(choose_by_model, sents, hyps, [-4.0, -5.0, -7.5], lam, beta), index)


# ---- the checks: errors --------------------------------------------------------------------------


@points(4, group="errors", group_zh="错误率")
@stated("wer", "rate", "sentences")
@contract("the definition for short texts of every kind; long ones know their distance in advance")
@hint(en="By which length is divided, and which of several ways counts?", zh="除以哪个长度？有多种改法时算哪一种？")
@given(ref=WORDS, hyp=WORDS)
@settings(max_examples=40)
def test_errors_by_recursion(solution, ref, hyp):
    counts = edits(tuple(ref), tuple(hyp))
    rate = sum(counts) / len(ref) if ref else math.inf if hyp else 0.0
    assert_equal(solution.wer(ref, hyp), (rate, *counts))


@points(2, group="errors", group_zh="错误率")
@stated("wer", "rate")
@contract("long texts, whose distances follow from how they were made")
@hint(en="What is the distance of a text to a part of it?", zh="一段文本到它自身的一部分的距离是多少？")
def test_long_texts(solution):
    cases = [
        (LONG, LONG[3:], (3 / 300, 0, 3, 0)),
        (LONG[7:], LONG, (7 / 293, 0, 0, 7)),
        (LONG, ["x"] * 300, (1.0, 300, 0, 0)),
        (LONG[:100], ["x", *LONG[:100], "y"], (2 / 100, 0, 0, 2)),
        (LONG[:2], LONG, (298 / 2, 0, 0, 298)),
        ([], LONG, (math.inf, 0, 0, 300)),
        (LONG, [], (1.0, 0, 300, 0)),
        ([*LONG[:99], "x", *LONG[100:200]], [*LONG[:99], "y", *LONG[100:180]], (21 / 200, 1, 20, 0)),
    ]
    for ref, hyp, wanted in cases:
        assert_equal(solution.wer(ref, hyp), wanted)
    assert_equal(solution.wer([], []), (0.0, 0, 0, 0))


@performance(points=2, of="wer", group="speed", group_zh="速度", at_least=4.0, times_faster_than="cell_by_cell")
@stated("speed")
def two_texts(rng):
    ref, hyp = ([f"w{k}" for k in rng.integers(0, 50, 300).tolist()] for _ in range(2))
    return (ref, hyp), {}
