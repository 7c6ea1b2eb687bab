"""The text of a drafted question: suites, starter and statements, made of data that has been validated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.draft.drawing import drawing_function
from grader.draft.literal import literal
from grader.draft.vocabulary import Property, Raises, Relation, Unchanged, Values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.draft.plan import Plan, StatementDraft
    from grader.draft.vocabulary import CheckDraft, SuiteDraft

EXAMPLES = 2
_SEED = "2**32 - 1"

_PROPERTIES = {
    "finite": "all(map(math.isfinite, leaves(result)))",
    "not-negative": "all(each >= 0 for each in leaves(result))",
    "at-most-one": "all(each <= 1 + 1e-6 for each in leaves(result))",
    "sums-to-one": "math.isclose(sum(leaves(result)), 1, rel_tol=1e-5)",
    "ascending": "leaves(result) == sorted(leaves(result))",
    "as-long-as-first": "len(result) == len(arguments[0])",
    "same-items-as-first": "sorted(leaves(result)) == sorted(leaves(arguments[0]))",
}
_LEAVES = '''\
def leaves(value):
    """Return every number in a value, however nested."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return [leaf for each in value for leaf in leaves(each)] if isinstance(value, list) else [value]


'''
_CHANGED = '''\
def changed(value, change, amount):
    """Return a value changed in one of the ways the relations know."""
    if change == "reversed":
        return value.flip(0) if hasattr(value, "flip") else value[::-1]
    if change == "repeated":
        return torch.cat([value, value]) if hasattr(value, "flip") else value + value
    if isinstance(value, list):
        return [changed(each, change, amount) for each in value]
    return {"negated": -value, "shifted": value + amount, "scaled": value * amount}[change]


'''
_ARGUMENTS_AFTER = '''\
def arguments_after(submission, *arguments):
    """A probe: runs beside the submission, and returns its arguments as the call left them."""
    submission.FUNCTION(*arguments)
    return arguments


'''


@dataclass(frozen=True)
class Case:
    """Arguments, and the result that several programs agreed upon."""

    arguments: tuple[Any, ...]
    expected: Any


def hidden_suite(plan: Plan, suite: SuiteDraft, cases: Mapping[str, Sequence[Case]]) -> str:
    """Return the text of `test_hidden.py`.

    Raises:
        ValueError: a value among the cases has no place in a suite.
    """
    kinds = {type(check.judgement) for check in suite.checks}
    drawn = [check for check in suite.checks if not isinstance(check.judgement, Values)]
    helpers = [_LEAVES] if Property in kinds else []
    helpers += [_CHANGED] if Relation in kinds else []
    helpers += [_ARGUMENTS_AFTER.replace("FUNCTION", plan.function)] if Unchanged in kinds else []
    bodies = [_check(plan, check, cases.get(check.name, ())) for check in suite.checks]
    return "".join([_head(plan, kinds, drawn=bool(drawn)), *helpers, *map(drawing_function, drawn), *bodies])


def public_suite(plan: Plan, examples: Sequence[Case]) -> str:
    """Return the text of `test_public.py`.

    Raises:
        ValueError: a value among the examples has no place in a suite.
    """
    imports = "".join(f"import {package}\n" for package in plan.packages)
    doc = '"""What the interface looks like; these tests are yours to run."""'
    head = f"{doc}\n\n{imports}\nfrom grader.exam import assert_close\n"
    tests = (
        f"\n\ndef test_example_{number}(solution):\n"
        f"    assert_close(solution.{plan.function}({_listed(case.arguments)}), {literal(case.expected)})\n"
        for number, case in enumerate(examples[:EXAMPLES], start=1)
    )
    return head + "".join(tests)


def starter(plan: Plan) -> str:
    """Return the text of `starter.py`."""
    arguments = ", ".join(f"{each.name}: {_annotation(each.type)}" for each in plan.parameters)
    imports = "".join(f"import {package}\n" for package in plan.packages)
    return (
        f'"""The starter."""\n\n{imports}\n\n'
        f"def {plan.function}({arguments}) -> {_annotation(plan.returns)}:\n    return None  # write your answer here\n"
    )


def statements(plan: Plan, words: StatementDraft, suite: SuiteDraft) -> tuple[str, str]:
    """Return the statement in English and in Chinese."""
    tested = {check.behaviour for check in suite.checks}
    call = f"`{plan.function}{plan.signature}`"
    english = [f"# {plan.title}", _flat(words.story_en), f"Write {call} in `solution.py`."]
    chinese = [f"# {plan.title_zh}", _flat(words.story_zh), f"请在 `solution.py` 中实现 {call}。"]
    for passage in words.passages:
        anchor = f" <!-- states: {passage.behaviour} -->" if passage.behaviour in tested else ""
        errors = _errors_of(passage.behaviour, suite)
        english.append(_passage(passage.en, errors, "Raises `{}`.") + anchor)
        chinese.append(_passage(passage.zh, errors, "此时抛出 `{}`。") + anchor)
    return "\n\n".join(english) + "\n", "\n\n".join(chinese) + "\n"


def _head(plan: Plan, kinds: set[type], *, drawn: bool) -> str:
    standard = ["import math\n"] if Property in kinds else []
    standard += ["from random import Random\n"] if drawn else []
    needs_torch = bool(plan.packages)
    packages = ["import pytest\n"] if Raises in kinds else []
    packages += ["import torch\n"] if needs_torch else []
    packages += ["from hypothesis import given, settings\nfrom hypothesis import strategies as st\n"] if drawn else []
    names = (
        "assert_close, assert_equal, hint, points, stated"
        if Unchanged in kinds
        else "assert_close, hint, points, stated"
    )
    blocks = ["".join(standard), "".join(packages), f"from grader.exam import {names}\n"]
    body = "\n".join(block for block in blocks if block)
    return f'"""The hidden suite, rendered from a draft."""\n\n{body}\n\n'


def _check(plan: Plan, check: CheckDraft, cases: Sequence[Case]) -> str:
    marks = (
        f"@points({check.points}, group={check.behaviour.replace('-', ' ')!r})\n"
        f"@stated({check.behaviour!r})\n@hint(en={check.hint_en!r}, zh={check.hint_zh!r})\n"
    )
    if isinstance(check.judgement, Values):
        rows = "".join(f"    ({_written(case.arguments)}, {literal(case.expected)}),\n" for case in cases)
        constant = f"CASES_OF_{check.name.upper()}"
        call = f"solution.{plan.function}(*arguments)"
        return (
            f"{constant} = [\n{rows}]\n\n\n{marks}def test_{check.name}(solution):\n"
            f"    for arguments, expected in {constant}:\n        assert_close({call}, expected)\n\n\n"
        )
    return (
        f"{marks}@given(seed=st.integers(0, {_SEED}))\n@settings(max_examples=20)\n"
        f"def test_{check.name}(solution, seed):\n    arguments = draw_{check.name}(seed)\n{_judge(plan, check)}\n\n"
    )


def _judge(plan: Plan, check: CheckDraft) -> str:
    """Return the lines that judge one drawn case."""
    call = f"solution.{plan.function}(*arguments)"
    match check.judgement:
        case Raises(error=error):
            return f"    with pytest.raises({error}):\n        {call}\n"
        case Unchanged():
            return "    assert_equal(solution.run(arguments_after, *arguments), arguments)\n"
        case Property(holds=holds):
            return f"    result = {call}\n    assert {_PROPERTIES[holds]}\n"
        case Relation() as relation:
            return _relation(plan, relation, call)
    raise AssertionError("values are judged case by case")


def _relation(plan: Plan, relation: Relation, call: str) -> str:
    place = [each.name for each in plan.parameters].index(relation.argument)
    amount = repr(relation.amount)
    expected = call if relation.result == "the-same" else f"changed({call}, {relation.result!r}, {amount})"
    return (
        f"    expected = {expected}\n    other = list(arguments)\n"
        f"    other[{place}] = changed(other[{place}], {relation.change!r}, {amount})\n"
        f"    assert_close(solution.{plan.function}(*other), expected, rtol=1e-5)\n"
    )


def _errors_of(behaviour: str, suite: SuiteDraft) -> list[str]:
    judgements = [check.judgement for check in suite.checks if check.behaviour == behaviour]
    return list(dict.fromkeys(each.error for each in judgements if isinstance(each, Raises)))


def _passage(text: str, errors: Sequence[str], addition: str) -> str:
    """Return a passage as one block, which names every exception that is expected there."""
    missing = [addition.format(error) for error in errors if error not in text]
    return " ".join([_flat(text), *missing])


def _flat(text: str) -> str:
    return " ".join(text.split())


def _annotation(kind: str) -> str:
    return "torch.Tensor" if kind == "Tensor" else kind


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(literal, values))


def _written(values: tuple[Any, ...]) -> str:
    return literal(tuple(values))
