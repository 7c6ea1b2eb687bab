"""What a model is asked for at each stage, and what is wrong with an answer that fits its type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grader.draft.plan import Plan, Program, StatementDraft
from grader.draft.vocabulary import Integer, Number, Relation, Row, SuiteDraft, Table, TensorOf
from grader.models.conversation import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from grader.draft.brief import Brief
    from grader.draft.plan import Mistake
    from grader.draft.vocabulary import CheckDraft

SYSTEM = (
    "You write exam questions on artificial-intelligence engineering, together with everything that is needed to "
    "grade the answers. Reply with one JSON object that fits the given schema, and with nothing else."
)
_PLAN = """\
The candidate writes one pure Python function, which a hidden suite tests by its results alone: it is deterministic,
reads and prints nothing. behaviours: what it must do, edge cases and refused inputs among them, each precise enough
that two people write functions with the same results. mistakes: how candidates get it wrong, each with
another cause."""
_SUITE = """\
Write the hidden checks as data. Each draws its arguments anew: `sizes` are lengths that are drawn once for a case and
can be shared by several arguments; `arguments` holds one entry for each parameter, in their order. `judgement` says
how the result is judged: `values` compares with what the reference computes, `raises` wants an exception, `unchanged`
wants the arguments left alone, `property` wants something of every result, `relation` says what becomes of the result
when one argument is changed. Every behaviour has a check, and every check notices a mistake that no other one notices:
test ordinary inputs and edge cases apart, and draw inputs on which the mistakes make a difference."""
_STATEMENT = """\
Write the statement in English and in Chinese. story: one or two sentences on who needs this. passages: one for each
behaviour, complete and precise: nothing that a check tests may be missing, and no input or result of the checks may be
given away. Put the names of arguments and exceptions in backticks."""
_MISTAKE = "Write the module as a candidate would who makes this one mistake and is right in everything else"


def for_plan(brief: Brief) -> str:
    """Ask for the plan."""
    return _with_schema(f"Plan an exam question on: {brief.topic}. Difficulty: {brief.difficulty}. {_PLAN}", Plan)


def for_solution(plan: Plan) -> str:
    """Ask for a right program, by the plan alone."""
    return _with_schema(f"{_outline(plan)}\nWrite the module with the function, complete and correct.", Program)


def for_suite(plan: Plan, reference: str) -> str:
    """Ask for the hidden suite."""
    return _with_schema(f"{_outline(plan)}{_mistakes(plan)}{_code(reference)}{_SUITE}", SuiteDraft)


def for_repair(plan: Plan, reference: str, suite: SuiteDraft, faults: tuple[str, ...]) -> str:
    """Ask for another suite, with what the proof objected to."""
    report = "\n".join(f"- {fault}" for fault in faults)
    before = json.dumps(suite.model_dump(mode="json"), ensure_ascii=False)
    return f"{for_suite(plan, reference)}\n\nThis suite:\n{before}\nwas refused:\n{report}\nWrite a better one."


def for_mistake(plan: Plan, reference: str, mistake: Mistake) -> str:
    """Ask for a program with one mistake."""
    return _with_schema(f"{_outline(plan)}{_code(reference)}{_MISTAKE}: {mistake.text}", Program)


def for_statement(plan: Plan, reference: str, suite: SuiteDraft) -> str:
    """Ask for the words that a candidate reads."""
    checks = ", ".join(f"{check.name} ({check.behaviour})" for check in suite.checks)
    asked = f"{_outline(plan)}{_code(reference)}The checks: {checks}\n\n{_STATEMENT}"
    return _with_schema(asked, StatementDraft)


def _code(reference: str) -> str:
    return f"\nThe reference:\n{reference}\n\n"


def fault_of_words(words: StatementDraft, plan: Plan) -> str:
    """Return what is wrong with the passages of a statement, or an empty text."""
    said = sorted(passage.behaviour for passage in words.passages)
    wanted = sorted(behaviour.name for behaviour in plan.behaviours)
    return "" if said == wanted else f"passages are for {', '.join(said)}, and are to be for {', '.join(wanted)}"


def fault_of_suite(suite: SuiteDraft, plan: Plan) -> str:
    """Return what is wrong with a suite beside what its types say, or an empty text."""
    names = [check.name for check in suite.checks]
    doubled = next((name for name in names if names.count(name) > 1), "")
    if doubled:
        return f"two checks are called {doubled}"
    return next((fault for check in suite.checks for fault in _faults_of_check(check, plan)), "")


def _faults_of_check(check: CheckDraft, plan: Plan) -> Iterator[str]:
    parameters = [parameter.name for parameter in plan.parameters]
    if [argument.name for argument in check.arguments] != parameters:
        yield f"{check.name}: its arguments are to be {', '.join(parameters)}"
    if check.behaviour not in [behaviour.name for behaviour in plan.behaviours]:
        yield f"{check.name}: there is no behaviour {check.behaviour}"
    sizes = {size.name for size in check.sizes}
    for argument in check.arguments:
        yield from (f"{check.name}: the size {name} is not defined" for name in _sizes_of(argument.input) - sizes)
    if isinstance(check.judgement, Relation):
        yield from _faults_of_relation(check, check.judgement)


def _faults_of_relation(check: CheckDraft, relation: Relation) -> Iterator[str]:
    inputs = {argument.name: argument.input for argument in check.arguments}
    changed = inputs.get(relation.argument)
    if changed is None:
        yield f"{check.name}: there is no argument {relation.argument} to change"
    elif relation.change in {"reversed", "repeated"} and not isinstance(changed, Row | Table | TensorOf):
        yield f"{check.name}: {relation.argument} is no list, and cannot be {relation.change}"
    elif isinstance(changed, Row | Table) and not isinstance(changed.of, Integer | Number):
        yield f"{check.name}: {relation.argument} holds no numbers, and cannot be {relation.change}"


def _sizes_of(drawn: object) -> set[str]:
    match drawn:
        case Row(size=size):
            return {size}
        case Table(rows=rows, columns=columns):
            return {rows, columns}
        case TensorOf(sizes=sizes):
            return set(sizes)
    return set()


def _outline(plan: Plan) -> str:
    behaviours = "\n".join(f"- {each.name}: {each.text}" for each in plan.behaviours)
    return f"{plan.title}: the function {plan.function}{plan.signature}.\n{behaviours}\n"


def _mistakes(plan: Plan) -> str:
    return "Mistakes to notice:\n" + "\n".join(f"- {each.name}: {each.text}" for each in plan.mistakes) + "\n"


def _with_schema(question: str, kind: type[BaseModel]) -> str:
    """Put the schema behind a question, for servers that constrain nothing."""
    return f"{question}\n\nThe reply fits this JSON schema:\n{json.dumps(schema_of(kind), ensure_ascii=False)}"
