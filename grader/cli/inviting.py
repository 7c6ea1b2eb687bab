"""`grade assess invite` and `grade assess deploy`: bundles for candidates, and variants made ready before them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.keys import read_key
from grader.cli.options import bank_option, isolation_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.question import Language, Question
    from grader.rubric import AnyQuestion
    from grader.takehome.bundle import Order
    from grader.takehome.forms import Forms
    from grader.takehome.invitation import Invitation
    from grader.takehome.inviting import Sitting
    from grader.verdict import Level

_FILE = click.argument("file", metavar="ASSESSMENT.yaml", type=click.Path(path_type=Path))


@click.command()
@_FILE
@click.option("--candidate", "candidates", multiple=True, metavar="CODE", help="Whom to invite; may be given often.")
@click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="In which they read it."
)
@click.option("--attempt", type=click.IntRange(1), default=1, show_default=True, help="2 for a second try.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="bundles/ unless given.")
@click.option(
    "--verify", "bundles", multiple=True, type=click.Path(path_type=Path), metavar="BUNDLE.zip",
    help="Prove bundles instead: signed, the same when made again, nothing secret in them.",
)  # fmt: skip
@bank_option
def invite(
    file: Path,
    candidates: tuple[str, ...],
    language: Language,
    attempt: int,
    out: Path | None,
    bundles: tuple[Path, ...],
    bank_folder: Path | None,
) -> int:
    """Write a signed bundle for each candidate: statements, starters, public tests, rules, and check.pyz.

    Who was invited stays invited as they were: invited again, they get the same bundle, byte for byte. The records lie
    in invitations/, the secret in ASSESSMENT.key; neither is for a candidate.

    \b
    Example:
      grade assess invite assessment.yaml --candidate C-0017 --candidate C-0018
      grade assess invite assessment.yaml --verify bundles/C-0017-1.zip
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    if bool(candidates) == bool(bundles):
        raise InputError("there is nobody to invite", cure="Give --candidate CODE, or --verify BUNDLE.zip")
    sitting = _sitting(file, bank_folder, may_make_key=not bundles)
    if bundles:
        faults = [_verify(sitting, bundle) for bundle in bundles]
        return 1 if any(faults) else 0
    _invite_all(sitting, candidates, attempt, language, out)
    return 0


def _invite_all(
    sitting: Sitting, candidates: tuple[str, ...], attempt: int, language: Language, out: Path | None
) -> None:
    from grader.takehome.bundle import make_bundle
    from grader.takehome.inviting import invite as issue
    from grader.takehome.inviting import without_variants
    from grader.takehome.sshsig import allowed_signers

    _write(sitting.office.signers, allowed_signers(sitting.key, sitting.assessment.id).encode())
    for name in without_variants(sitting):
        click.echo(f"Warning: {name} has parameters, and everybody gets the same: run grade assess deploy", err=True)
    for candidate in candidates:
        _refuse_code(candidate)
        now = datetime.now(UTC).replace(microsecond=0)
        invitation = issue(sitting, candidate, attempt, language, now)
        data = make_bundle(_order(sitting, invitation), sitting.key)
        target = out / f"{candidate}-{attempt}.zip" if out is not None else sitting.office.bundle(candidate, attempt)
        _write(target, data)
        again = "" if invitation.issued == now else f", as on {invitation.issued:%Y-%m-%d}"
        click.echo(f"{candidate}  {target}  {hashlib.sha256(data).hexdigest()[:16]}{again}")


def _refuse_code(candidate: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from grader.takehome.invitation import Code

    try:
        TypeAdapter(Code).validate_python(candidate)
    except ValidationError:
        cure = "Take letters, digits, dots, hyphens and underscores, as in C-0017"
        raise InputError(f"{candidate[:80]!r} is no code for a candidate", cure=cure) from None


def _write(target: Path, data: bytes) -> None:
    from grader.files import write_whole

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, data)
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror}", file=target, cure="Choose another place") from None


def _verify(sitting: Sitting, bundle: Path) -> bool:
    """Show what is wrong with a bundle; returns whether anything is."""
    from grader.takehome.inspection import inspect

    faults = inspect(bundle, _order(sitting, _invitation_of(sitting, bundle)), sitting.key, _kept(sitting))
    for fault in faults:
        click.echo(f"{bundle}: {fault}")
    if not faults:
        click.echo(f"{bundle}: signed, the same when made again, and nothing secret in it.")
    return bool(faults)


def _invitation_of(sitting: Sitting, bundle: Path) -> Invitation:
    import json

    from grader.submission import read_archive
    from grader.takehome.bundle import LETTER

    try:
        letter = json.loads(read_archive(bundle)[LETTER])
        own = str(letter["id"])
    except (KeyError, ValueError, TypeError):
        raise InputError(f"it has no {LETTER} that can be read", file=bundle, cure="Invite again") from None
    for known in sitting.office.invitations():
        if known.id == own:
            return known
    raise InputError("it belongs to no invitation of this assessment", file=bundle, cure="Name its own assessment")


def _kept(sitting: Sitting) -> Iterator[AnyQuestion]:
    """Yield every question that is asked in any form, and every variant."""
    from grader.bank import load_bank

    for name in sorted({placed.id for form in sitting.forms.forms for placed in form.questions}):
        yield sitting.bank.find(name)
    if (sitting.office.variants / "bank").is_dir():
        yield from load_bank(sitting.office.variants / "bank").questions


def _order(sitting: Sitting, invitation: Invitation) -> Order:
    from grader.takehome.bundle import Order
    from grader.takehome.environment import read_pins
    from grader.takehome.inviting import posed

    lock = read_pins([root.parent / "requirements" / "constraints.txt" for root in sitting.bank.roots])
    return Order(sitting.assessment, invitation, posed(sitting, invitation), lock)


def _sitting(file: Path, bank_folder: Path | None, *, may_make_key: bool) -> Sitting:
    from grader.bank import load_bank
    from grader.takehome.checking import load_assessment
    from grader.takehome.inviting import Sitting
    from grader.takehome.locking import read_lock
    from grader.takehome.office import Office
    from grader.takehome.stock import stock_of

    office, bank = Office(file), load_bank(bank_folder)
    assessment = load_assessment(file, stock_of(bank))
    forms = _forms(office.forms, file)
    key = read_key(office.key, may_be_made=may_make_key, cure="Invite first, or restore it from a backup")
    return Sitting(office, assessment, forms, read_lock(office.lock, assessment.id), bank, key)


def _forms(path: Path, assessment: Path) -> Forms:
    from grader.takehome.forms import read_forms

    if not path.is_file():
        raise InputError("there are no forms yet", file=path, cure=f"Run: grade assess assemble {assessment}")
    forms = read_forms(path)
    if forms.sha256 != hashlib.sha256(assessment.read_bytes()).hexdigest():
        cure = f"Look at what changed, and run: grade assess assemble {assessment} --forms {len(forms.forms)}"
        raise InputError("the assessment has changed since its forms were made", file=path, cure=cure)
    return forms


# --- variants --------------------------------------------------------------------------------------------------------


@click.command()
@_FILE
@click.option("--count", type=click.IntRange(1, 200), default=4, show_default=True, help="Variants of each question.")
@click.option("--jobs", type=click.IntRange(1), help="Submissions graded at a time; one a core unless given.")
@isolation_option
@bank_option
def deploy(file: Path, count: int, jobs: int | None, isolation: str | None, bank_folder: Path | None) -> int:
    """Write and prove variants of the questions that have parameters, before anybody is invited.

    What is locked in variants.lock.yaml counts from then on, and is never drawn again. Exit code 0: all are sound.

    \b
    Example:
      grade assess deploy assessment.yaml --count 4
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.takehome.inviting import without_variants
    from grader.verdict import Level

    sitting = _sitting(file, bank_folder, may_make_key=True)
    for name, own in sitting.lock.questions.items():
        click.echo(f"{name}: {len(own.variants)} variants are locked")
    level = Level(isolation) if isolation else None
    sound = [_deploy_one(sitting, name, count, level, jobs) for name in without_variants(sitting)]
    return 0 if all(sound) else 1


def _deploy_one(sitting: Sitting, name: str, count: int, level: Level | None, jobs: int | None) -> bool:
    """Write, prove and lock the variants of one question; returns whether they are sound."""
    from grader.cli.varying import show_deployment
    from grader.proof import deployment
    from grader.takehome.locking import locked, read_lock, write_lock
    from grader.variants import draw

    question = sitting.bank.find_code(name)
    _refuse_late(sitting, question)
    drawings = draw(question, sitting.key, count)
    made = deployment.deploy(question, drawings, sitting.office.variants, key=sitting.key, level=level, jobs=jobs)
    show_deployment(made)
    if made.proven:
        lock = read_lock(sitting.office.lock, sitting.assessment.id)
        write_lock(sitting.office.lock, locked(lock, made))
    return made.proven


def _refuse_late(sitting: Sitting, question: Question) -> None:
    """Refuse variants of a question that somebody was asked without."""
    for known in sitting.office.invitations():
        if any(asked.question == question.qualified_id for asked in known.asked):
            fault = f"{known.candidate} was asked {question.qualified_id} as it stands in the bank"
            raise InputError(fault, cure="Leave it so for this assessment, or begin another one")
