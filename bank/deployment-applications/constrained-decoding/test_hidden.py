"""Hidden checks of `constrained-decoding`; the greedy choice is made among all valid strings, written down."""

import json
import math
import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
INF, NAN = math.inf, math.nan
SIZE = 6
SIGN = 1  # variant: 1 if best == "largest" else -1
ORDER = 1  # variant: 1 if tie == "smallest" else -1
OPEN = (0, {9}, {0: {1: 1, 3: 0, 4: 5}, 1: {1: 9, 3: 0}})
LOOP = (0, {2}, {0: {1: 1, 3: 0}, 1: {1: 2, 4: 3}, 2: {3: 0, 5: 2}, 3: {1: 3}})


# ---- inside the guest ----------------------------------------------------------------------------


def decode(submission, cases):
    """Decode each case by a table of scores; tell the end, and what the model was called with."""
    return [one(submission, *case) for case in cases]


def one(submission, table, automaton, eos, max_len):
    calls = []

    def step_fn(tokens):
        calls.append((type(tokens).__name__, list(tokens)))
        scores = table.get(tuple(tokens))
        return np.zeros(6) if scores is None else np.array(scores)

    try:
        return submission.constrained_decode(step_fn, automaton, eos, max_len), calls
    except ValueError:
        return "refused", calls


def with_lists_kept(submission, scores, automaton, eos, max_len, *, spoil):
    """Decode with the same array each time; keep the lists, spoiled or not, and tell everything in the end."""
    kept, scores = [], np.array(scores)

    def step_fn(tokens):
        if spoil:
            tokens += [1, 1]
        kept.append(tokens)
        return scores

    result = submission.constrained_decode(step_fn, automaton, eos, max_len)
    return result, kept, scores, automaton


def measured(submission, automaton):
    return submission.distances(automaton), automaton


# ---- the oracle ----------------------------------------------------------------------------------


def valid_strings(automaton, longest):
    """Write down all valid strings up to a length."""
    start, accept, edges = automaton
    strings, ends = [], [([], start)]
    for _ in range(longest + 1):
        strings += [tokens for tokens, state in ends if state in accept]
        ends = [([*tokens, token], after) for tokens, state in ends for token, after in edges.get(state, {}).items()]
    return strings


def choices(strings, prefix, eos):
    """Tell what may follow a prefix."""
    place = len(prefix)
    return {(*string, eos)[place] for string in strings if string[:place] == prefix}


def expected(strings, score, eos, max_len):
    """Choose among all valid strings; tell the end, the calls, and the scores at each."""
    if not strings:
        return ("refused", []), {}
    prefix, calls, table = [], [], {}
    while len(prefix) < max_len:
        allowed = choices(strings, prefix, eos)
        calls.append(("list", list(prefix)))
        scores = table[tuple(prefix)] = score(prefix, allowed)
        token = min(allowed, key=lambda each: (-SIGN * scores[each], ORDER * each))
        if token == eos:
            break
        prefix.append(token)
    return (prefix, calls), table


def agree(solution, automaton, score, *, ends=(0,), lengths=range(-1, 7)):
    """Compare the end and all calls for each `eos` and each length."""
    cases, wanted = [], []
    for eos in ends:
        for max_len in lengths:
            end, table = expected(valid_strings(automaton, max_len), score, eos, max_len)
            cases.append((table, automaton, eos, max_len))
            wanted.append(end)
    assert_equal(solution.run(decode, cases), wanted)


def draw(rng, *, eos):
    """Draw an automaton with loops, dead ends and states out of reach."""
    states = rng.sample(["a", "b", "c", "d", 7, (1, "x")], 5)
    tokens = [token for token in range(SIZE) if token != eos]
    edges = {state: {t: rng.choice(states) for t in rng.sample(tokens, rng.choice([0, 1, 2, 3]))} for state in states}
    del edges[rng.choice(states)]
    return states[0], set(rng.sample(states[1:], 1) + states[:1] * rng.choice([0, 0, 1])), edges


def drawn_scores(rng, values):
    return lambda prefix, allowed: [SIGN * rng.choice(values) for _ in range(SIZE)]


def fixed(*scores):
    """Give these scores at each step; where small ones are good, with the other sign."""
    return lambda prefix, allowed: [SIGN * score for score in scores]


def expected_distances(automaton):
    """Widen the set of states that are near enough, until nothing is added."""
    _, accept, edges = automaton
    found, steps = dict.fromkeys(accept, 0), 0
    while True:
        steps += 1
        near = {s for s, moves in edges.items() if s not in found and any(each in found for each in moves.values())}
        if not near:
            return found
        found |= dict.fromkeys(near, steps)


# ---- distances -----------------------------------------------------------------------------------


@points(3, group="distances", group_zh="距离")
@stated("distances", "automaton")
@contract("the definition itself on drawn automata")
@hint(en="From where is the search begun?", zh="搜索从哪里开始？")
@given(seed=SEEDS)
@settings(max_examples=20)
def test_distances_of_any_automaton(solution, seed):
    automaton = draw(random.Random(seed), eos=0)
    assert_equal(solution.distances(automaton), expected_distances(automaton))


@points(3, group="distances", group_zh="距离")
@stated("distances", "automaton")
@hint(en="Which states are in the dict, and by the shortest way?", zh="哪些状态在字典里？走的是最短的路吗？")
def test_distances_in_special_automata(solution):
    chain = {place: {1: place + 1, 2: 0} for place in range(3000)}
    assert_equal(solution.distances((0, {3000}, chain)), {place: 3000 - place for place in range(3001)})
    automata = [
        LOOP,
        ("start", set(), {"start": {1: "start"}}),
        ("start", {"end", "other"}, {}),
        (0, {0}, {0: {1: 0}}),
        (0, {9, 8}, {0: {1: 1, 2: 2}, 1: {1: 9}, 2: {1: 3}, 3: {1: 9}, 5: {4: 1}, 6: {4: 6}, 7: {}}),
        (0, {9, 4}, {0: {1: 1, 2: 4}, 4: {1: 1}, 1: {1: 2}, 2: {1: 9}, 9: {1: 0}}),
        (None, {(1, 2)}, {None: {3: frozenset({1})}, frozenset({1}): {0: (1, 2)}, "": {1: None, 2: ""}}),
    ]
    for automaton in automata:
        assert_equal(solution.distances(automaton), expected_distances(automaton))


# ---- decoding ------------------------------------------------------------------------------------


@points(4, group="decoding", group_zh="解码")
@stated("decode", "allowed", "choice", "full", "calls", "errors")
@contract("the definition itself on drawn automata, every call included")
@hint(en="How many tokens are left after this one?", zh="选了这个之后还剩几个 token 的空间？")
@given(seed=SEEDS)
@settings(max_examples=15)
def test_the_greedy_choice_among_valid_strings(solution, seed):
    rng = random.Random(seed)
    for eos in (0, 3, 5):
        agree(solution, draw(rng, eos=eos), drawn_scores(rng, [-1.5, 0.0, 0.5, 2.0, 2.0]), ends=(eos,))


@points(3, group="decoding", group_zh="解码")
@stated("allowed", "decode", "full")
@contract("dead ends and narrow room each time, which drawn automata reach by chance")
@hint(en="Is a token allowed after which nothing can follow?", zh="之后再无路可走的 token 算允许吗？")
def test_dead_ends_and_narrow_room(solution):
    for scores in ((0, 5, 1, 2, 9, 3), (0, 1, 2, 9, 5, 3), (0, 3, 2, 1, 9, 5), (9, 5, 4, 3, 2, 1), (1, 9, 0, 9, 9, 9)):
        agree(solution, LOOP, fixed(*map(float, scores)), lengths=range(-2, 9))
    trap = (0, {5, 6}, {0: {1: 1, 2: 2}, 1: {1: 3, 2: 3}, 3: {1: 3}, 2: {1: 4, 3: 6}, 4: {1: 5}, 6: {4: 3}})
    for scores in ((0, 9, 1, 2, 3, 0), (0, 9, 1, 2, 3, 9), (5, 1, 2, 9, 8, 0)):
        agree(solution, trap, fixed(*map(float, scores)), ends=(0, 5))
    agree(solution, (0, {0}, {0: {1: 1}}), fixed(0.0, 9.0, 9.0, 9.0, 9.0, 9.0))
    agree(solution, ("s", {"s"}, {}), fixed(*[1.0] * SIZE))
    agree(solution, ("s", {"t"}, {"s": {2: "t"}, "t": {2: "t"}}), fixed(2.0, 9.0, 1.0, 9.0, 9.0, 9.0))


@points(2, group="decoding", group_zh="解码")
@stated("allowed", "choice", "full")
@contract("the law behind the task: a model that ends valid by itself is not disturbed")
@hint(en="What should change if the plain greedy string is valid?", zh="如果普通贪心的结果已经合法，应有什么变化？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_a_valid_greedy_string_is_left_alone(solution, seed):
    rng = random.Random(seed)
    for _ in range(5):
        automaton = draw(rng, eos=0)
        string = max(valid_strings(automaton, 5), key=len, default=None)
        if string is not None:
            wishes = {
                tuple(string[:n]): [SIGN * float(i == (*string, 0)[n]) for i in range(SIZE)]
                for n in range(len(string) + 1)
            }
            for max_len in (len(string), len(string) + 1, len(string) + 4):
                ((told, calls),) = solution.run(decode, [(wishes, automaton, 0, max_len)])
                assert_equal(told, string)
                assert_equal(len(calls), min(len(string) + 1, max_len))


@points(2, group="decoding", group_zh="解码")
@stated("choice", "scores")
@contract("ties and infinite scores one by one, which drawn scores reach by chance")
@hint(en="Which index does an argmax of nothing but -inf give?", zh="全是 -inf 时 argmax 给出哪个下标？")
def test_equal_and_infinite_scores(solution):
    machine = (0, {1, 2}, {0: {4: 2, 5: 1, 2: 2}, 1: {4: 1, 1: 2}, 2: {5: 2, 3: 1}})
    low, high = -INF, INF
    for scores in (
        [0.0] * SIZE,
        [low] * SIZE,
        [high] * SIZE,
        [high, 1.0, low, low, low, low],
        [0.0, high, -0.0, 0.0, high, high],
        [low, low, -1e308, low, -1e308, 0.5],
        [NAN, 2.0, 2.0, 2.0, 2.0, 2.0],
    ):
        ends = (3,) if math.isnan(scores[0]) else (0,)
        automaton = (0, {2}, {0: {5: 2, 4: 2}, 2: {5: 0}}) if ends == (3,) else machine
        agree(solution, automaton, fixed(*scores), ends=ends)
    agree(solution, (0, {1}, {0: {5: 1, 4: 1}, 1: {5: 1, 2: 1}}), fixed(*[2.0] * SIZE), ends=(0, 1, 3))


@points(2, group="decoding", group_zh="解码")
@stated("scores", "errors")
@hint(en="Whose NaN matters?", zh="谁的 NaN 要紧？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_nan_matters_where_it_is_allowed(solution, seed):
    rng = random.Random(seed)

    def around(prefix, allowed):
        return [SIGN * rng.choice([-INF, 0.0, 1.0]) if token in allowed else NAN for token in range(SIZE)]

    for eos in (0, 4):
        agree(solution, draw(rng, eos=eos), around, ends=(eos,))
    for spoiled in (1, 3, 0):
        scores = [1.0 if token != spoiled else NAN for token in range(SIZE)]
        cases = [
            ({(): [2.0] * SIZE, (1,): scores}, (0, {1}, {0: {1: 1}, 1: {1: 1, 3: 1}}), 0, max_len) for max_len in (1, 3)
        ]
        assert_equal(
            solution.run(decode, cases),
            [([1], [("list", [])]), ("refused", [("list", []), ("list", [1])])],
        )


@points(2, group="calls of the model", group_zh="模型的调用")
@stated("own-list", "unchanged", "calls")
@hint(en="Whose list is it, and whose array?", zh="列表是谁的？数组又是谁的？")
def test_lists_and_arrays_of_the_model(solution):
    scores = [SIGN * score for score in (0.5, 3.0, 0.0, 2.0, 9.0, 1.0)]
    for automaton in (LOOP, OPEN):
        (tokens, calls), _ = expected(valid_strings(automaton, 6), lambda prefix, allowed: scores, 0, 6)
        for spoil in (False, True):
            kept = [prefix + [1, 1] * spoil for _, prefix in calls]
            told = solution.run(with_lists_kept, scores, automaton, 0, 6, spoil=spoil)
            assert_equal(told, (tokens, kept, np.array(scores), automaton))
        assert_equal(solution.run(measured, automaton), (expected_distances(automaton), automaton))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="When can it be known that no string fits?", zh="何时能知道没有合适的字符串？")
def test_what_cannot_be_decoded_is_refused(solution):
    hopeless = [
        (0, set(), {0: {1: 0}}),
        (0, {2}, {0: {1: 1}, 1: {1: 0}, 3: {1: 2}}),
        (0, {2}, {2: {1: 0}}),
        ("none", {1}, {0: {1: 1}}),
        (0, {0, 1}, {0: {1: 1}, 5: {1: 0, 4: 1}}),
        (0, {0, 1}, {0: {4: 1, 1: 1}}),
        (0, {1}, {0: {1: 1}, 1: {4: 2}, 2: {}}),
    ]
    cases = [({}, automaton, 4, max_len) for automaton in hopeless for max_len in (0, 1, 5)]
    cases += [({}, (0, {0}, {0: {1: 0}}), 4, -1), ({}, (0, {2}, {0: {1: 1}, 1: {1: 2}}), 4, 1)]
    assert_equal(solution.run(decode, cases), [("refused", [])] * len(cases))
    agree(solution, (0, {0}, {0: {1: 0}}), fixed(*[0.0] * SIZE), lengths=(-1, 0, 1))


@points(2, group="role sheets", group_zh="角色卡")
@stated("decode", "allowed", "automaton", "full")
@contract("what it is for: whatever a model wants, the sheet can be read and its number is in range")
@hint(en="Can a number still be ended when the room is used up?", zh="空间用完时，数字还能收尾吗？")
@given(seed=SEEDS, low=st.integers(0, 30), more=st.integers(0, 90))
@settings(max_examples=8)
def test_role_sheets(solution, seed, low, more):
    rng = random.Random(seed)
    letters = '0123456789{}":strhp'
    number = {letter: place + 1 for place, letter in enumerate(dict.fromkeys(letters))}
    texts = [f'{{"{name}":{value}}}' for name in ("str", "hp") for value in range(low, low + more + 1)]
    edges = {text[:n]: {} for text in texts for n in range(len(text))}
    for text in texts:
        for n, letter in enumerate(text):
            edges[text[:n]][number[letter]] = text[: n + 1]
    automaton, strings = ("", set(texts), edges), [[number[letter] for letter in text] for text in texts]
    for max_len in (8, 9, 40):
        fitting = [string for string in strings if len(string) <= max_len]
        end, table = expected(fitting, lambda prefix, allowed: [rng.random() for _ in range(20)], 0, max_len)
        (told,) = solution.run(decode, [(table, automaton, 0, max_len)])
        assert_equal(told, end)
        if fitting:
            names = dict(zip(number.values(), number, strict=True))
            (value,) = json.loads("".join(names[token] for token in told[0])).values()
            assert low <= value <= low + more
