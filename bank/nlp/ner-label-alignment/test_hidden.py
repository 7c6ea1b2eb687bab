"""Hidden checks of `ner-label-alignment`; labels and entities come from their definitions, word by word."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

NONE = -100  # variant: no_label

TAGS = ["O", "B-PER", "I-PER", "B-geo-loc", "I-geo-loc", "B-geo", "I-geo"]
SENTENCES = st.lists(st.sampled_from(TAGS), max_size=9)
SEEDS = st.integers(0, 2**32 - 1)
# Each word: its tag as an index of TAGS or no label, its number of sub-tokens, and whether a special token follows.
WORDS = st.lists(st.tuples(st.sampled_from([*range(7), NONE]), st.integers(0, 3), st.booleans()), max_size=6)


# ---- inside the guest ----------------------------------------------------------------------------


def use_all(submission, word_ids, tags, names, logits, labels, bio):
    """Call everything; tell the arguments afterwards."""
    for policy in ("first", "all"):
        submission.align(word_ids, tags, names, policy)
    submission.token_loss(logits, labels)
    submission.spans(bio[0])
    submission.span_f1(bio, bio[::-1])
    return word_ids, tags, names, logits, labels, bio


# ---- the oracle ----------------------------------------------------------------------------------


def lay_out(words, order):
    """Return the word ids, the tags and the names of words, with tags numbered in another order."""
    names = [TAGS[i] for i in order]
    word_ids = [None]
    for number, (_, pieces, special) in enumerate(words):
        word_ids += [number] * pieces + [None] * special
    return word_ids, [tag if tag == NONE else order.index(tag) for tag, _, _ in words], names


def expected_labels(word_ids, tags, names, policy):
    labels = []
    for i, word in enumerate(word_ids):
        name = None if word is None or tags[word] == NONE else names[tags[word]]
        if name and word in word_ids[:i]:
            name = {"first": None, "all": name.replace("B-", "I-", 1)}[policy]
        labels.append(names.index(name) if name else NONE)
    return labels


def expected_spans(bio):
    """Begin at B, and at I behind a word of another type; end before the first word that does not continue."""
    kinds = [tag[2:] for tag in bio]
    begins = [tag[0] == "B" or (tag[0] == "I" and (i == 0 or kinds[i - 1] != kinds[i])) for i, tag in enumerate(bio)]
    inside = [bool(kind) and not begin for kind, begin in zip(kinds, begins, strict=True)] + [False]
    return [(kinds[i], i, inside.index(False, i + 1)) for i, begin in enumerate(begins) if begin]


def expected_loss(logits, labels):
    losses = []
    for scores, row in zip(logits.astype(float).tolist(), labels, strict=True):
        for score, label in zip(scores, row, strict=False):
            if label != NONE:
                losses.append(math.log(math.fsum(math.exp(z - max(score)) for z in score)) + max(score) - score[label])
    return math.fsum(losses) / len(losses)


def batch_of(seed, dtype="float64", size=2.0):
    """Draw logits and lists of labels of different lengths, one of them empty; the first has a label."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, size, (4, 5, 3)).astype(dtype)
    rows = [rng.integers(0, 3, length) for length in (rng.integers(1, 6), 0, 5, rng.integers(0, 6))]
    labels = [np.where(rng.random(len(row)) < 0.3, NONE, row).tolist() for row in rows]
    labels[0][0] = int(rng.integers(0, 3))
    return logits, labels


# ---- the checks: alignment -----------------------------------------------------------------------


@points(4, group="alignment", group_zh="对齐")
@stated("align", "policies", "unlabelled", "scheme")
@hint(
    en="Go through the pieces of one long word on paper: what has the first, what have the others?",
    zh="在纸上走一遍一个长词的各个子词：第一个得到什么，其余的得到什么？",
)
@given(words=WORDS, order=st.permutations(range(7)))
@settings(max_examples=30, deadline=None)
def test_labels_of_sub_tokens(solution, words, order):
    every = [(tag, 2, False) for tag in (*range(7), NONE)]
    word_ids, tags, names = lay_out([*(word for word in words if word[1]), *every], order)
    for policy in ("first", "all"):
        expected = expected_labels(word_ids, tags, names, policy)
        assert_equal(solution.align(word_ids, tags, names, policy), expected)


@points(2, group="alignment", group_zh="对齐")
@stated("gaps", "align")
@hint(en="Which word has the number 5 when word 4 has no sub-token?", zh="词 4 没有子词时，编号 5 是哪个词？")
@given(words=WORDS, order=st.permutations(range(7)), cut=st.integers(0, 8), length=st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_words_without_sub_tokens_and_windows(solution, words, order, cut, length):
    word_ids, tags, names = lay_out([(1, 0, False), *words], order)
    window = word_ids[cut : cut + length]
    for policy in ("first", "all"):
        expected = expected_labels(window, tags, names, policy)
        assert_equal(solution.align(window, tags, names, policy), expected)


@points(1, group="alignment", group_zh="对齐")
@stated("align-errors", "unlabelled")
@hint(en="What does a list answer to a negative index?", zh="用负下标访问列表会得到什么？")
def test_what_cannot_be_aligned_is_refused(solution):
    names = ["B-PER", "O", "I-PER"]
    for policy in ("first", "all"):
        for word_ids in ([None, 2], [-1, 0], [0, 1, 2], [NONE]):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.align(word_ids, [1, 0], names, policy)
        for tags in ([1, 3], [-1, 1], [1, -99], [3, 1]):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.align([None, 0, None], tags, names, policy)
        assert_equal(solution.align([], [1, NONE], names, policy), [])
    for policy in ("last", "", "First", "ALL", None):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.align([0, 0], [1], names, policy)


# ---- the checks: the loss ------------------------------------------------------------------------


@points(3, group="the loss", group_zh="损失")
@stated("loss", "tolerance")
@contract("the definition itself, in both precisions; the checks below look at its corners")
@hint(en="Along which axis do the classes lie? Over what is the mean?", zh="类别在哪个轴上？对什么取平均？")
@given(seed=SEEDS, dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=12, deadline=None)
def test_loss_over_labelled_positions(solution, seed, dtype):
    logits, labels = batch_of(seed, dtype)
    assert_close(solution.token_loss(logits, labels), expected_loss(logits, labels), rtol=1e-9)


@points(3, group="the loss", group_zh="损失")
@stated("loss-content", "large-logits")
@hint(en="What is NaN times zero? What is exp(10000)?", zh="NaN 乘以零等于多少？exp(10000) 又是多少？")
@given(seed=SEEDS, junk=st.sampled_from([math.nan, math.inf, -math.inf, 1e300]))
@settings(max_examples=10, deadline=None)
def test_what_has_no_label_never_matters_and_large_logits_are_exact(solution, seed, junk):
    logits, labels = batch_of(seed)
    large = 1e4 * np.tanh(logits)
    for clean in (logits, large):
        dirty = clean.copy()
        for b, t in np.ndindex(4, 5):
            if t >= len(labels[b]) or labels[b][t] == NONE:
                dirty[b, t] = junk
        assert_close(solution.token_loss(dirty, labels), expected_loss(clean, labels), rtol=1e-9)


@points(1, group="the loss", group_zh="损失")
@stated("loss-errors")
@hint(en="What is the mean over no label?", zh="一个标签也没有时，平均值是什么？")
def test_labels_that_do_not_fit_are_refused(solution):
    logits = np.zeros((2, 3, 4))
    for labels in ([[], []], [[NONE] * 3, [NONE]], [[1, 2]], [[1], [2], [3]], [[1], [0, 1, 2, NONE]], []):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.token_loss(logits, labels)
    assert_close(solution.token_loss(logits, [[], [0]]), math.log(4))


# ---- the checks: entities ------------------------------------------------------------------------


@points(4, group="entities", group_zh="实体")
@stated("spans", "scheme")
@hint(
    en="What does I- do at the start, after O, after another type? What ends an entity?",
    zh="I- 在句首、在 O 之后、在其他类型之后分别意味着什么？实体到哪里为止？",
)
@given(bio=SENTENCES)
@settings(max_examples=50, deadline=None)
def test_entities_of_a_sentence(solution, bio):
    assert_equal(solution.spans(bio), expected_spans(bio))


@points(1, group="entities", group_zh="实体")
@stated("spans-errors", "f1-errors")
@hint(en="What is no tag of the scheme?", zh="什么不是这个体系中的标签？")
def test_what_is_no_tag_is_refused(solution):
    for bad in ("", "B", "I-", "B-", "PER", "o", "b-PER", "S-PER", "O-PER", "BI-PER", "-PER", "B_PER"):
        for bio in ([bad], ["B-PER", bad], [bad, "O"]):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.spans(bio)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.span_f1([["O"]], [[bad]])


@points(4, group="span F1", group_zh="片段 F1")
@stated("f1", "no-entities", "tolerance")
@hint(
    en="Count entities, not words, and mind in which sentence they stand.",
    zh="数的是实体而不是词；还要留意实体在哪个句子里。",
)
@given(seed=SEEDS, share=st.sampled_from([0.0, 0.1, 0.5]))
@settings(max_examples=24, deadline=None)
def test_f1_over_all_sentences(solution, seed, share):
    rng = np.random.default_rng(seed)
    true = [rng.choice(TAGS, rng.integers(0, 9)).tolist() for _ in range(4)]
    pred = [[str(rng.choice(TAGS)) if rng.random() < share else tag for tag in bio] for bio in true]
    pairs = [(set(expected_spans(a)), set(expected_spans(b))) for a, b in zip(true, pred, strict=True)]
    total = sum(len(a) + len(b) for a, b in pairs)
    expected = 2 * sum(len(a & b) for a, b in pairs) / total if total else 1.0
    assert_close(solution.span_f1(true, pred), expected, rtol=1e-9)
    assert_equal(solution.span_f1(pred, true), solution.span_f1(true, pred))


@points(1, group="span F1", group_zh="片段 F1")
@stated("f1-errors", "no-entities", "f1")
@hint(en="Which sentences belong together?", zh="哪些句子是相对应的？")
def test_the_ends_of_f1(solution):
    person = ["B-PER", "I-PER"]
    for true, pred in (([person], []), ([], [person]), ([person], [["B-PER"]]), ([["O"], []], [[], ["O"]])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.span_f1(true, pred)
    for same in ([], [[]], [["O"]], [person, []]):
        assert_equal(solution.span_f1(same, same), 1.0)
    apart, again = [["B-PER"], ["I-PER"]], [["I-PER"], ["B-PER"]]
    assert_equal(solution.span_f1(apart, again), 1.0)
    some, more = [["B-PER", "O", "O"], ["O"]], [["B-PER", "O", "B-PER"], ["B-geo"]]
    assert_equal([solution.span_f1(some, more), solution.span_f1(more, some)], [0.5, 0.5])
    for other in (
        ["O", "O"],
        ["I-PER", "O"],
        ["O", "B-PER"],
        ["B-PER", "B-PER"],
        ["B-PER", "I-geo"],
        ["B-geo", "I-geo"],
    ):
        assert_equal(solution.span_f1([other], [person]), 0.0)
        assert_equal(solution.span_f1([person], [other]), 0.0)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations change a list?", zh="你的哪些操作会改动列表？")
def test_the_arguments_stay_as_they_are(solution):
    logits, labels = batch_of(6)
    bio = [["B-PER", "I-PER", "I-geo"], ["O", "I-PER", "B-PER"]]
    arguments = ([None, 0, 0, 2, None], [1, 0, NONE], TAGS, logits, labels, bio)
    assert_equal(solution.run(use_all, *arguments), arguments)
