"""A question that a model writes as a whole, in reverse order: program, inputs, values, suite, and the words last."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from grader.draft import asking
from grader.draft.agreement import agree, draw
from grader.draft.journal import Journal, RefusalError
from grader.draft.lab import Lab
from grader.draft.manuscript import Manuscript, make_spec
from grader.draft.plan import Plan, Program, StatementDraft
from grader.draft.rendering import hidden_suite, public_suite, starter, statements
from grader.draft.triage import fault_of
from grader.draft.vocabulary import SuiteDraft
from grader.models.conversation import Conversation, NoReplyError
from grader.proof.reading import MINIMUM_WRONG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.draft.agreement import Agreement
    from grader.draft.brief import Brief
    from grader.verdict import Level

INDEPENDENT = 2
"""Solutions that are drawn without knowledge of the reference."""
PLAN_TOKENS, PROGRAM_TOKENS, SUITE_TOKENS = 2048, 2048, 4096
WARMTH = 0.8
"""For what is to differ from what was drawn before."""
_IDLE = re.compile(r"checks: test_(\w+) \(line \d+\) kills nothing")


@dataclass(frozen=True)
class Material:
    """What a question is assembled from, and mended with."""

    brief: Brief
    name: str
    plan: Plan
    reference: str
    others: tuple[str, ...]
    """The independent solutions."""
    wrong: dict[str, str]
    words: StatementDraft
    suite: SuiteDraft
    agreement: Agreement


@dataclass
class Author:
    """Has a model write everything; its programs run in guests alone, and its suite is data."""

    conversation: Conversation
    level: Level | None = None

    def write(self, brief: Brief, name: str, journal: Journal) -> Manuscript:
        """Write a question.

        Raises:
            RefusalError: a stage did not come to an end.
        """
        with journal.stage("plan") as note:
            plan = self.conversation.ask(Plan, asking.for_plan(brief), stage="plan", max_tokens=PLAN_TOKENS)
            note.text = f"{plan.function}{plan.signature}"
        with journal.stage("reference"):
            reference = self._program(plan, asking.for_solution(plan), "reference", temperature=0.0)
        with journal.stage("inputs") as note:
            suite = self._suite(plan, asking.for_suite(plan, reference))
            note.text = f"{len(suite.checks)} checks"
        with journal.stage("solutions") as note:
            others = self._independent(plan)
            note.kept, note.offered = len(others), INDEPENDENT
        with journal.stage("agreement") as note:
            agreement = self._agree(plan, suite, reference, others)
            note.kept, note.offered = len(agreement.agreeing), len(others)
        with journal.stage("mistakes") as note:
            wrong = self._wrong(plan, reference)
            note.kept, note.offered = len(wrong), len(plan.mistakes)
        with journal.stage("statement"):
            words = self._words(plan, reference, suite)
        return _assemble(Material(brief, name, plan, reference, others, wrong, words, suite, agreement))

    def repair(self, manuscript: Manuscript, faults: tuple[str, ...], journal: Journal) -> Manuscript | None:
        """Leave out a check that is idle; for anything else ask for another suite.

        Raises:
            RefusalError: the model's suite cannot be used either.
        """
        material = manuscript.material
        assert isinstance(material, Material), "this author wrote it"
        plan, suite = material.plan, material.suite
        with journal.stage("repair") as note:
            idle = next((match[1] for fault in faults if (match := _IDLE.match(fault))), "")
            if idle and len(suite.checks) > 1 and all(map(_IDLE.match, faults)):
                note.text = f"left out the check {idle}"
                suite = suite.without(idle)
            else:
                question = asking.for_repair(plan, material.reference, suite, faults)
                suite = self._suite(plan, question)
                note.text = f"another suite of {len(suite.checks)} checks"
            agreement = self._agree(plan, suite, material.reference, material.others)
        return _assemble(replace(material, suite=suite, agreement=agreement))

    def _program(
        self, plan: Plan, question: str, stage: str, *, temperature: float = WARMTH, variation: int = 0
    ) -> str:
        """Ask for a program until one is what was asked for, as far as can be seen."""
        program = self.conversation.ask(
            Program,
            question,
            stage=stage,
            max_tokens=PROGRAM_TOKENS,
            temperature=temperature,
            variation=variation,
            judge=lambda each: fault_of(each.code, plan),
        )
        return program.code

    def _suite(self, plan: Plan, question: str) -> SuiteDraft:
        judge = partial(asking.fault_of_suite, plan=plan)
        return self.conversation.ask(SuiteDraft, question, stage="inputs", max_tokens=SUITE_TOKENS, judge=judge)

    def _words(self, plan: Plan, reference: str, suite: SuiteDraft) -> StatementDraft:
        question = asking.for_statement(plan, reference, suite)
        judge = partial(asking.fault_of_words, plan=plan)
        return self.conversation.ask(StatementDraft, question, stage="statement", max_tokens=PLAN_TOKENS, judge=judge)

    def _independent(self, plan: Plan) -> tuple[str, ...]:
        """Draw solutions from the plan alone; one that cannot be had is one vote less."""
        found = []
        for number in range(INDEPENDENT):
            try:
                found.append(self._program(plan, asking.for_solution(plan), "solutions", variation=number + 1))
            except NoReplyError:
                continue
        if not found:
            raise RefusalError("no solution could be drawn that the reference can be compared with")
        return tuple(found)

    def _agree(self, plan: Plan, suite: SuiteDraft, reference: str, others: Sequence[str]) -> Agreement:
        with Lab(plan.packages, self.level) as lab:
            return agree(lab, plan, draw(lab, plan, suite), reference, others)

    def _wrong(self, plan: Plan, reference: str) -> dict[str, str]:
        """Ask for a wrong program by each mistake."""
        found = {}
        for mistake in plan.mistakes:
            question = asking.for_mistake(plan, reference, mistake)
            try:
                found[mistake.name] = self._program(plan, question, "mistakes", temperature=0.3)
            except NoReplyError:
                continue
        if len(found) < MINIMUM_WRONG:
            raise RefusalError(f"{len(found)} wrong solutions could be had, and {MINIMUM_WRONG} are asked for")
        return found


def _assemble(material: Material) -> Manuscript:
    """Put the question together.

    Raises:
        RefusalError: a value has no place in a suite.
    """
    plan, suite, agreement = material.plan, material.suite, material.agreement
    english, chinese = statements(plan, material.words, suite)
    correct = {f"independent_{place + 1}": material.others[place] for place in agreement.agreeing}
    files = {
        "bank/statement.en.md": english,
        "bank/statement.zh.md": chinese,
        "bank/starter.py": starter(plan),
        "bank/test_public.py": public_suite(plan, agreement.examples),
        "bank/test_hidden.py": hidden_suite(plan, suite, agreement.cases),
        "solutions/reference.py": material.reference,
        **{f"solutions/correct/{name}.py": code for name, code in correct.items()},
        **{f"solutions/wrong/{name}.py": code for name, code in material.wrong.items()},
    }
    spec = make_spec(
        material.brief,
        material.name,
        title=plan.title,
        chinese=plan.title_zh,
        exports={plan.function: plan.signature},
        packages=plan.packages,
        skills=plan.skills,
        minutes=plan.minutes,
    )
    return Manuscript(spec, files, ours=False, filled={"plan": plan.model_dump()}, material=material)
