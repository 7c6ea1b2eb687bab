"""The sentence: a document is read, its code is tried, what is asked twice is merged, and the whole is written down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from grader.documents.contents import read_item
from grader.documents.item import DocumentItems
from grader.documents.markdown import read_blocks
from grader.documents.outline import read_outline
from grader.documents.report import report_text
from grader.documents.resemblance import Corpus, Entry
from grader.documents.tryout import Bench
from grader.errors import InputError
from grader.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from grader.bank import Bank
    from grader.documents.item import Item, Tryout
    from grader.verdict import Level

MAX_DOCUMENT = 4 * 2**20
MERGED_FROM = 0.6
"""Likeness from which two questions count as one."""
_FAULTS = {"no-python": "is no Python", "missing": "cannot be tried here"}
NEAR_FROM = 0.4
"""Likeness from which a person should look at both."""


@dataclass(frozen=True)
class Inspection:
    """What was found in a document, and where it is written."""

    found: DocumentItems
    folder: Path


def inspect_document(
    path: Path,
    drafts: Path,
    *,
    bank: Bank | None = None,
    level: Level | None = None,
    told: Callable[[Item], None] = lambda _: None,
) -> Inspection:
    """Read a document into its items and write them to `drafts/<document>/`.

    Args:
        path: a Markdown file.
        drafts: folder of all drafts; made if need be.
        bank: whose questions and topics the items are compared with.
        level: isolation to insist on.
        told: called with each item when its code has been tried.

    Raises:
        InputError: the document cannot be read, or holds no item.
        IsolationError: the isolation that is demanded cannot be had.
        OSError: there is no room, or no permission.
    """
    text = _text_of(path)
    outline = read_outline(read_blocks(text))
    items = [read_item(stretch, number) for number, stretch in enumerate(outline.stretches, start=1)]
    if not items:
        cure = "Number the headings, or mark the parts, as in `**Question:**` and `**Answer:**`"
        raise InputError("no item is found in it", file=path, cure=cure)
    tried = _tried(items, level, told)
    merged = _merged(tried, _known(bank) if bank else [])
    digest = hashlib.sha256(text.encode()).hexdigest()
    found = DocumentItems(document=path.name, sha256=digest, items=tuple(merged), left_out=outline.left_out)
    folder = drafts / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "items.json", found.model_dump_json(indent=1) + "\n")
    write_whole(folder / "report.md", report_text(found))
    return Inspection(found, folder)


def _text_of(path: Path) -> str:
    if not path.is_file():
        raise InputError("there is no such file", file=path, cure="Name a Markdown file")
    if path.stat().st_size > MAX_DOCUMENT:
        raise InputError(f"the document is larger than {MAX_DOCUMENT // 2**20} MiB", file=path, cure="Split it")
    try:
        return path.read_text(encoding="utf-8-sig").replace("\0", "")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the document cannot be read: {error}", file=path, cure="Save it as UTF-8") from None


# --- trying ----------------------------------------------------------------------------------------------------------


def _tried(items: list[Item], level: Level | None, told: Callable[[Item], None]) -> list[Item]:
    done = []
    with Bench(level) as bench:
        for item in items:
            tryout = bench.try_item(item)
            done.append(_judged(item, tryout) if tryout else item)
            told(done[-1])
    return done


def _judged(item: Item, tryout: Tryout) -> Item:
    if tryout.outcome == "ran" or item.status != "kept":
        return item.model_copy(update={"tryout": tryout})
    place = f" (line {tryout.line})" if tryout.line else ""
    reason = f"its code {_FAULTS.get(tryout.outcome, 'does not run')}: {tryout.message}{place}"
    return item.model_copy(update={"tryout": tryout, "status": "failed", "reason": reason})


# --- merging ---------------------------------------------------------------------------------------------------------


def _merged(items: list[Item], known: list[Entry]) -> list[Item]:
    """Merge each item with the likest one before it that is no duplicate itself, or with what the bank has."""
    corpus = Corpus([*(Entry(f"item {item.number}", item.question) for item in items), *known])
    bank = list(range(len(items), len(corpus.entries)))
    done: list[Item] = []
    for place, item in enumerate(items):
        before = [number for number, other in enumerate(done) if other.status != "merged"]
        nearest = corpus.nearest(place, [*before, *bank])
        if nearest is None or nearest[1] < NEAR_FROM:
            done.append(item)
            continue
        number, likeness = nearest
        # what is sound is not given up for what is not
        better = item.status == "kept" and number < len(done) and done[number].status == "failed"
        same = likeness >= MERGED_FROM and not better
        done.append(_compared(item, corpus.entries[number].name, likeness, same=same))
    return done


def _compared(item: Item, name: str, likeness: float, *, same: bool) -> Item:
    facts: dict[str, object] = {"like": name, "likeness": round(likeness, 2)}
    if same:
        facts |= {"status": "merged", "reason": f"it asks what {name} asks"}
    return item.model_copy(update=facts)


def _known(bank: Bank) -> list[Entry]:
    """Return what a bank asks already: its questions by their titles, and the topics it is to cover."""
    titles = [
        Entry(f"question {question.qualified_id}", title)
        for question in bank.questions
        for title in (question.spec.title.en, question.spec.title.zh)
        if title
    ]
    return [*titles, *(topic for root in bank.roots for topic in _topics(root / "topics.yaml"))]


def _topics(path: Path) -> Iterator[Entry]:
    if not path.is_file():
        return
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        for topics in table.values():
            yield from (Entry(f"topic {name}", topic["title"]) for name, topic in topics.items())
    except (yaml.YAMLError, AttributeError, TypeError, KeyError) as error:
        raise InputError(f"the table of topics cannot be read: {error}", file=path) from None
