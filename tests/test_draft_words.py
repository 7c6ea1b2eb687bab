"""What a model can say, and what becomes of it as text: names, prose, inputs, values, suites."""

from __future__ import annotations

import ast
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scripted import LONG, PLAN, STATEMENT, SUITE, check, numbers

from grader.draft import asking
from grader.draft.drawing import drawing_module
from grader.draft.likeness import share
from grader.draft.literal import literal
from grader.draft.manuscript import id_of
from grader.draft.plan import Plan, StatementDraft
from grader.draft.rendering import hidden_suite, statements
from grader.draft.templates.catalogue import TEMPLATES
from grader.draft.templates.template import choices, fill
from grader.draft.triage import fault_of
from grader.draft.vocabulary import SuiteDraft
from grader.draft.words import Name, Prose
from grader.models.conversation import schema_of
from grader.proof.tripwires import tripwires

if TYPE_CHECKING:
    from grader.question import Frozen

PLANNED = Plan.model_validate_json(json.dumps(PLAN))
NAME, PROSE = TypeAdapter(Name), TypeAdapter(Prose)


def suite_of(*checks: dict[str, Any]) -> SuiteDraft:
    return SuiteDraft.model_validate_json(json.dumps({"checks": checks}))


@pytest.mark.parametrize("name", ["class", "print", "X", "a-b", "a b", "_x", "é", "x" * 40, "f():\n    pass", "match"])
def test_a_name_is_an_identifier_of_nobodys(name: str) -> None:
    """No keyword, no builtin, nothing but small letters, digits and underscores."""
    with pytest.raises(ValidationError):
        NAME.validate_python(name)


@pytest.mark.parametrize(
    "text", ["a<!-- states: x -->", "<b>bold</b>", "a\x1b[31mred", "a\u202eb", "a\u200bb", "a\x00b"]
)
def test_prose_is_what_it_looks_like(text: str) -> None:
    """No anchor, no HTML, nothing that steers a terminal or cannot be seen."""
    with pytest.raises(ValidationError):
        PROSE.validate_python(text)


def test_schemas_are_for_every_server() -> None:
    """No `oneOf` and no discriminator; every object is closed, and every field of it is required."""
    kinds: list[type[Frozen]] = [Plan, SuiteDraft, StatementDraft, *(each.slots for each in TEMPLATES.values())]
    for kind in kinds:
        text = json.dumps(schema_of(kind))
        schema = json.loads(text)
        objects = [schema, *schema.get("$defs", {}).values()]

        assert '"oneOf"' not in text
        assert '"discriminator"' not in text
        for each in objects:
            assert each.get("additionalProperties") is False
            assert sorted(each.get("required", [])) == sorted(each["properties"])


# --- inputs and suites -----------------------------------------------------------------------------------------------

CHOSEN = {"kind": "choice", "values": ["'); __import__('os').abort() #", "\\", '"""', 3, 0.5, True]}
INPUTS: list[dict[str, Any]] = [
    {"kind": "integer", "low": -3, "high": 4},
    LONG,
    {"kind": "flag"},
    CHOSEN,
    {"kind": "row", "of": CHOSEN, "size": "N"},
    {"kind": "table", "of": {"kind": "integer", "low": 0, "high": 9}, "rows": "N", "columns": "M"},
]


@pytest.mark.parametrize("drawn", INPUTS, ids=[each["kind"] for each in INPUTS])
def test_inputs_are_drawn_within_their_bounds(drawn: dict[str, Any]) -> None:
    """By text of ours: whatever a model's words are in it, they are literals."""
    sizes = [{"name": "N", "low": 2, "high": 3}, {"name": "M", "low": 1, "high": 1}]
    asked = {**check("some", "kept", {"kind": "unchanged"}, LONG, drawn), "sizes": sizes}
    names: dict[str, Any] = {}
    exec(drawing_module(suite_of(asked).checks, ()), names)
    found = [names["draw_some"](seed)[1] for seed in range(50)]

    assert names["draw_some"](7) == names["draw_some"](7)
    match drawn:
        case {"kind": "choice"}:
            assert all(value in CHOSEN["values"] for value in found)
        case {"kind": "row"}:
            assert {len(row) for row in found} == {2, 3}
            assert all(value in CHOSEN["values"] for row in found for value in row)
        case {"kind": "table"}:
            assert {len(table[0]) for table in found} == {1}
        case {"kind": "integer"}:
            assert (min(found), max(found)) == (-3, 4)
        case {"kind": "number"}:
            assert all(-10 <= value <= 10 for value in found)
        case _:
            assert set(found) == {True, False}


def test_tensors_are_drawn_and_written() -> None:
    """In their shape, their bounds and their dtype; as a literal they are made again."""
    torch = pytest.importorskip("torch", reason="torch is of the extra `torch`")
    asked = check("some", "kept", {"kind": "unchanged"}, LONG, numbers(0, 1))
    kinds = {"kind": "tensor", "sizes": ["N", "M"], "low": -2.0, "high": 3.0}
    asked["sizes"] = [{"name": "N", "low": 2, "high": 2}, {"name": "M", "low": 3, "high": 3}]
    asked["arguments"] = [{"name": f"x{whole:d}", "input": {**kinds, "whole": whole}} for whole in (False, True)]
    names: dict[str, Any] = {}
    exec(drawing_module(suite_of(asked).checks, ("torch",)), names)
    floats, wholes = names["draw_some"](3)
    again = eval(literal((floats, wholes)), {"torch": torch})

    assert (floats.dtype, wholes.dtype) == (torch.float32, torch.int64)
    assert floats.shape == wholes.shape == (2, 3)
    assert floats.min() >= -2
    assert wholes.max() <= 3
    assert torch.equal(again[0], floats)
    assert torch.equal(again[1], wholes)
    assert not torch.equal(floats, names["draw_some"](4)[0])


def test_a_suite_holds_no_code_of_the_model() -> None:
    """Of all that stands in it, only names that were matched and literals come from a draft."""
    hostile = "x\"); import os; os.abort() #'''\\"
    asked = {**SUITE["checks"][0], "hint_en": hostile, "judgement": {"kind": "unchanged"}}
    text = hidden_suite(PLANNED, suite_of(asked), {})
    tree = ast.parse(text)
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}

    assert "os.abort" not in called
    assert [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names] == []
    assert hostile in {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


RELATION = {"kind": "relation", "argument": "limit", "change": "reversed", "amount": 1.0, "result": "the-same"}
BAD_SUITES = [
    ({"behaviour": "nothing"}, "there is no behaviour nothing"),
    ({"arguments": SUITE["checks"][0]["arguments"][:1]}, "its arguments are to be gradients, limit"),
    ({"sizes": []}, "the size N is not defined"),
    ({"judgement": RELATION}, "limit is no list, and cannot be reversed"),
    ({"judgement": {**RELATION, "argument": "other"}}, "there is no argument other to change"),
]


@pytest.mark.parametrize(("change", "fault"), BAD_SUITES)
def test_a_suite_fits_its_plan(change: dict[str, Any], fault: str) -> None:
    """Whatever it names is in the plan; the fault says what is not."""
    assert asking.fault_of_suite(suite_of({**SUITE["checks"][0], **change}), PLANNED).endswith(fault)
    assert asking.fault_of_suite(suite_of(*SUITE["checks"]), PLANNED) == ""


def test_two_checks_have_two_names() -> None:
    """A suite in which one would hide the other is refused."""
    assert "two checks" in asking.fault_of_suite(suite_of(SUITE["checks"][0], SUITE["checks"][0]), PLANNED)


def test_a_range_is_not_empty() -> None:
    """Its lower end is not above the upper one."""
    with pytest.raises(ValidationError, match=r"low 2\.0 is above high 1\.0"):
        suite_of(check("some", "kept", {"kind": "unchanged"}, LONG, numbers(2.0, 1.0)))


def test_a_statement_names_what_is_raised() -> None:
    """Under the passage of the check that expects it, in both languages, though the model forgot."""
    words = StatementDraft.model_validate_json(json.dumps(STATEMENT))
    english, chinese = statements(PLANNED, words, suite_of(*SUITE["checks"]))

    assert "is refused. Raises `ValueError`. <!-- states: refused -->" in english
    assert "拒绝。 此时抛出 `ValueError`。 <!-- states: refused -->" in chinese


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(value=values)
def test_a_literal_makes_its_value_again(value: object) -> None:
    """Exactly, in type and content; infinities as well."""
    again = eval(literal(value), {"float": float})

    assert (repr(again), type(again)) == (repr(value), type(value))


@pytest.mark.parametrize("value", [object(), {1, 2}, "x" * 30_000])
def test_what_no_suite_holds_is_refused(value: object) -> None:
    """Another kind of value, or one that nobody would read."""
    with pytest.raises(ValueError, match="suite"):
        literal(value)


# --- programs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("def clip_by_norm(gradients, limit): return gradients", ""),
        ("import torch.nn\ndef clip_by_norm(gradients, limit): return gradients", ""),
        ("import subprocess\n", "it imports subprocess"),
        ("from . import x\n", "it imports ."),
        ("x = eval('1')\n", "line 1: it uses eval"),
        ("x = (1).__class__\n", "line 1: it uses __class__"),
        ("def clip_by_norm(limit, gradients): return 1", "clip_by_norm takes limit, gradients"),
        (f"x = {'+'.join('1' * 300)}\n", "it is nested too deeply"),
        (f"x = {'(' * 300}1{')' * 300}\n", "it is no"),
        ("x = '\0'\n", "it holds a character that cannot be seen, U+0000"),
        ("x = 1  # \u202e\n", "it holds a character that cannot be seen, U+202E"),
    ],
)
def test_a_program_is_looked_at(code: str, fault: str) -> None:
    """For what no answer needs, and for the interface that was asked for."""
    assert fault_of(code, PLANNED).startswith(fault)
    assert bool(fault_of(code, PLANNED)) == bool(fault)


BRANCHES = """\
def f(values):
    for value in values:
        if value:
            continue
    try:
        return values[0]
    except IndexError:
        return None
"""


def test_every_way_has_a_tripwire() -> None:
    """Into and past each branch and loop, into each function and handler; no two are the same."""
    wires = tripwires(BRANCHES)

    assert sorted((wire.start, wire.end) for wire in wires) == [(1, 2), (2, 0), (2, 3), (3, 0), (3, 4), (7, 8)]
    assert len({wire.source for wire in wires}) == len(wires)
    assert all("_exit(1)" in wire.source for wire in wires)


# --- templates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_filled_without_a_rest(name: str) -> None:
    """In each combination of its choices no slot is left, and every program is Python."""
    template = TEMPLATES[name]
    for seed in range(8):
        slots = template.defaults(random.Random(seed))
        files = template.files(slots, template.chinese(slots))

        assert template.fault_of(slots) == ""
        assert not [path for path, text in files.items() if "SLOT_" in text]
        assert "SLOT_" not in str(template.exports(slots))
        for path, text in files.items():
            if path.endswith(".py"):
                ast.parse(text, path)
        assert len([path for path in files if path.startswith("solutions/wrong/")]) >= 4
    assert choices(template.slots)


def test_a_slot_is_filled_once() -> None:
    """What a value holds is not filled in again; over several lines it is indented like its slot."""
    text = "a SLOT_x b\n    SLOT_y\n"

    assert fill(text, {"x": "SLOT_y", "y": "one\ntwo"}) == "a SLOT_y b\n    one\n    two\n"


# --- likeness and ids ------------------------------------------------------------------------------------------------


def test_likeness_is_of_phrases() -> None:
    """The same text is wholly alike, in Chinese too; another order of the same words is not."""
    text = "Return the mean of all values that the mask keeps, as a float."

    assert share(text, text.upper()) == 1.0
    assert share(text, " ".join(reversed(text.split()))) < 0.2
    assert share("返回掩码保留的所有值的平均值", "请返回掩码保留的所有值的平均值。") == 1.0
    assert share("", text) == 0.0


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("LoRA merge for a linear layer", "lora-merge-for-a-linear-layer"),
        ("a " * 60, "a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a"),
        ("x" * 90, "x" * 48),
        ("注意力", "draft-"),
    ],
)
def test_an_id_follows_from_the_topic(topic: str, expected: str) -> None:
    """In letters that every file system and every link knows."""
    assert id_of(topic).startswith(expected)
    assert id_of(topic) == id_of(topic)
    assert len(id_of(topic)) <= 48
