"""A draft on one page, in Markdown: what a person reads before taking it into the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.draft.record import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.draft.record import Draft
    from grader.proof.document import Proof

MOST_FAULTS = 12
MOST_LIKE = 5
_MARKUP = str.maketrans({"|": "\\|", "\n": " ", "<": "&lt;", "`": "'"})


def draw_sheet(draft: Draft, proof: Proof | None) -> str:
    """Return the page of a draft; the proof is the last one, where there is one that holds."""
    parts = [*_head(draft), "", *_stages(draft), *_words(draft), *_proof(proof), *_faults(draft), *_likeness(draft)]
    return "\n".join([*parts, "", *_next(draft), ""])


def _head(draft: Draft) -> Iterator[str]:
    yield f"# Draft {draft.id}: {draft.ending.value}"
    yield ""
    yield f"- topic: {_plain(draft.brief.topic)}; family {draft.family}, {draft.brief.difficulty}"
    yield f"- model: {_plain(draft.model) or 'none'}; template: {draft.template or 'none'}; seed {draft.seed}"
    yield f"- cost: {draft.tokens} tokens, {draft.seconds:g} s; repairs: {draft.rounds}"
    if draft.ending is Ending.REFUSED:
        yield f"- refused at *{draft.stage}*: {_plain(draft.reason)}"
    if draft.attempts:
        attempts = draft.attempts
        share = f"{attempts.solved} of {attempts.tried} right"
        yield f"- attempts of the same model: {share}; difficulty {attempts.difficulty}"


def _stages(draft: Draft) -> Iterator[str]:
    yield "| stage | outcome | yield | tokens | seconds | note |"
    yield "|---|---|---|---|---|---|"
    for stage in draft.stages:
        share = f"{stage.kept} of {stage.offered}" if stage.offered else ""
        note = _plain(stage.note)
        yield f"| {stage.name} | {stage.outcome} | {share} | {stage.tokens} | {stage.seconds:g} | {note} |"


def _words(draft: Draft) -> Iterator[str]:
    if draft.template and draft.filled:
        yield from ("", "## Slots", "")
        for name, value in draft.filled.items():
            yield f"- {name}: {_plain(str(value))}{' (the template)' if name in draft.defaults else ''}"


def _proof(proof: Proof | None) -> Iterator[str]:
    if proof is None:
        return
    counts = ", ".join(f"{count} {name}" for name, count in proof.mutants.items())
    yield from ("", "## Proof", "")
    yield f"- mutants: {counts}; branches of the reference: {proof.coverage or 0:.0%}"
    yield f"- each right solution passed {proof.runs} runs; grading the reference takes {proof.suite_seconds:g} s"
    for sight in proof.exhibits:
        found = ", ".join(sight.failing)
        yield f"- {sight.name}: {_plain(found) or 'passes'}"
    for mutant in (*proof.alive, *proof.equivalent):
        yield f"- survivor {mutant.name}: {_plain(mutant.before)} → {_plain(mutant.after) or '(left out)'}"


def _faults(draft: Draft) -> Iterator[str]:
    if draft.faults:
        yield from ("", "## What the proof objected to", "")
        yield from (f"- {_plain(fault)}" for fault in draft.faults[:MOST_FAULTS])


def _likeness(draft: Draft) -> Iterator[str]:
    if draft.likeness or draft.nearness:
        yield from ("", "## Questions of the bank that resemble it", "")
        yield from (f"- {each.id}: {each.share:.0%} of the phrases" for each in draft.likeness[:MOST_LIKE])
        yield from (f"- {each.id}: {each.cosine:.2f} by the model's vectors" for each in draft.nearness[:MOST_LIKE])


def _next(draft: Draft) -> Iterator[str]:
    if draft.ending is Ending.PROVEN:
        yield "A proof says that suite and solutions fit together, not that the question is worth asking."
        yield f"Read the statement, the hidden suite and the reference; then `grade draft accept {draft.id}`."
    else:
        yield f"`grade draft accept {draft.id} --force --reason ...` takes it all the same, if it holds a question."


def _plain(text: str) -> str:
    """Write what a model or a candidate's process said so that it stays one cell."""
    return text.translate(_MARKUP)
