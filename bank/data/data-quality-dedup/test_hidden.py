"""Hidden checks of `data-quality-dedup`; tables are counted cell by cell, texts compared with all texts."""

import hashlib
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, performance, points, stated

PRIME = 2**31 - 1
SEEDS = st.integers(0, 2**32 - 1)
CELLS = st.sampled_from(
    [None, float("nan"), True, False, 0, 1, 5, -3, 10**20, 0.0, 1.0, 5.5, -0.25, float("inf"), "", "1", "five", "éé"]
)
SCHEMA = {"a": ("int", 0, 5), "b": ("float", -0.25, 5.5), "c": ("str", 1, 3), "d": ("float", None, 1)}


# ---- inside the guest ----------------------------------------------------------------------------


def everything_and_look(submission, rows, schema, parts, docs):
    """Call the functions that get containers; tell what they return, and their arguments afterwards."""
    returned = [
        submission.audit(rows, schema),
        submission.minhash(parts, 4, 1),
        submission.dedup(docs, 1, 8, 4, 0.5, 1),
    ]
    return returned, (rows, schema, parts, docs)


# ---- the oracle ----------------------------------------------------------------------------------


def kind_of(value):
    """Return what a cell is, or None for one that is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return type(value).__name__


def fault(value, kind, low, high):
    found = kind_of(value)
    if found is None:
        return "missing"
    if found != kind and (found, kind) != ("int", "float"):
        return "type"
    size = len(value) if kind == "str" else value
    inside = (low is None or low <= size) and (high is None or size <= high)
    return None if inside else "range"


def counted(rows, schema):
    """Count everything, one count after the other."""
    columns = {}
    for name, rule in schema.items():
        faults = [fault(row.get(name), *rule) for row in rows]
        columns[name] = {each: faults.count(each) for each in ("missing", "type", "range")}
    told = [
        [(kind_of(row.get(name)), row.get(name) if kind_of(row.get(name)) else 0) for name in schema] for row in rows
    ]
    duplicates = sum(line in told[:place] for place, line in enumerate(told))
    extra = sum(name not in schema for row in rows for name in row)
    return {"columns": columns, "duplicates": duplicates, "extra": extra}


def runs(text, size):
    words = text.lower().split()
    if 0 < len(words) < size:
        return {" ".join(words)}
    return {" ".join(words[start : start + size]) for start in range(len(words) - size + 1)}


def signature(parts, n_perm, seed):
    generator = random.Random(seed)
    entries = []
    for _ in range(n_perm):
        a = generator.randrange(1, PRIME)
        b = generator.randrange(PRIME)
        entries.append(min([PRIME, *((a * number(part) + b) % PRIME for part in parts)]))
    return entries


def number(part):
    return int(hashlib.sha256(part.encode()).hexdigest()[:8], 16)


def kept_places(docs, size, n_perm, bands, threshold, seed):
    """Compare every text with every kept one."""
    sets = [runs(doc, size) for doc in docs]
    signatures = [signature(each, n_perm, seed) for each in sets]
    length, kept = n_perm // bands, []
    for place, mine in enumerate(sets):
        for other in kept:
            common = any(
                signatures[place][start : start + length] == signatures[other][start : start + length]
                for start in range(0, n_perm, length)
            )
            union = mine | sets[other]
            if common and (not union or len(mine & sets[other]) / len(union) >= threshold):
                break
        else:
            kept.append(place)
    return kept


def draw_texts(seed, number_of_texts=14):
    """Draw texts of which many are like an earlier one."""
    rng = random.Random(seed)
    texts = []
    for _ in range(number_of_texts):
        words = (
            rng.choice(texts).split() if texts and rng.random() < 0.7 else rng.choices("abcdefghij", k=rng.randrange(9))
        )
        words = [word if rng.random() < 0.9 else rng.choice("xyz") for word in words]
        texts.append(
            (rng.choice(["  ", " ", "\n"])).join(word.upper() if rng.random() < 0.2 else word for word in words)
        )
    return texts


# ---- audit ---------------------------------------------------------------------------------------


@points(4, group="audit", group_zh="审计")
@stated("audit", "audit-missing", "audit-type", "audit-range", "audit-duplicates", "audit-extra")
@hint(en="What is True an instance of?", zh="True 是哪个类型的实例？")
@given(rows=st.lists(st.dictionaries(st.sampled_from("abcdef"), CELLS, max_size=5), max_size=6), seed=SEEDS)
@settings(max_examples=20)
def test_cells_are_counted(solution, rows, seed):
    rng = random.Random(seed)
    doubled = rng.sample(rows * 2, 2 * len(rows))
    strange = [
        dict(zip("abcd", cells, strict=True))
        for cells in (
            [True, True, True, True],
            [1, 1, "abc", 1],
            [1.0, 1.0, "abcd", 1.0],
            [5, 5.5, "", 1.01],
            [0, -0.25, "x", -1e300],
            [6, 5.75, 5, "1"],
            [-1, -0.5, 1.0, float("inf")],
            [5, 1, float("nan"), None],
        )
    ]
    for table in (doubled, strange, strange[3:] + strange):
        assert_equal(solution.audit(table, SCHEMA), counted(table, SCHEMA))


@points(2, group="audit", group_zh="审计")
@stated("audit-duplicates", "audit-extra")
@hint(en="Which cells equal each other, and which only seem to?", zh="哪些单元相等，哪些只是看似相等？")
def test_rows_that_are_equal(solution):
    nan = float("nan")
    tables = [
        [{"a": 1}, {"a": 1.0}, {"a": True}, {"a": "1"}, {"a": 1}],
        [{"a": None}, {}, {"a": nan}, {"a": -nan, "z": 4}, {"a": 0}, {"a": ""}, {"a": False}],
        [{"a": 2, "b": 3}, {"b": 3, "a": 2}, {"a": 3, "b": 2}, {"a": 2, "b": 3, "z": 1}],
        [{"a": 7}] * 5,
        [],
    ]
    for table in tables:
        for schema in (SCHEMA, {"a": ("float", None, None)}, {}):
            assert_equal(solution.audit(table, schema), counted(table, schema))


# ---- shingles and signatures ---------------------------------------------------------------------


@points(2, group="shingles", group_zh="shingle")
@stated("shingles")
@hint(en="How many runs of three words have five words?", zh="五个词里有多少段三个词？")
@given(text=st.text("aAbB É\n\tß ", max_size=20))
@settings(max_examples=20)
def test_runs_of_words(solution, text):
    for each in (text, "one two three four five", " Straße\u00a0STRASSE  a", "x", "", "a b a b a b"):
        for size in (1, 2, 3, 5, 6):
            assert_equal(solution.shingles(each, size), runs(each, size))


@points(3, group="signatures", group_zh="签名")
@stated("minhash")
@hint(
    en="In which order are the coefficients drawn? How large do products become?",
    zh="系数按什么顺序抽取？乘积会有多大？",
)
@given(parts=st.sets(st.text("abc é中", max_size=6), max_size=8), seed=SEEDS)
@settings(max_examples=20)
def test_signatures_as_they_are_defined(solution, parts, seed):
    for n_perm in (1, 2, 7, 40):
        assert_equal(solution.minhash(parts, n_perm, seed), signature(parts, n_perm, seed))
    assert_equal(solution.minhash(set(), 3, seed), [PRIME] * 3)


# ---- near-duplicates -----------------------------------------------------------------------------


@points(4, group="near-duplicates", group_zh="近似重复")
@stated("dedup")
@contract("the definition itself on drawn texts, against comparing all pairs")
@hint(en="With which texts is a text compared, and by what?", zh="一篇文本与哪些文本比较，按什么比较？")
@given(seed=SEEDS)
@settings(max_examples=15)
def test_texts_like_an_earlier_one_are_dropped(solution, seed):
    docs = draw_texts(seed)
    for size, n_perm, bands, threshold in ((1, 24, 12, 0.5), (2, 12, 12, 0.25), (1, 6, 2, 0.75), (3, 8, 1, 1.0)):
        expected = kept_places(docs, size, n_perm, bands, threshold, seed)
        assert_equal(solution.dedup(docs, size, n_perm, bands, threshold, seed), expected)


@points(2, group="near-duplicates", group_zh="近似重复")
@stated("dedup")
@contract("the corners each time: similarities at the threshold, texts without words")
@hint(en="Which texts have no words, and which are just at the threshold?", zh="哪些文本没有词？哪些恰好在阈值上？")
def test_borders(solution):
    chain = ["a b c d e f", "a b c d e g", "a b c d h g", "a b c i h g", "a b j i h g"]
    fifths = ["a b c d e", "a b c x", "p q r", "p q r s t", "u", "v", "U"]
    for docs in (chain, chain[::-1], fifths, ["", "a", " ", "a a", "\n", "b"], ["x"], []):
        for threshold in (0.4, 0.5, 0.6, 5 / 7, 1.0, 1):
            for seed in range(3):
                for bands in (20, 4, 1):
                    expected = kept_places(docs, 1, 20, bands, threshold, seed)
                    assert_equal(solution.dedup(docs, 1, 20, bands, threshold, seed), expected)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("dedup-errors", "shingles", "minhash")
@hint(en="Which bands cannot be cut?", zh="哪些段切不出来？")
def test_what_makes_no_sense_is_refused(solution):
    sensible = (2, 8, 4, 0.5)
    for place, value in (
        (0, 0),
        (0, -1),
        (1, 0),
        (1, -8),
        (2, 0),
        (2, -4),
        (2, 3),
        (2, 16),
        (3, 0),
        (3, -0.5),
        (3, 1.01),
    ):
        arguments = [value if place == index else each for index, each in enumerate(sensible)]
        for docs in (["a b", "c d"], []):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.dedup(docs, *arguments, 0)
    for size in (0, -1):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.shingles("", size)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.minhash({"a"}, size, 0)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.minhash(set(), size, 0)
    assert_equal(solution.dedup(["a b", "c d"], *sensible, 0), [0, 1])


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged", "audit", "minhash", "dedup")
@contract("the promise not to change arguments, whatever else is wrong")
@hint(en="Whose list, dict or set do you change?", zh="你改动了谁的列表、字典或集合？")
def test_the_arguments_stay_as_they_are(solution):
    rows, docs = [{"a": 1, "q": 2}, {}, {"a": None}, {"b": 7}], ["", "C d", "c d", "e"]
    parts = {"k", "l"}
    returned, arguments = solution.run(everything_and_look, rows, SCHEMA, parts, docs)
    assert_equal(arguments, (rows, SCHEMA, parts, docs))
    assert_equal(returned, [counted(rows, SCHEMA), signature(parts, 4, 1), [0, 1, 3]])


@performance(points=2, of="dedup", group="speed", group_zh="速度", at_least=2.0, times_faster_than="every_pair")
@stated("speed")
def many_texts(rng):
    docs = [" ".join(map(str, rng.integers(0, 2000, size=5).tolist())) for _ in range(250)]
    return (docs, 2, 8, 8, 0.5, int(rng.integers(1000))), {}
