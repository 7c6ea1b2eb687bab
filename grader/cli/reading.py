"""`grade list`, `grade show`, `grade start`: the bank, for a reader and for a candidate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option, language_option
from grader.errors import InputError

if TYPE_CHECKING:
    from grader.question import Language
    from grader.rubric import AnyQuestion, ConceptQuestion


@click.command("list")
@bank_option
@language_option
@click.option("--family", help="Only this family.")
@click.option("--difficulty", type=click.Choice(["easy", "medium", "hard"]), help="Only this difficulty.")
@click.option("--format", "form", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
def list_questions(
    bank_folder: Path | None, language: Language, family: str | None, difficulty: str | None, form: str
) -> None:
    """List the questions of the bank.

    \b
    Example:
      grade list --family nlp --format json
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank

    bank = load_bank(bank_folder)
    chosen = [
        question
        for question in bank.questions
        if family in {None, question.spec.family} and difficulty in {None, question.spec.difficulty}
    ]
    rows = [_row(question) for question in chosen]
    if form == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        from grader.report.drawing import make_console
        from grader.report.listing import render_list

        render_list(rows, make_console(), language)
    for fault in bank.faults():
        click.echo(f"Warning: {fault}", err=True)


def _row(question: AnyQuestion) -> dict[str, object]:
    from grader.proof.ledger import state_of

    spec = question.spec
    return {
        "id": spec.id,
        "family": spec.family,
        "kind": spec.kind,
        "difficulty": spec.difficulty,
        "minutes": spec.minutes,
        "topic": spec.source.topic,
        "proof": state_of(question).value,
    }


@click.command()
@click.argument("id")
@bank_option
@language_option
def show(id: str, bank_folder: Path | None, language: Language) -> None:  # noqa: A002  the word of the command line
    """Show one question: its statement, its interface, what its checks weigh.

    \b
    Example:
      grade show masked-pooling --lang zh
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank, statement
    from grader.report.drawing import make_console
    from grader.report.listing import render_show

    question = load_bank(bank_folder).find(id)
    render_show(question, statement(question, language), make_console(), language)


@click.command()
@click.argument("id")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--candidate", metavar="CODE", help="Who it is for; with --key, the options have this candidate's order.")
@click.option(
    "--key", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
    help="Secret that the order of options is derived from; without it the order is drawn anew each time.",
)  # fmt: skip
@bank_option
def start(
    id: str,  # noqa: A002  the word of the command line
    folder: Path | None,
    candidate: str | None,
    key: Path | None,
    bank_folder: Path | None,
) -> None:
    """Write statement, starter and public tests into FOLDER (by default one named like the question).

    Of a question that asks for words it writes the statement and the form to be filled in.

    \b
    Example:
      grade start fedavg work/
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import load_bank

    question = load_bank(bank_folder).find(id)
    folder = folder or Path(question.id)
    written = _handout(question, candidate, key)
    existing = [name for name in written if (folder / name).exists()]
    if existing:
        raise InputError(
            f"{existing[0]} is there already", file=folder, cure="Choose another folder; nothing was written"
        )
    try:
        _write_all(folder, written)
    except OSError as error:
        raise InputError(
            f"it cannot be written: {error.strerror}", file=folder, cure="Choose another folder"
        ) from error
    click.echo(f"Wrote {', '.join(written)} to {folder}/. {_what_next(question, folder)}")


def _what_next(question: AnyQuestion, folder: Path) -> str:
    from grader.answers.form import form_name
    from grader.rubric import ConceptQuestion

    if isinstance(question, ConceptQuestion):
        return f"Fill it in, then: grade submit {question.id} {folder / form_name(question.spec)}"
    return f"Try it with: grade try {question.id} {folder / question.spec.submission.file}"


def _write_all(folder: Path, contents: dict[str, bytes]) -> None:
    """Write new files, all of them or none."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name, content in contents.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    except OSError:
        for name in contents:
            (folder / name).unlink(missing_ok=True)
        raise


def _handout(question: AnyQuestion, candidate: str | None, key: Path | None) -> dict[str, bytes]:
    """Return what a candidate begins with, by the names of the files."""
    from grader.bank import statement, statement_file
    from grader.handout import form, sources
    from grader.question import LANGUAGES
    from grader.rubric import ConceptQuestion

    texts = {
        statement_file(question.folder, language).name: statement(question, language).encode() for language in LANGUAGES
    }
    if isinstance(question, ConceptQuestion):
        return {**texts, **form(question, _drawn(question, candidate, key))}
    return {**texts, **sources(question)}


def _drawn(question: ConceptQuestion, candidate: str | None, key: Path | None) -> str:
    from grader.answers import choice

    if (key is None) != (candidate is None):
        raise InputError("--key and --candidate belong together", cure="Give both, or none")
    return choice.draw(key.read_bytes(), question.qualified_id, candidate) if key and candidate else choice.draw()
