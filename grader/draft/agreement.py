"""Expected values: what the reference computes, where programs that were written without knowledge of it agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.draft.drawing import drawing_module
from grader.draft.journal import RefusalError
from grader.draft.literal import literal
from grader.draft.rendering import EXAMPLES, Case
from grader.draft.vocabulary import Raises, Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.draft.lab import Answer, Lab
    from grader.draft.plan import Plan
    from grader.draft.vocabulary import CheckDraft, SuiteDraft

PROBES = 6
"""Cases drawn of a check that holds no values of its own, to see whether programs agree on it."""


@dataclass(frozen=True)
class Drawn:
    """The cases of one check, before anything has answered them."""

    check: CheckDraft
    arguments: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Agreement:
    """What the programs agree upon."""

    cases: dict[str, tuple[Case, ...]]
    examples: tuple[Case, ...]
    """Cases of their own, to be shown."""
    agreeing: tuple[int, ...]
    """Of the independent programs, those that agree with the reference everywhere."""


def draw(lab: Lab, plan: Plan, suite: SuiteDraft) -> tuple[Drawn, ...]:
    """Draw the inputs of every check, in a guest.

    Raises:
        RefusalError: they cannot be drawn.
    """
    module = drawing_module(suite.checks, plan.packages)
    found = []
    for check in suite.checks:
        count = check.judgement.cases + EXAMPLES if isinstance(check.judgement, Values) else PROBES
        answers = lab.call(module, f"draw_{check.name}", [(seed,) for seed in range(count)])
        failed = next((answer for answer in answers if answer.error), None)
        if failed:
            raise RefusalError(f"the inputs of {check.name} cannot be drawn: {failed}")
        found.append(Drawn(check, tuple(answer.value for answer in answers)))
    return tuple(found)


def agree(lab: Lab, plan: Plan, drawn: Sequence[Drawn], reference: str, others: Sequence[str]) -> Agreement:
    """Run the reference and the independent programs on every case, and keep what they agree upon.

    Raises:
        RefusalError: the reference fails where it should not, most of the others contradict it, or a value has no place
            in a suite.
    """
    inputs = [arguments for each in drawn for arguments in each.arguments]
    found = lab.call(reference, plan.function, inputs)
    _check_the_reference(drawn, found)
    answers = [lab.call(code, plan.function, inputs) for code in others]
    agreeing = [place for place, theirs in enumerate(answers) if all(map(_agrees, found, theirs))]
    if len(agreeing) * 2 < len(others) or not agreeing:
        raise RefusalError(_dispute(plan, inputs, found, answers))
    return _collect(drawn, found, tuple(agreeing))


def _agrees(mine: Answer, theirs: Answer) -> bool:
    return mine.agrees(theirs)


def _check_the_reference(drawn: Sequence[Drawn], answers: Sequence[Answer]) -> None:
    for check, arguments, answer in zip(*_spread(drawn), answers, strict=True):
        wanted = check.judgement.error if isinstance(check.judgement, Raises) else ""
        if answer.error != wanted:
            does = f"answers {answer}" if not answer.error else f"raises {answer}"
            hoped = f"raise {wanted}" if wanted else "answer"
            raise RefusalError(f"in {check.name} the reference should {hoped}, and {does}, given {_shown(arguments)}")


def _spread(drawn: Sequence[Drawn]) -> tuple[list[CheckDraft], list[tuple[Any, ...]]]:
    pairs = [(each.check, arguments) for each in drawn for arguments in each.arguments]
    return [check for check, _ in pairs], [arguments for _, arguments in pairs]


def _dispute(
    plan: Plan, inputs: Sequence[tuple[Any, ...]], mine: Sequence[Answer], others: Sequence[Sequence[Answer]]
) -> str:
    """Say on which case most programs contradict the reference."""
    votes = [sum(not _agrees(answer, theirs[place]) for theirs in others) for place, answer in enumerate(mine)]
    place = votes.index(max(votes))
    said = " and ".join(str(theirs[place]) for theirs in others)
    return (
        f"{votes[place]} of {len(others)} independent solutions contradict the reference: {plan.function} of "
        f"{_shown(inputs[place])} is {mine[place]} by the reference, and {said} by the others"
    )


def _collect(drawn: Sequence[Drawn], answers: Sequence[Answer], agreeing: tuple[int, ...]) -> Agreement:
    waiting = iter(answers)
    cases: dict[str, tuple[Case, ...]] = {}
    examples: list[Case] = []
    for each in drawn:
        found = tuple(Case(arguments, next(waiting).value) for arguments in each.arguments)
        if isinstance(each.check.judgement, Raises):
            continue
        if isinstance(each.check.judgement, Values):
            cases[each.check.name] = found[EXAMPLES:]
        examples += found[:EXAMPLES]
    _check_the_values([*examples, *(case for each in cases.values() for case in each)])
    return Agreement(cases, tuple(examples[:EXAMPLES]), agreeing)


def _check_the_values(cases: Sequence[Case]) -> None:
    for case in cases:
        try:
            literal((case.arguments, case.expected))
        except ValueError as error:
            raise RefusalError(f"a result cannot be kept: {error}") from None


def _shown(arguments: tuple[Any, ...]) -> str:
    return ", ".join(repr(value)[:80] for value in arguments)
