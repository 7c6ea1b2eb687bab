"""The pages of a batch: one for all, and for each submission one for a reviewer and one for its candidate.

OUT/index.html                         the batch, for reviewers, with links to
OUT/pages/<question>/<name>.html       each submission, for reviewers
OUT/feedback/<question>/<name>.html    the same, for the candidate
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from grader.errors import SubmissionError
from grader.report import Audience, render
from grader.report.pages.batch import batch_page
from grader.submission import read_submission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.batch import Entrant
    from grader.gradebook import Gradebook
    from grader.question import Language
    from grader.records import BatchFolder, Entry

FOLDERS = {Audience.REVIEWER: "pages", Audience.CANDIDATE: "feedback"}


def publish(book: Gradebook, entrants: Iterable[Entrant], folder: BatchFolder, language: Language) -> None:
    """Write every page of a batch."""
    links = {}
    for entrant in entrants:
        verdict, sources = folder.verdict(entrant.entry), _sources(entrant)
        for audience in FOLDERS:
            page = render(verdict, "html", audience, language, source=sources)
            folder.write(page_of(entrant.entry, audience), page)
        key = entrant.entry.candidate, entrant.entry.question
        links[key] = page_of(entrant.entry, Audience.REVIEWER)
    folder.write("index.html", batch_page(book, language, links))


def page_of(entry: Entry, audience: Audience) -> str:
    """Return where a submission's page lies, below the folder of the batch."""
    place = PurePosixPath(entry.file).with_suffix(".html")
    return str(PurePosixPath(FOLDERS[audience], *place.parts[1:]))


def _sources(entrant: Entrant) -> dict[str, str]:
    try:
        return read_submission(entrant.path, entrant.question.spec, anonymous=True).texts
    except SubmissionError:
        return {}  # the verdict says why
