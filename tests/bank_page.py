"""The page about the bank: every question, and every topic with its question. `--write` renews docs/bank.md."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from grader.bank import load_bank, solutions
from grader.proof.ledger import read_proof
from grader.rubric import ChoiceSpec, ConceptQuestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.rubric import AnyQuestion

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "bank.md"
TOPICS = ROOT / "bank" / "topics.yaml"
HEAD = """# The bank

Made by `python -m tests.bank_page --write` from the specs, the solutions and the proofs beside them. *Rejected* are
wrong answers of ours, each of which the hidden suite must refuse; *mutants* is the share of small mistakes in the
reference that it notices; *suite* is what one warm grading takes. A `choice` and a `short` question are answered in
words.
"""
NOT_YET = "not written yet"


@dataclass(frozen=True)
class Topic:
    """One thing the bank is to ask about."""

    family: str
    slug: str
    title: str
    kind: str
    form: str = "code"


def topics() -> list[Topic]:
    """Return all topics, in the order of the file."""
    families = yaml.safe_load(TOPICS.read_text(encoding="utf-8"))
    return [Topic(family, slug, **row) for family, rows in families.items() for slug, row in rows.items()]


def page() -> str:
    """Return the page."""
    questions = load_bank(ROOT / "bank").questions
    return "\n".join([HEAD, *_questions(questions), *_topics(questions)]) + "\n"


def _questions(questions: tuple[AnyQuestion, ...]) -> Iterator[str]:
    minutes = sum(question.spec.minutes for question in questions)
    yield f"{len(questions)} questions, {minutes} minutes.\n"
    for family in dict.fromkeys(topic.family for topic in topics()):
        members = [question for question in questions if question.spec.family == family]
        if members:
            yield f"## {family}\n"
            for question in members:
                yield from _entry(question)


def _entry(question: AnyQuestion) -> Iterator[str]:
    spec, proof = question.spec, read_proof(question)
    if isinstance(question, ConceptQuestion):
        yield from _concept_entry(question)
        return
    wrong = [path.stem.replace("_", " ") for path in solutions(question, "wrong")]
    yield f"### {spec.title.en} · {spec.title.in_language('zh')}\n"
    facts = [f"`{spec.id}`", spec.difficulty, f"{spec.minutes} minutes", f"{question.max_points:g} points"]
    if proof is not None and proof.score is not None:
        facts += [f"mutants {proof.score:.0%}", f"suite {proof.suite_seconds:.1f} s"]
    yield " · ".join([*facts, ", ".join(spec.skills)]) + "\n"
    yield f"Rejected: {'; '.join(wrong)}.\n"


def _concept_entry(question: ConceptQuestion) -> Iterator[str]:
    spec, proof = question.spec, read_proof(question)
    yield f"### {spec.title.en} · {spec.title.in_language('zh')}\n"
    facts = [f"`{spec.id}`", spec.kind, spec.difficulty, f"{spec.minutes} minutes", f"{question.max_points:g} points"]
    yield " · ".join([*facts, ", ".join(spec.skills)]) + "\n"
    if isinstance(spec, ChoiceSpec):
        yield f"{len(spec.options)} options, {len(spec.right)} right.\n"
        return
    held_out = proof.held_out if proof is not None else {}
    measured = f", {held_out['right']} of {sum(held_out.values())} held out come out right" if held_out else ""
    names = "; ".join(name.replace("-", " ") for name in spec.key_points)
    yield f"Key points: {names}. {len(question.exemplars)} exemplars{measured}.\n"


def _topics(questions: tuple[AnyQuestion, ...]) -> Iterator[str]:
    by_topic: dict[str, list[str]] = {}
    for question in questions:
        by_topic.setdefault(question.spec.source.topic, []).append(f"`{question.id}`")
    every = topics()
    covered = sum(topic.slug in by_topic for topic in every)
    yield f"## Topics\n\n{covered} of {len(every)} have a question.\n"
    yield "| family | topic | | question |\n|---|---|---|---|"
    for topic in every:
        ids = ", ".join(by_topic.get(topic.slug, [])) or f"*{NOT_YET}*"
        yield f"| {topic.family} | {topic.title} (`{topic.slug}`) | {topic.kind} | {ids} |"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
