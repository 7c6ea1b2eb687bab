"""`grade draft`: a language model proposes a question, and the proof disposes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from grader.cli.documents import document
from grader.cli.options import bank_option, isolation_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.bank import Bank
    from grader.draft.brief import Brief
    from grader.draft.drafting import Workshop, Writer
    from grader.draft.record import Draft
    from grader.models.conversation import Conversation
    from grader.models.model import Model
    from grader.verdict import Level

KEY = "GRADE_MODEL_KEY"


class Wishes(NamedTuple):
    """How a person wants a draft made."""

    template: str | None
    model: str | None
    server: str | None
    tokens: int
    seconds: float
    rounds: int
    attempts: int
    seed: int
    fresh: bool
    isolation: str | None


def drafts_option(function: click.decorators.FC) -> click.decorators.FC:
    """Add `--drafts DIR`."""
    return click.option(
        "--drafts", type=click.Path(path_type=Path, file_okay=False), default=Path("drafts"), show_default=True,
        metavar="DIR", help="Folder of the drafts.",
    )(function)  # fmt: skip


@click.group()
def draft() -> None:
    """Draft questions with a language model or out of documents, and prove them.

    \b
    Example:
      grade draft topic "F score of a defect classifier" --family evaluation --template metric
      grade draft accept f-score-of-a-defect-classifier
      grade draft document interview.md
    """  # noqa: D301  \b is click's mark for text that is not rewrapped


draft.add_command(document)


@draft.command()
@click.argument("topic")
@click.option("--family", required=True, help="Family of the question: a folder of the bank.")
@click.option("--difficulty", type=click.Choice(["easy", "medium", "hard"]), default="medium", show_default=True)
@click.option("--template", metavar="NAME", help="Fill in a template; without it the model writes the whole question.")
@click.option(
    "--model", metavar="MODEL", envvar="GRADE_MODEL", show_envvar=True,
    help="Folder or .gguf file of a model, its name in the hub's cache, or what the server calls it.",
)  # fmt: skip
@click.option(
    "--server", metavar="URL", envvar="GRADE_MODEL_URL", show_envvar=True,
    help=f"OpenAI-compatible server, as http://127.0.0.1:8000/v1; its key in ${KEY}. Nothing else uses the network.",
)  # fmt: skip
@click.option("--tokens", type=click.IntRange(1), default=60_000, show_default=True, help="The model may generate.")
@click.option("--seconds", type=click.FloatRange(1), default=1800.0, show_default=True, help="The model may take.")
@click.option("--rounds", type=click.IntRange(0), default=2, show_default=True, help="Repairs that may be tried.")
@click.option("--attempts", type=click.IntRange(0), default=0, help="Let the model try the question so many times.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True, help="Another draft of the same.")
@click.option("--fresh", is_flag=True, help="Ask the model anew what it was asked before.")
@drafts_option
@isolation_option
@bank_option
def topic(
    topic: str,
    family: str,
    difficulty: str,
    template: str | None,
    model: str | None,
    server: str | None,
    tokens: int,
    seconds: float,
    rounds: int,
    attempts: int,
    seed: int,
    fresh: bool,
    drafts: Path,
    isolation: str | None,
    bank_folder: Path | None,
) -> int:
    """Draft a question on TOPIC, and prove it or say why it could not be proven.

    Everything is kept in the draft's folder: the question, the proof, each prompt and reply, a report on one page.
    What a model wrote runs in guests alone, as a submission does. Exit code 0: proven. 1: refused.

    \b
    Example:
      grade draft topic "LoRA merge for a linear layer" --family compression --model qwen3-coder --server http://127.0.0.1:8000/v1
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    wishes = Wishes(template, model, server, tokens, seconds, rounds, attempts, seed, fresh, isolation)
    done = _draft(_brief(topic, family, difficulty), wishes, drafts, bank_folder)
    click.echo(f"{done.id}: {done.ending.value}" + (f" at {done.stage}: {done.reason}" if done.reason else ""))
    click.echo(f"report: {drafts / done.id / 'report.md'}")
    return 0 if not done.reason else 1


@draft.command("accept")
@click.argument("id")
@click.option("--force", is_flag=True, help="Take it though it is not proven.")
@click.option("--reason", default="", help="Why; recorded, and needed with --force.")
@drafts_option
@bank_option
def accept_draft(
    id: str,  # noqa: A002  the word of the command line
    force: bool,
    reason: str,
    drafts: Path,
    bank_folder: Path | None,
) -> None:
    """Take the draft ID into the bank, with its solutions, if it is proven as it stands.

    \b
    Example:
      grade draft accept f-score-of-a-defect-classifier
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.bank import find_bank
    from grader.draft.acceptance import accept
    from grader.draft.folder import find_folder

    if force and not reason.strip():
        raise InputError("--force needs a reason", cure="Add --reason 'why it is taken although it is not proven'")
    acceptance = accept(find_folder(drafts, id), find_bank(bank_folder), force=force, reason=reason.strip())
    word = "taken without a proof" if acceptance.forced else "taken"
    click.echo(f"{acceptance.question}: {word}; from now on its reference runs in the examiner, like every other one")


def _brief(topic: str, family: str, difficulty: str) -> Brief:
    from pydantic import ValidationError

    from grader.draft.brief import Brief

    try:
        return Brief.model_validate({"topic": topic, "family": family, "difficulty": difficulty})
    except ValidationError as error:
        fault = error.errors()[0]
        raise InputError(f"{fault['loc'][0]} cannot be used: {fault['msg']}") from None


def _draft(brief: Brief, wishes: Wishes, drafts: Path, bank_folder: Path | None) -> Draft:
    from grader.bank import load_bank
    from grader.draft.drafting import make_draft
    from grader.draft.folder import new_folder
    from grader.draft.manuscript import id_of
    from grader.draft.templates.catalogue import find_template

    if wishes.template:
        find_template(wishes.template)  # before a model is loaded
    model = _model(wishes)
    bank = load_bank(bank_folder)
    folder = new_folder(drafts, id_of(brief.topic))
    shop = _workshop(wishes, model, folder.log, bank)
    return make_draft(brief, folder, shop, template=wishes.template)


def _model(wishes: Wishes) -> Model:
    """Return the model that was asked for: behind a server, in this process, or none.

    Raises:
        InputError: a server without the name of a model, or nothing to write a question with.
    """
    from grader.models.model import NoModel

    if wishes.server:
        from grader.models.server import ServerModel

        if not wishes.model:
            raise InputError("the server needs to know which model to use", cure="Name it with --model")
        return ServerModel(wishes.server, wishes.model, os.environ.get(KEY, ""))
    if wishes.model:
        from grader.models.local import load_local

        return load_local(wishes.model)
    if not wishes.template:
        cure = "Name one with --model, or fill in a template with its own words by --template"
        raise InputError("there is no model to write a question", cure=cure)
    return NoModel()


def _workshop(wishes: Wishes, model: Model, log: Path, bank: Bank) -> Workshop:
    from grader.draft.asking import SYSTEM
    from grader.draft.drafting import Workshop
    from grader.models.budget import Budget
    from grader.models.conversation import Conversation
    from grader.models.replies import Replies, default_folder
    from grader.verdict import Level

    conversation = Conversation(
        model,
        Budget(wishes.tokens, wishes.seconds),
        SYSTEM,
        log,
        replies=None if wishes.fresh else Replies(default_folder()),
        seed=wishes.seed,
        told=_ticker(),
    )
    level = Level(wishes.isolation) if wishes.isolation else None
    return Workshop(
        _writer(wishes, conversation, level),
        conversation,
        bank=bank,
        rounds=wishes.rounds,
        attempts=wishes.attempts if wishes.model else 0,
        seed=wishes.seed,
        level=level,
        heard=lambda stage: click.echo(f"{stage} ...", err=True),
    )


def _writer(wishes: Wishes, conversation: Conversation, level: Level | None) -> Writer:
    if wishes.template:
        from grader.draft.templated import TemplateWriter
        from grader.draft.templates.catalogue import find_template

        # a model that is small enough for this process writes no Chinese that could be shown
        translate = wishes.server is not None
        speaker = conversation if wishes.model else None
        return TemplateWriter(find_template(wishes.template), speaker, translate=translate, seed=wishes.seed)
    from grader.draft.author import Author

    return Author(conversation, level)


def _ticker() -> Callable[[str], None]:
    """Show that a reply is coming: a dot for each piece, where somebody watches."""
    if not sys.stderr.isatty():
        return lambda _piece: None
    return lambda _piece: click.echo(".", err=True, nl=False)
