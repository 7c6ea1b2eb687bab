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

    from grader.question import Language
    from grader.report.drawing import Pen
    from grader.review.queue import Item, Queue

MOST_DIFFERENCES = 20


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


def show_like(item: Item, like: Sequence[Item], console: Console, language: Language) -> None:
    """Show how answers that resemble one differ from it, the most frequent difference first."""
    pen = make_pen(console, language)
    counted: Counter[tuple[tuple[str, str], ...]] = Counter()
    for other in like:
        counted[differences(item.passage, other.passage)] += other.verdicts
    phrase = "{count} others are nearly the same. What they say instead:"
    parts: list[RenderableType] = [Text(pen.say(phrase, count=counted.total()), "bold")]
    parts += [indented(_difference(words, count, pen)) for words, count in counted.most_common(MOST_DIFFERENCES)]
    rest = len(counted) - MOST_DIFFERENCES
    if rest > 0:
        parts.append(indented(Text(pen.say("and {count} more", count=rest), "dim")))
    show(console, parts)


def _difference(words: Sequence[tuple[str, str]], count: int, pen: Pen) -> Text:
    if not words:
        return Text(f"{count}×  {pen.say('the same words, in another order or spelling')}")
    changes = "; ".join(f"{before or '∅'} → {after or '∅'}" for before, after in words)
    return Text.assemble(f"{count}×  ", pen.line(changes))


def show_queue(queue: Queue, console: Console, language: Language) -> None:
    """Show how much waits, key point by key point."""
    pen = make_pen(console, language)
    waiting: Counter[tuple[str, str]] = Counter()
    for item in queue.items:
        waiting[item.question, item.key_point] += item.verdicts
    rows = [(f"{question}, {key_point}", str(count)) for (question, key_point), count in waiting.items()]
    show(console, [Text(pen.say("{count} answers wait", count=queue.verdicts), "bold"), pen.labelled_lines(rows)])
