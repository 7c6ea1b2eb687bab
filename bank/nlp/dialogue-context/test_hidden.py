"""Hidden checks of `dialogue-context`; expectations count what each turn takes, and slice the whole dialogue once."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

NO_LABEL = -100  # variant: no_label

EOS = 2
TURN = st.tuples(st.sampled_from(["user", "assistant"]), st.lists(st.integers(0, 9), max_size=4))
DIALOGUES = st.lists(TURN, max_size=6)
REPLIES = st.lists(st.integers(0, 9), max_size=4)


# ---- inside the guest ----------------------------------------------------------------------------


def use_all(submission, turns, rows):
    """Call everything; tell the arguments afterwards, and what becomes of one result when another one is changed."""
    ids, labels = submission.build(turns, 2, 9)
    labels[-1] = -5
    submission.build(turns, 2, 100)
    submission.examples(turns, 2, 9)
    for part in submission.collate(rows, 0):
        for row in part:
            row.append(77)
    return turns, rows, ids


# ---- the oracle ----------------------------------------------------------------------------------


def expected(turns, eos, max_len):
    """Slice the dialogue where the first turn begins that stays, and again where the budget begins."""
    whole = [(i, token) for i, (_, ids) in enumerate(turns) for token in [*ids, eos]]
    sizes = [len(ids) + 1 for _, ids in turns]
    left = [sum(sizes[first:]) for first in range(len(turns))]
    first = next((i for i, size in enumerate(left) if size <= max_len or i == len(turns) - 2), 0)
    kept = [(i, token) for i, token in whole if i >= first]
    kept = kept[max(0, len(kept) - max_len) :]
    return [token for _, token in kept], [token if i == len(turns) - 1 else NO_LABEL for i, token in kept]


def takes(turns):
    return sum(len(ids) + 1 for _, ids in turns)


# ---- the checks: one example ---------------------------------------------------------------------


@points(3, group="one example", group_zh="单个样本")
@stated("dialogue", "ids", "labels")
@contract("the definition itself where nothing is cut; the checks below look at what goes")
@hint(
    en="Write down a dialogue of three turns: where stands eos, and which ids have labels?",
    zh="写下一段三轮的对话：eos 在哪些位置，哪些 id 有标签？",
)
@given(before=DIALOGUES, reply=REPLIES, eos=st.sampled_from([EOS, 0, 50256]), spare=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_dialogues_that_fit(solution, before, reply, eos, spare):
    turns = [*before, ("assistant", reply)]
    assert_equal(solution.build(turns, eos, takes(turns) + spare), expected(turns, eos, takes(turns)))


@points(4, group="the budget", group_zh="长度预算")
@stated("oldest", "ids", "labels")
@contract("one rule of the budget on its own, so that a failure says which rule is broken")
@hint(en="Which turn goes first, and how much of it? Does eos count?", zh="哪一轮先舍去，舍去多少？eos 算不算？")
@given(before=st.lists(TURN, min_size=2, max_size=6), reply=REPLIES, over=st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_the_oldest_turns_go_first(solution, before, reply, over):
    turns = [*before, ("assistant", reply)]
    max_len = max(takes(turns) - over, takes(turns[-2:]))
    assert_equal(solution.build(turns, EOS, max_len), expected(turns, EOS, max_len))


@points(3, group="the budget", group_zh="长度预算")
@stated("prompt", "reply", "labels")
@contract("one rule of the budget on its own, so that a failure says which rule is broken")
@hint(
    en="Which end of the question is nearer to the reply? What if there is no room at all?",
    zh="提问的哪一端离回复更近？一点空间都没有时呢？",
)
@given(
    before=st.lists(TURN, max_size=3),
    prompt=st.tuples(st.sampled_from(["user", "assistant"]), st.lists(st.integers(3, 9), max_size=6)),
    reply=REPLIES,
)
@settings(max_examples=20, deadline=None)
def test_the_left_of_the_prompt_goes_last(solution, before, prompt, reply):
    turns = [*before, prompt, ("assistant", reply)]
    for max_len in range(len(reply) + 1, takes(turns[-2:]) + 1):
        assert_equal(solution.build(turns, EOS, max_len), expected(turns, EOS, max_len))


@points(2, group="the budget", group_zh="长度预算")
@stated("reply", "errors", "ids")
@hint(en="What is a dialogue without a reply worth?", zh="没有回复的对话有什么用？")
def test_what_makes_no_example_is_refused(solution):
    asked, told = ("user", [5, 6]), ("assistant", [7, 8])
    for turns, max_len in (([asked, told], 2), ([told], 2), ([asked, told], 0), ([("assistant", [])], 0), ([told], -3)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.build(turns, EOS, max_len)
    strangers = [("system", [1]), ("User", [1]), ("", []), ("bot", [1])]
    for turns in (
        [],
        [asked],
        [told, asked],
        *([stranger, asked, told] for stranger in strangers),
        [asked, ("bot", [7])],
    ):
        for max_len in (3, 50):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.build(turns, EOS, max_len)
    assert_equal(solution.build([told], EOS, 3), ([7, 8, EOS], [7, 8, EOS]))
    assert_equal(solution.build([("assistant", [])], EOS, 1), ([EOS], [EOS]))


@points(2, group="the budget", group_zh="长度预算")
@stated("oldest", "reply", "labels", "ids")
@contract("the laws of the budget: never over it, the reply always whole, a longer budget only adds at the left")
@hint(en="Raise the budget by one: what may change?", zh="把预算加一：什么可以改变？")
@given(before=DIALOGUES, reply=REPLIES, max_len=st.integers(5, 20))
@settings(max_examples=15, deadline=None)
def test_laws_of_the_budget(solution, before, reply, max_len):
    turns = [*before, ("assistant", reply)]
    ids, labels = solution.build(turns, EOS, max_len)
    wider, _ = solution.build(turns, EOS, max_len + 1)
    assert len(ids) <= max_len
    assert wider[len(wider) - len(ids) :] == ids
    assert labels == [NO_LABEL] * (len(ids) - len(reply) - 1) + [*reply, EOS]
    assert ids[len(ids) - len(reply) - 1 :] == [*reply, EOS]


# ---- the checks: all examples, batches -----------------------------------------------------------


@points(3, group="all examples", group_zh="全部样本")
@stated("examples")
@hint(en="What does the model know when it writes the second reply?", zh="模型写第二句回复时，知道些什么？")
@given(turns=DIALOGUES, long=st.integers(0, 6), max_len=st.integers(1, 14))
@example(turns=[("assistant", [1])], long=0, max_len=5)
@example(turns=[("user", [1])], long=1, max_len=6)
@settings(max_examples=20, deadline=None)
def test_an_example_for_each_reply(solution, turns, long, max_len):
    turns = [*turns[:long], ("assistant", [9] * 5), *turns[long:], ("user", [4]), ("assistant", [3])]
    prefixes = [turns[: i + 1] for i, (role, ids) in enumerate(turns) if role == "assistant" and len(ids) < max_len]
    wanted = [expected(prefix, EOS, max_len) for prefix in prefixes]
    assert_equal(solution.examples(turns, EOS, max_len), wanted)


@points(1, group="all examples", group_zh="全部样本")
@stated("examples")
@hint(en="Nobody replied: is that an error?", zh="没有人回复：这算错误吗？")
def test_dialogues_without_examples(solution):
    for turns in ([], [("user", [1])], [("assistant", [1, 2, 3])], [("user", []), ("assistant", [4, 5, 6])]):
        assert_equal(solution.examples(turns, EOS, 3), [])
    for turns in ([("system", [1])], [("assistant", [1]), ("bot", [2])], [("user", [1]), ("", [])]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.examples(turns, EOS, 9)


@points(3, group="batches", group_zh="批次")
@stated("collate")
@hint(
    en="What if the number that fills up is also the one that ends a turn?", zh="如果用来补齐的数也正是结束一轮的数呢？"
)
@given(
    rows=st.lists(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=6), max_size=4),
    pad=st.sampled_from([0, EOS, NO_LABEL, 1, 50257]),
)
@example(rows=[], pad=0)
@example(rows=[[], []], pad=1)
@settings(max_examples=20, deadline=None)
def test_rows_of_one_length(solution, rows, pad):
    pairs = [([token for token, _ in row], [token if seen else NO_LABEL for token, seen in row]) for row in rows]
    columns = range(max(map(len, rows), default=0))
    ids, labels, mask = ([[] for _ in rows] for _ in range(3))
    for i, j in itertools.product(range(len(rows)), columns):
        real = j < len(rows[i])
        ids[i].append(pairs[i][0][j] if real else pad)
        labels[i].append(pairs[i][1][j] if real else NO_LABEL)
        mask[i].append(int(real))
    assert_equal(solution.collate(pairs, pad), (ids, labels, mask))


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs", "ids", "collate")
@hint(en="Which of your lists is the caller's own?", zh="你的哪个列表其实是调用者的？")
def test_the_arguments_stay_as_they_are(solution):
    turns = [("user", [5, 6, 7]), ("assistant", [1, 1]), ("user", [3, 4, 5, 6, 7, 8]), ("assistant", [9])]
    rows = [([1, 2], [NO_LABEL, 2]), ([3], [3]), ([], [])]
    wanted = [4, 5, 6, 7, 8, EOS, 9, EOS]
    found = solution.run(use_all, turns, rows)
    assert_equal(found, (turns, rows, [3, *wanted]))
