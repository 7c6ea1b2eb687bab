"""What a person sees of an answer that waits, and of its like: untrusted text, made harmless."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from grader.report.drawing import indented, make_pen, show
from grader.report.wording import judging_rows, worth
from grader.review.likeness import differences
from grader.verdict import Detail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from grader.intervals import Estimate
    from grader.question import Language
    from grader.report.drawing import Pen
    from grader.review.audit import Agreement
    from grader.review.queue import Item, Queue

MOST_DIFFERENCES = 20
_NOTHING = "∅"


def show_item(item: Item, left: int, console: Console, language: Language) -> None:
    """Show an answer whole, the key point, and what was said of it before."""
    pen = make_pen(console, language)
    title = pen.line(item.title.in_language(language), "bold")
    claim = f"{item.claim} ({worth(item.points, language)})"
    rows = [("key point", pen.block(claim, "green")), ("answer", pen.block(item.answer))]
    if item.passage != item.answer:
        rows.append(("left over", pen.block(item.passage, "bold")))
    if item.quote:
        rows.append(("place", pen.block(item.quote, "yellow")))
    judged = judging_rows(Detail(opinions=item.opinions), language)
    rows += [(label, pen.block(text)) for label, text in judged]
    rows.append(("why", pen.block(item.why, "dim")))
    waiting = pen.line(pen.say("{count} answers wait", count=left), "dim")
    show(console, [Text(), Text.assemble(title, "  ", waiting), indented(pen.labelled(rows))])


def show_like(
    item: Item, like: Sequence[Item], console: Console, language: Language, most: int | None = MOST_DIFFERENCES
) -> int:
    """Show the words by which answers that resemble one differ from it, the most frequent first.

    Args:
        item: the one that was read.
        like: the others.
        console: to show it on.
        language: of the headings.
        most: lines to show; all where it is None.

    Returns:
        How many lines are not shown.
    """
    pen = make_pen(console, language)
    counted = _counted(item, like)
    phrase = "{count} others are nearly the same. What they say instead:"
    parts: list[RenderableType] = [Text(pen.say(phrase, count=sum(other.verdicts for other in like)), "bold")]
    parts += [indented(_difference(words, count, pen)) for words, count in counted.most_common(most)]
    rest = max(len(counted) - most, 0) if most is not None else 0
    if rest:
        parts.append(indented(Text(pen.say("and {count} more", count=rest), "dim")))
    show(console, parts)
    return rest


def _counted(item: Item, like: Sequence[Item]) -> Counter[tuple[str, str]]:
    """Count in how many answers each difference occurs; those without one have the empty difference."""
    counted: Counter[tuple[str, str]] = Counter()
    for other in like:
        for words in set(differences(item.passage, other.passage)) or {("", "")}:
            counted[words] += other.verdicts
    return counted


def _difference(words: tuple[str, str], count: int, pen: Pen) -> Text:
    before, after = words
    same = pen.say("the same words")
    text = f"{before or _NOTHING} → {after or _NOTHING}" if before or after else same
    return Text.assemble(f"{count}×  ", pen.line(text))


def show_queue(queue: Queue, console: Console, language: Language) -> None:
    """Show how much waits, key point by key point."""
    pen = make_pen(console, language)
    waiting: Counter[tuple[str, str]] = Counter()
    for item in queue.items:
        waiting[item.question, item.key_point] += item.verdicts
    rows = [(f"{question}, {key_point}", str(count)) for (question, key_point), count in waiting.items()]
    show(console, [Text(pen.say("{count} answers wait", count=queue.verdicts), "bold"), pen.labelled_lines(rows)])


def show_agreements(agreements: Sequence[Agreement], console: Console, language: Language) -> None:
    """Show how far a person agrees with what was settled, question by question."""
    pen = make_pen(console, language)
    rows = [(each.name, _sentence(each, pen)) for each in agreements]
    show(console, [Text(pen.say("Audit of what was settled without a person"), "bold"), pen.labelled_lines(rows)])


def _sentence(found: Agreement, pen: Pen) -> str:
    parts = [pen.say("{agreed} of {looks} alike", agreed=found.agreed, looks=found.looks), _percent(found.share)]
    if found.missed:
        parts.append(pen.say("{count} right points had been missed", count=found.missed))
    if found.undeserved:
        parts.append(pen.say("{count} points had been given wrongly", count=found.undeserved))
    if found.kappa is None:
        parts.append(pen.say("too few, or too much alike, for a kappa"))
    else:
        kappa = found.kappa
        parts.append(f"kappa {kappa.value:.2f} ({kappa.low:.2f}–{kappa.high:.2f})")
        word = "high enough to go on without a person" if found.released else "let a person judge: `referee: person`"
        parts.append(pen.say(word))
    return ", ".join(parts)


def _percent(share: Estimate) -> str:
    return f"{share.value:.0%} ({share.low:.0%}–{share.high:.0%})"
