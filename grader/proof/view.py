"""A proof for a person to read: what was tried, what killed what, what survived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grader.proof.mutation.mutator import make_mutants
from grader.report.drawing import indented, make_pen, show
from grader.rubric import ConceptQuestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, RenderableType

    from grader.proof.document import CheckRecord, MutantRecord, Proof
    from grader.question import Question
    from grader.report.drawing import Pen
    from grader.rubric import AnyQuestion


def render_proof(question: AnyQuestion, proof: Proof, console: Console, *, kept: str = "") -> None:
    """Show a proof, or only its sum where it was `kept`; then that says how it still holds."""
    pen = make_pen(console, "en")
    parts: list[RenderableType] = [_title(proof, kept=kept), indented(Text(_summary(proof), style="dim"))]
    if not kept:
        parts += [indented(_checks(proof.checks, pen))] if proof.checks else []
        parts += [*map(indented, _rest(question, proof, pen))]
    parts += [indented(Text(f"FAULT: {fault}", style="red")) for fault in proof.faults]
    show(console, [*parts, Text()])


def _title(proof: Proof, *, kept: str) -> Text:
    word, style = ("sound", "bold green") if not proof.faults else ("NOT SOUND", "bold red")
    note = f", {kept}" if kept else ", by a quick look, which proves nothing" if proof.quick else ""
    return Text.assemble((proof.id, "bold"), ": ", (word, style), f"{note} ({proof.seconds:.1f} s)")


def _summary(proof: Proof) -> str:
    mutants, parts = proof.mutants, []
    if proof.score is not None:
        told = mutants["killed"] + mutants["alive"]
        parts.append(f"{mutants['killed']} of {told} mutants killed ({proof.score:.0%})")
        parts += [f"{mutants[kind]} {word}" for kind, word in _KINDS.items() if mutants[kind]]
    if proof.coverage is not None:
        parts.append(f"{proof.coverage:.0%} of the branches run")
    if "answers" in proof.environment:
        return " · ".join([*parts, *_words_of(proof)])
    wrong = sum(sight.role not in {"reference", "correct"} for sight in proof.exhibits)
    parts += [f"{len(proof.exhibits) - wrong} right solutions, {proof.runs} runs each", f"{wrong} wrong ones"]
    return " · ".join([*parts, f"one grading takes {proof.suite_seconds:.1f} s"])


def _words_of(proof: Proof) -> Iterator[str]:
    """Sum up the proof of a question that is answered in words."""
    yield f"{len(proof.exhibits)} exemplars" if proof.exhibits else "read in every order of its options"
    if held_out := sum(proof.held_out.values()):
        yield f"{proof.held_out['right']} of {held_out} held out come out right"


_SHOWN = 3
_KINDS = {"equivalent": "probably equivalent", "accepted": "accepted in the spec"}


def _checks(checks: Iterable[CheckRecord], pen: Pen) -> Table:
    """What each hidden check is good for."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    table.add_row(*(Text(head, style="cyan") for head in ("hidden check", "kills", "alone")))
    for check in checks:
        alone = check.alone or ("(contract)" if check.contract else "")
        table.add_row(pen.line(check.name), Text(str(check.kills)), pen.line(alone, "dim"))
    return table


def _rest(question: AnyQuestion, proof: Proof, pen: Pen) -> Iterator[RenderableType]:
    if proof.same:
        names = ", ".join(name.partition("/")[2] for name in proof.same)
        yield Text(f"Trivial answers that answer like the reference here: {names}", style="dim")
    lucky = sorted(((sight.luck, sight.name) for sight in proof.exhibits if sight.luck), reverse=True)
    if lucky:
        told = ", ".join(f"{name} ({luck:.2%})" for luck, name in lucky[:_SHOWN])
        yield pen.line(f"Nearest to luck, with the share of all seeds that would let it pass, at most: {told}", "dim")
    if proof.equivalent:
        yield Text("Probably equivalent, for they never answered differently:", style="dim")
        yield from (indented(_line(record, pen)) for record in proof.equivalent)
    if proof.alive:
        yield Text("Alive:", style="yellow")
    if isinstance(question, ConceptQuestion):
        yield from (indented(_line(record, pen)) for record in proof.alive)
    elif proof.alive:
        yield from map(indented, _diffs(question, proof.alive))


def _line(record: MutantRecord, pen: Pen) -> Text:
    return pen.line(f"{record.name}: {record.before} → {record.after or '(left out)'}", "dim")


def _diffs(question: Question, records: Iterable[MutantRecord]) -> Iterator[RenderableType]:
    original = question.reference.read_text(encoding="utf-8")
    mutants = {mutant.name: mutant for mutant in make_mutants(original)}
    for record in records:
        yield Syntax(mutants[record.name].diff(original, "reference.py"), "diff", background_color="default")
