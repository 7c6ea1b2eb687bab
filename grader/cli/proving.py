"""`grade verify`: whether questions are sound, and why not."""

from __future__ import annotations

import contextlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import click

from grader.cli.options import bank_option, isolation_option, seed_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from rich.progress import Progress

    from grader.bank import Bank
    from grader.proof.document import Proof
    from grader.proof.workbench import Step
    from grader.rubric import AnyQuestion
    from grader.verdict import Level

    Apply = Callable[[Callable[[AnyQuestion], tuple[Proof, str]], Iterable[AnyQuestion]], Iterator[tuple[Proof, str]]]


class Wishes(NamedTuple):
    """How a person wants questions proven."""

    quick: bool
    again: bool
    runs: int | None
    jobs: int | None
    seed: int | None
    isolation: str | None


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Every question of the bank; the same as giving no ID.")
@click.option(
    "--quick", is_flag=True, help="A few runs, a sample of wrong ones and mutants: coarse faults soon, no proof."
)
@click.option("--again", is_flag=True, help="Prove anew what has not changed since it was proven.")
@click.option(
    "--runs", type=click.IntRange(1), help="How often right ones must pass and wrong ones fail; 20 unless given."
)
@click.option("--jobs", type=click.IntRange(1), help="Submissions graded at a time; one a core unless given.")
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@seed_option
@isolation_option
@bank_option
def verify(
    ids: tuple[str, ...],
    everything: bool,
    quick: bool,
    again: bool,
    runs: int | None,
    jobs: int | None,
    form: str,
    seed: int | None,
    isolation: str | None,
    bank_folder: Path | None,
) -> int:
    """Say whether questions are sound: right solutions pass, wrong ones and mutants fail, every check earns its place.

    The proof is kept in proof.json beside the question, unless it was quick or of fewer than 20 runs. What is proven
    and has not changed is not proven again: an interrupted run goes on where it was. Where only the statement or the
    title, minutes, skills, source of the spec have changed, or solutions in correct/, just these are looked at, and
    the rest of the proof is kept. Exit code 0: all are proven.

    \b
    Example:
      grade verify gan-step fedavg
      grade verify --all
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank

    if ids and everything:
        raise InputError("IDs and --all exclude each other", cure="Give one of them")
    bank = load_bank(bank_folder)
    wishes = Wishes(quick, again, runs, jobs, seed, isolation)
    proofs = _prove_all(_chosen(bank, ids), wishes, shown=form == "terminal")
    if form == "json":
        click.echo(json.dumps([proof.model_dump(mode="json") for proof in proofs], indent=2, ensure_ascii=False))
    faults = () if ids else bank.faults()
    for fault in faults:
        click.echo(f"Error: {fault}", err=True)
    sound = all(not proof.faults if quick else proof.proven for proof in proofs)
    return 0 if sound and not faults else 1


def _chosen(bank: Bank, ids: tuple[str, ...]) -> list[AnyQuestion]:
    return [bank.find(name) for name in dict.fromkeys(ids)] if ids else list(bank.questions)


def _prove_all(questions: list[AnyQuestion], wishes: Wishes, *, shown: bool) -> list[Proof]:
    """Prove one question after the other, each on all cores; show each as soon as it is done.

    Quick looks go side by side on one core each: half of their time goes into starting and into runs that are measured
    one by one, and what is measured need not be exact.
    """
    from grader.proof.view import render_proof
    from grader.report.drawing import make_console

    jobs = wishes.jobs or os.cpu_count() or 1
    abreast = max(min(jobs, len(questions)), 1) if wishes.quick else 1
    wishes = wishes._replace(jobs=jobs // abreast)
    proofs = []
    with _progress(len(questions)) as report, _abreast(abreast) as apply:
        results = apply(lambda question: _prove(question, wishes, report.step_of(question)), questions)
        for question, (proof, kept) in zip(questions, results, strict=True):
            proofs.append(proof)
            report.count()
            if shown:
                render_proof(question, proof, make_console(), kept=kept)
    return proofs


@contextlib.contextmanager
def _abreast(number: int) -> Iterator[Apply]:
    """Give a `map` that does so many at a time, and begins nothing new once the block is left."""
    if number == 1:
        yield map  # in this thread: Ctrl-C ends a proof at once
        return
    threads = ThreadPoolExecutor(number, thread_name_prefix="verify")
    try:
        yield threads.map
    finally:
        threads.shutdown(cancel_futures=True)


def _prove(question: AnyQuestion, wishes: Wishes, step: Step | None) -> tuple[Proof, str]:
    """Return the proof of a question; where one stood beside it that holds, say how."""
    from grader.proof.ledger import State, read_proof, state_of
    from grader.proof.trial import try_question
    from grader.verdict import Level

    old = None if wishes.again else read_proof(question)
    if old and state_of(question) is State.PROVEN:
        return old, "as proven before"
    level = Level(wishes.isolation) if wishes.isolation else None
    if old and (renewed := _renew(question, old, wishes, level, step)):
        if renewed.proven:
            _keep(question, renewed)
        return renewed, "renewed, for no check and no wrong answer has changed"
    proof = try_question(
        question,
        seed=wishes.seed,
        level=level,
        runs=wishes.runs,
        quick=wishes.quick,
        jobs=wishes.jobs,
        step=step,
    )
    _keep(question, proof)
    return proof, ""


def _renew(question: AnyQuestion, old: Proof, wishes: Wishes, level: Level | None, step: Step | None) -> Proof | None:
    """Return the proof that goes on after a change of words or of right answers alone; None where there is none."""
    from grader.proof.renewal import renew
    from grader.rubric import ConceptQuestion

    if isinstance(question, ConceptQuestion) or wishes.quick or wishes.runs is not None:
        return None
    return renew(question, old, seed=wishes.seed, level=level, jobs=wishes.jobs, step=step)


def _keep(question: AnyQuestion, proof: Proof) -> None:
    """Write a proof beside its question, if it is one, and say so where that cannot be done."""
    from grader.proof.ledger import write_proof
    from grader.proof.trial import RUNS
    from grader.rubric import ConceptQuestion
    from grader.vault import is_opened

    if is_opened(question.folder):
        click.echo(f"Warning: {question.id} is sealed, so its proof is not kept: unseal, verify, seal again", err=True)
    elif not proof.quick and (proof.runs >= RUNS or isinstance(question, ConceptQuestion)):
        try:
            write_proof(question, proof)
        except OSError as error:
            click.echo(f"Warning: the proof of {question.id} cannot be kept: {error}", err=True)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Reporter]:
    """Show two bars on a terminal: the questions, and the gate of the present one."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if not sys.stderr.isatty():
        yield Reporter(None, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Reporter(progress, total)


class Reporter:
    """Makes the callbacks that move the bars."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._questions = progress.add_task("questions", total=total) if progress else None
        self._gate = progress.add_task("", total=None) if progress else None

    def count(self) -> None:
        """Count a question that is done."""
        if self._progress is not None and self._questions is not None:
            self._progress.advance(self._questions)

    def step_of(self, question: AnyQuestion) -> Step | None:
        """Begin a question."""
        progress, gate, questions = self._progress, self._gate, self._questions
        if progress is None or gate is None or questions is None:
            return None
        progress.update(questions, description=question.qualified_id)

        def step(name: str, done: int, total: int) -> None:
            progress.update(gate, description=name, completed=done, total=total)

        return step
