"""Hidden checks of `data-anonymise`; tokens come from an HMAC written out here by its definition."""

import copy
import hashlib
import json
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, hint, points, stated

LENGTH = 16  # variant: length

PII = {"name", "id"}
OTHERS = ["city", "Name", "NAME", "name ", "username", "ids", "i", ""]
SECRETS = st.text("甲乙丙丁戊己庚辛", min_size=4, max_size=8)
KEYS = st.binary(min_size=1, max_size=64)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('abzé中😀"\\/\n\x00 ', max_size=6)
)


def nested(leaves, names, width=3):
    """Return a strategy of JSON values with these leaves and keys."""
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=width),
        max_leaves=6,
    )


def token(canonical, key):
    """Return the token of canonical JSON text: HMAC by its definition, cut to LENGTH digits."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + canonical.encode("utf-8"))
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner.digest()).hexdigest()[:LENGTH]


def scalar_json(value):
    """Return the canonical JSON of a value without dicts and lists."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


@points(3, group="tokens", group_zh="令牌")
@stated("record", "result", "token", "canonical-json")
@hint(en="Which bytes exactly go into which keyed hash?", zh="到底是哪些字节，进入哪种带密钥的哈希？")
@given(values=st.lists(SCALARS, min_size=1, max_size=5), key=KEYS)
@settings(max_examples=40)
def test_tokens_of_plain_values(solution, values, key):
    records = [{"name": value, "city": "x"} for value in values]
    expected = [{"name": token(scalar_json(value), key), "city": "x"} for value in values]
    assert_equal(solution.pseudonymise(records, PII, key), expected)


@points(1, group="tokens", group_zh="令牌")
@stated("arguments", "token")
@hint(en="HMAC prepares a key before it uses it.", zh="HMAC 在使用密钥之前会先处理它。")
@given(key=st.binary(max_size=1) | st.binary(min_size=65, max_size=200))
@settings(max_examples=15)
def test_keys_of_any_length(solution, key):
    assert_equal(solution.pseudonymise([{"id": 7}], PII, key), [{"id": token("7", key)}])


@points(2, group="tokens", group_zh="令牌")
@stated("canonical-json", "token")
@hint(en="Does the order in which a dict was filled matter?", zh="字典的填充顺序会影响结果吗？")
@given(value=st.dictionaries(st.text("abc", max_size=3), st.integers(0, 9), min_size=2, max_size=4), key=KEYS)
@settings(max_examples=20)
def test_equal_dicts_get_equal_tokens_in_any_order(solution, value, key):
    turned = dict(reversed(value.items()))
    changed = {name: number + 1 for name, number in value.items()}
    records = [{"name": one} for one in (value, turned, [value], [turned], changed)]
    tokens = [record["name"] for record in solution.pseudonymise(records, PII, key)]
    assert all(isinstance(one, str) for one in tokens)
    assert tokens[0] == tokens[1]
    assert tokens[2] == tokens[3]
    assert len(set(tokens)) == 3


@points(3, group="every place", group_zh="任意位置")
@stated("everywhere")
@hint(en="Where can a dict hide?", zh="字典可能藏在哪里？")
@given(path=st.lists(st.sampled_from("dl"), min_size=1, max_size=5), value=SECRETS, key=KEYS)
@settings(max_examples=30)
def test_keys_count_at_any_depth(solution, path, value, key):
    record, expected = {"name": value}, {"name": token(f'"{value}"', key)}
    for step in path:
        record = {"city": record} if step == "d" else [1, record, copy.deepcopy(record)]
        expected = {"city": expected} if step == "d" else [1, expected, expected]
    result = solution.pseudonymise([{"i": record, "id": value}], PII, key)
    assert_equal(result, [{"i": expected, "id": token(f'"{value}"', key)}])


@points(2, group="nothing leaks", group_zh="不泄露原文")
@stated("whole")
@hint(en="What may stand under a key that names a person?", zh="指认个人的键下面可能是什么？")
@given(value=nested(SECRETS, SECRETS | st.sampled_from(sorted(PII)), width=1), key=KEYS)
@settings(max_examples=30)
def test_a_value_is_replaced_as_a_whole(solution, value, key):
    for secret in (value, {"id": value}, [value], {}, []):
        canonical = json.dumps(secret, separators=(",", ":"), ensure_ascii=False)
        result = solution.pseudonymise([{"city": [{"name": secret}]}], PII, key)
        assert_equal(result, [{"city": [{"name": token(canonical, key)}]}])


@points(2, group="the rest stays", group_zh="其余不变")
@stated("names", "rest", "arguments")
@hint(en="When exactly does a name match?", zh="键名怎样才算一致？")
@given(
    records=st.lists(st.dictionaries(st.sampled_from(OTHERS), nested(SCALARS, st.sampled_from(OTHERS))), max_size=3),
    pii=st.sampled_from([PII, set()]),
)
@settings(max_examples=30)
def test_other_fields_stay_equal(solution, records, pii):
    assert_equal(solution.pseudonymise(records, pii, b"key"), records)


def pseudonymise_and_look(module, records, pii, key):
    """Return the records after the call, and whether the result shares a list or dict with them."""
    result = module.pseudonymise(records, pii, key)
    mine = {id(part) for part in containers(records)}
    return records, len(result), any(id(part) in mine for part in containers(result))


def containers(value):
    """Return every list and dict of a JSON value."""
    if not isinstance(value, list | dict):
        return []
    parts = value if isinstance(value, list) else value.values()
    return [value, *(inner for part in parts for inner in containers(part))]


@points(2, group="the rest stays", group_zh="其余不变")
@stated("rest")
@hint(en="How deep is your copy?", zh="你的拷贝有多深？")
@given(value=nested(SCALARS, st.sampled_from(["name", "city"])))
@settings(max_examples=20)
def test_the_records_are_neither_changed_nor_shared(solution, value):
    records = [{"name": "Ada", "city": value}, {"city": [{"id": value}, value]}]
    expected = (copy.deepcopy(records), 2, False)
    assert_equal(solution.run(pseudonymise_and_look, records, PII, b"key"), expected)


@points(3, group="k-anonymity", group_zh="k-匿名")
@stated("groups", "smallest")
@hint(en="Whose privacy decides?", zh="由谁的隐私程度决定？")
@given(
    records=st.lists(st.fixed_dictionaries({name: st.sampled_from("xy") for name in "abc"}), min_size=1, max_size=12),
    quasi=st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
)
@settings(max_examples=40)
def test_k_is_the_size_of_the_smallest_group(solution, records, quasi):
    expected = min(sum(all(one[q] == two[q] for q in quasi) for two in records) for one in records)
    assert_equal(solution.k_anonymity(records, quasi), expected)
    assert_equal(solution.k_anonymity(records * 3, quasi[::-1]), expected * 3)


@points(2, group="k-anonymity", group_zh="k-匿名")
@stated("groups", "canonical-json")
@hint(en="Which values are the same value?", zh="哪些值算同一个值？")
def test_values_are_the_same_if_their_canonical_json_is(solution):
    different = [1, 1.0, True, "1", [1], ["1"], {"a": 1}, {"a": True}, "[1]", None, "null", "None", ""]
    for one, two in combinations(different, 2):
        assert_equal(solution.k_anonymity([{"a": one}, {"a": two}], ["a"]), 1)
    same = [{"a": {"b": 1, "c": [2]}}, {"a": {"c": [2], "b": 1}}, {"a": None}, {}]
    assert_equal(solution.k_anonymity(same, ["a"]), 2)
    split = [{"a": "xy", "b": "z"}, {"a": "x", "b": "yz"}, {"a": "x,y", "b": "z"}, {"a": "x", "b": "y,z"}]
    for one, two in combinations(split, 2):
        assert_equal(solution.k_anonymity([one, two], ["a", "b"]), 1)


@points(1, group="k-anonymity", group_zh="k-匿名")
@stated("arguments", "quasi", "smallest")
@hint(en="No records, no columns: what then?", zh="没有记录、没有列时怎么办？")
def test_without_records_or_columns(solution):
    assert_equal(solution.pseudonymise([], PII, b"key"), [])
    assert_equal(solution.k_anonymity([], ["a"]), 0)
    assert_equal(solution.k_anonymity([], []), 0)
    assert_equal(solution.k_anonymity([{"a": 1}, {"a": 2}, {}], []), 3)
