"""The sentence: a brief is written into a question, the question is proven, and what became of it is written down."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from grader.draft.attempts import try_as_candidate
from grader.draft.journal import Journal, RefusalError
from grader.draft.lab import Lab
from grader.draft.likeness import alike, near
from grader.draft.record import Attempts, Draft, Ending, Likeness, Nearness
from grader.draft.sheet import draw_sheet
from grader.models.model import ModelError
from grader.proof.ledger import write_proof
from grader.proof.trial import try_question
from grader.report.untrusted import neutral

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.bank import Bank
    from grader.draft.brief import Brief
    from grader.draft.folder import DraftFolder
    from grader.draft.manuscript import Manuscript
    from grader.models.conversation import Conversation
    from grader.proof.document import Proof
    from grader.proof.workbench import Step
    from grader.question import Question
    from grader.verdict import Level

ROUNDS = 2
SHOWN_FAULTS = 5


class Writer(Protocol):
    """Turns a brief into a question; a `TemplateWriter`, or an `Author` where a model writes everything."""

    def write(self, brief: Brief, name: str, journal: Journal) -> Manuscript:
        """Write a question.

        Raises:
            RefusalError: there is none to be had.
        """

    def repair(self, manuscript: Manuscript, faults: tuple[str, ...], journal: Journal, /) -> Manuscript | None:
        """Mend what a proof objected to; None where nothing can be mended.

        Raises:
            RefusalError: what the model says to it cannot be used.
        """


@dataclass(frozen=True)
class Workshop:
    """What a draft is made with."""

    writer: Writer
    conversation: Conversation
    bank: Bank | None = None
    """Where questions may be that the draft resembles."""
    rounds: int = ROUNDS
    attempts: int = 0
    seed: int = 0
    level: Level | None = None
    jobs: int | None = None
    heard: Callable[[str], None] = print
    step: Step | None = None


def make_draft(brief: Brief, folder: DraftFolder, workshop: Workshop, *, template: str | None = None) -> Draft:
    """Draft one question, from the brief to a proof or a refusal, and write down all of it in the draft's folder.

    Raises:
        IsolationError: this machine cannot hold a guest; said before a model is asked, not after.
    """
    with Lab((), workshop.level):
        pass
    return _Drafting(brief, folder, workshop, template).run()


class _Drafting:
    """One draft on its way."""

    def __init__(self, brief: Brief, folder: DraftFolder, workshop: Workshop, template: str | None) -> None:
        self._brief, self._folder, self._workshop, self._template = brief, folder, workshop, template
        self._journal = Journal(workshop.conversation, workshop.heard)
        self._manuscript: Manuscript | None = None
        self._likeness: tuple[Likeness, ...] = ()
        self._nearness: tuple[Nearness, ...] = ()
        self._attempts: Attempts | None = None
        self._rounds = 0

    def run(self) -> Draft:
        """Go through the stages until one refuses, and write down what came of it."""
        started = time.monotonic()
        refusal: RefusalError | None = None
        proof: Proof | None = None
        try:
            proof = self._pass_the_stages()
        except RefusalError as error:
            refusal = error
        draft = self._write_down(refusal, time.monotonic() - started)
        self._folder.write_draft(draft, draw_sheet(draft, proof))
        return draft

    def _pass_the_stages(self) -> Proof:
        shop, journal = self._workshop, self._journal
        self._manuscript = shop.writer.write(self._brief, self._folder.id, journal)
        question, proof = self._prove()
        while not proof.proven:
            self._repair(proof)
            question, proof = self._prove()
        if shop.bank:
            self._look_around(question)
        if shop.attempts:
            with journal.stage("attempts") as note:
                self._attempts = try_as_candidate(question, shop.conversation, shop.attempts, shop.level)
                note.kept, note.offered = self._attempts.solved, self._attempts.tried
                note.text = f"difficulty {self._attempts.difficulty}"
        return proof

    def _look_around(self, question: Question) -> None:
        """Look for questions that mean something near, where the model has vectors."""
        talk, bank = self._workshop.conversation, self._workshop.bank
        assert bank is not None, "there is somewhere to look"
        with self._journal.stage("nearness") as note:
            try:
                self._nearness = near(
                    question, bank.questions, talk.model, deadline=talk.budget.deadline,
                    folder=talk.replies.folder if talk.replies else None,
                )  # fmt: skip
                note.text = f"{len(self._nearness)} of {len(bank.questions)} questions are near"
            except ModelError as error:
                note.text = f"not looked at: {error}"

    def _prove(self) -> tuple[Question, Proof]:
        """Write the question into its folder, look for others like it, and put it to the proof."""
        shop, manuscript = self._workshop, self._manuscript
        assert manuscript is not None, "a question was written"
        with self._journal.stage("assembly") as note:
            question = self._folder.write_question(manuscript.spec, manuscript.files)
            self._likeness = alike(question, shop.bank.questions) if shop.bank else ()
            note.text = f"{len(question.checks)} checks, {question.max_points:g} points"
        with self._journal.stage("proof") as note:
            proof = try_question(
                question, seed=shop.seed, level=shop.level, jobs=shop.jobs, step=shop.step, ours=manuscript.ours
            )
            note.kept, note.offered = proof.mutants.get("killed", 0), sum(proof.mutants.values())
            note.text = "every gate was passed" if proof.proven else f"{len(proof.faults)} faults: {proof.faults[0]}"
            write_proof(question, proof)
        return question, proof

    def _repair(self, proof: Proof) -> None:
        shop, manuscript = self._workshop, self._manuscript
        assert manuscript is not None, "a question was proven"
        faults = proof.faults[:SHOWN_FAULTS]
        if self._rounds >= shop.rounds:
            reason = f"not proven after {self._rounds} repairs: {faults[0]}"
            raise RefusalError(neutral(reason), faults=tuple(map(neutral, proof.faults)))
        mended = shop.writer.repair(manuscript, faults, self._journal)
        if mended is None:
            raise RefusalError(neutral(f"not proven: {faults[0]}"), faults=tuple(map(neutral, proof.faults)))
        self._manuscript = mended
        self._rounds += 1

    def _write_down(self, refusal: RefusalError | None, seconds: float) -> Draft:
        shop, manuscript, stages = self._workshop, self._manuscript, self._journal.stages
        return Draft(
            id=self._folder.id,
            family=self._brief.family,
            brief=self._brief,
            model=shop.conversation.model.identity,
            template=self._template,
            ending=Ending.REFUSED if refusal else Ending.PROVEN,
            stage=stages[-1].name if stages else "",
            reason=str(refusal) if refusal else "",
            faults=refusal.faults if refusal else (),
            stages=tuple(stages),
            rounds=self._rounds,
            filled=dict(manuscript.filled) if manuscript else {},
            defaults=manuscript.defaults if manuscript else (),
            likeness=self._likeness,
            nearness=self._nearness,
            attempts=self._attempts,
            tokens=shop.conversation.spent,
            seconds=round(seconds, 1),
            seed=shop.seed,
        )
