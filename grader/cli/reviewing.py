"""`grade review`: a person decides what rules and models left open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import bank_option, language_option
from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.changes import Change
    from grader.question import Language
    from grader.records import BatchFolder
    from grader.review.queue import Item, Queue
    from grader.review.session import Extent, Leave
    from grader.verdict import Decision

EXIT_WAITING = 4


@click.command()
@click.argument("folder", metavar="RESULTS", type=click.Path(path_type=Path))
@click.option("--by", metavar="NAME", envvar="GRADE_REVIEWER", show_envvar=True, help="Who decides; kept with it.")
@click.option("--list", "listed", is_flag=True, help="Write the queue and say what waits; ask nothing.")
@click.option(
    "--alike", type=click.FloatRange(0.3, 1.0), default=None,
    help="How alike answers are that are offered together (cosine of n-grams); 0.6 unless given.",
)  # fmt: skip
@click.option("--audit", is_flag=True, help="Judge a random part of what was settled without a person, blind.")
@click.option(
    "--share", type=click.FloatRange(0.0, 1.0, min_open=True), default=None, help="That part; 0.1 unless given."
)
@click.option("--html", is_flag=True, help="Write the batch's pages anew; needs its submissions and the bank.")
@click.option(
    "--from", "source", type=click.Path(path_type=Path), metavar="PATH", help="Where the submissions are by now."
)
@language_option
@bank_option
def review(
    folder: Path,
    by: str | None,
    listed: bool,
    alike: float | None,
    audit: bool,
    share: float | None,
    html: bool,
    source: Path | None,
    language: Language,
    bank_folder: Path | None,
) -> int:
    """Decide on the key points that wait in RESULTS, which `grade batch` wrote.

    An answer is shown without its candidate, with the key point and what rules and model said. After a decision,
    answers in nearly the same words are offered with what differs; the decision holds for them only if you say so.
    Every decision is kept with its reason in review/decisions.jsonl, and the verdicts before it under history/. Exit
    code 0: nothing waits any more. 4: something does.

    With --audit a random part of what rules or a model settled is asked instead, and not what they said. Where you say
    otherwise, your word counts; how far you agree is told for each question. Needs the submissions and the bank.

    \b
    Example:
      grade review results/ --by "R. Ito"
      grade review results/ --list
      grade review results/ --by "R. Ito" --audit
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    from grader.records import BatchFolder
    from grader.report.drawing import make_console
    from grader.review.application import apply
    from grader.review.decisions import opened
    from grader.review.likeness import ALIKE
    from grader.review.queue import read_queue
    from grader.review.session import review as go_through
    from grader.review.view import show_queue

    results = BatchFolder(folder)
    results.record()
    if audit:
        return _audit(results, by, share, source, language, bank_folder, html=html)
    if share is not None:
        raise InputError("--share is of an audit", cure="Add --audit")
    with opened(folder) as ledger:
        _tell(apply(results, ledger.by_item()), results, html=html)  # decided before a regrading, or a crash
        queue = _kept(read_queue(results), results)
        if listed or not queue.items:
            show_queue(queue, make_console(), language)
            return _conclude(queue, results, source, language, bank_folder, html=html)
        person = _person(by, language)
        tally = go_through(queue, ledger, person, ALIKE if alike is None else alike)
        click.echo(f"{tally.decisions} decisions on {tally.verdicts} key points of answers.")
        _tell(apply(results, ledger.by_item()), results, html=html)
        return _conclude(_kept(read_queue(results), results), results, source, language, bank_folder, html=html)


def _audit(
    results: BatchFolder,
    by: str | None,
    share: float | None,
    source: Path | None,
    language: Language,
    bank_folder: Path | None,
    *,
    html: bool,
) -> int:
    """Have a random part of what was settled without a person judged by one."""
    from grader.bank import load_bank
    from grader.records import found_again
    from grader.regrade import entrants_of
    from grader.report.drawing import make_console
    from grader.review import audit
    from grader.review.application import overrule
    from grader.review.decisions import AUDIT, opened
    from grader.review.view import show_agreements

    person, record = _person(by, language), results.record()
    with opened(results.root) as ledger, found_again(record, source) as paths:
        path = ledger.path.with_name(AUDIT)
        entrants, before = entrants_of(record, paths, load_bank(bank_folder)), audit.looks(path)
        found = audit.cases(results, entrants, before)
        drawn = audit.draw(found, audit.SHARE if share is None else share, record.seed)
        judged = audit.look(audit.unseen(drawn, before), path, person)
        seen = (*before, *judged)
        click.echo(f"{len(judged)} of {len(drawn)} drawn key points of answers judged; {len(found)} were settled.")
        _tell(overrule(results, audit.overruled(found, seen)), results, html=html)
        show_agreements(audit.agreements(seen), make_console(), language)
    if html:
        _publish(results, source, language, bank_folder)
    return EXIT_WAITING if audit.unseen(drawn, seen) else 0


def _person(by: str | None, language: Language) -> _AtTerminal:
    from grader.report.drawing import make_console

    if not (by or "").strip():
        raise InputError("a decision has somebody who took it", cure="Add --by NAME, or set GRADE_REVIEWER")
    return _AtTerminal((by or "").strip(), make_console(), language)


def _kept(queue: Queue, results: BatchFolder) -> Queue:
    """Write the queue where other programs find it."""
    from grader.report.document import as_text

    results.write("review/queue.json", as_text(queue.model_dump(mode="json")))
    return queue


def _tell(changes: Sequence[Change], results: BatchFolder, *, html: bool) -> None:
    if not changes:
        return
    click.echo(f"{len(changes)} verdicts decided; those before are under history/.")
    if not html and (results.root / "index.html").exists():
        click.echo("The pages are those of before; --html writes them anew.")


def _conclude(
    queue: Queue, results: BatchFolder, source: Path | None, language: Language, bank_folder: Path | None, *, html: bool
) -> int:
    """Renew the pages where that is wished, and say what still waits."""
    if html:
        _publish(results, source, language, bank_folder)
    click.echo(f"{queue.verdicts} wait in {results.root}/review/queue.json" if queue.items else "Nothing waits.")
    return EXIT_WAITING if queue.items else 0


def _publish(results: BatchFolder, source: Path | None, language: Language, bank_folder: Path | None) -> None:
    from grader.bank import load_bank
    from grader.publication import publish
    from grader.records import found_again
    from grader.regrade import entrants_of
    from grader.review.application import book_of

    record = results.record()
    with found_again(record, source) as paths:
        publish(book_of(results), entrants_of(record, paths, load_bank(bank_folder)), results, language)


@dataclass
class _AtTerminal:
    """Somebody who types."""

    by: str
    console: Console
    language: Language
    _reason: str = ""

    def decide(self, item: Item, left: int) -> Decision | Leave:
        """Show an answer and read a key; whoever closes the input has quit."""
        from grader.records import moment
        from grader.review.session import Leave
        from grader.review.view import show_item
        from grader.verdict import Decision

        show_item(item, left, self.console, self.language)
        try:
            key = _key("Does it say so? (m)et, (n)ot met, (s)kip, (q)uit", "mnsq")
            if key in "sq":
                return Leave.SKIP if key == "s" else Leave.QUIT
            self._reason = _text("Why", self._reason)
        except click.Abort:
            click.echo()
            return Leave.QUIT
        return Decision(met=key == "m", by=self.by, reason=self._reason, time=moment())

    def extend(self, item: Item, like: Sequence[Item], decision: Decision) -> Extent:
        """Show what differs and read a key; whoever closes the input has confirmed nothing."""
        from grader.review.session import Extent
        from grader.review.view import show_like

        rest = show_like(item, like, self.console, self.language)
        word = "met" if decision.met else "not met"
        ways = "(a)ll, (o)nly the one above, (f)ewer, more alike" + (", (l)ist every difference" if rest else "")
        try:
            while (key := _key(f"All of them {word}? {ways}", "aofl" if rest else "aof")) == "l":
                show_like(item, like, self.console, self.language, most=None)
        except click.Abort:
            click.echo()
            return Extent.ONE
        return {"a": Extent.ALL, "o": Extent.ONE, "f": Extent.FEWER}[key]


def _key(question: str, keys: str) -> str:
    answer: str = click.prompt(question, type=click.Choice(list(keys), case_sensitive=False), show_choices=False)
    return answer


def _text(question: str, last: str) -> str:
    """Read a reason; the last one is repeated by an empty line."""
    text: str = click.prompt(question, default=last or None, show_default=bool(last), value_proc=_said)
    return text


def _said(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise click.UsageError("a decision has its reason")
    return words
