"""Many submissions to one question: our own solutions in turns, each with a comment that makes its content its own.

Every other one is right. The wrong ones are those of `solutions/ID/wrong`, so that a class makes the mistakes that
candidates make; what differs between two of a kind is one comment, so that nothing is graded by looking it up.
"""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.subjects import Subject


def write_submissions(subject: Subject, number: int, folder: Path) -> list[Path]:
    """Write so many submissions into a new folder; the same ones at every call.

    Args:
        subject: the question.
        number: how many.
        folder: where; it must not exist.

    Returns:
        Their paths, the right ones first, third and so on; see `is_right`.
    """
    folder.mkdir(parents=True)
    solutions = subject.solutions
    right = cycle([solutions / "reference.py", *sorted((solutions / "correct").glob("*.py"))])
    wrong = cycle(sorted((solutions / "wrong").glob("*.py")))
    sources = islice((path for pair in zip(right, wrong) for path in pair), number)  # noqa: B905  both are endless
    paths = [folder / f"candidate-{index:04}.py" for index in range(number)]
    for path, source in zip(paths, sources, strict=True):
        path.write_text(f"{source.read_text(encoding='utf-8')}\n\n# handed in as {path.stem}\n", encoding="utf-8")
    return paths


def is_right(path: Path) -> bool:
    """Whether a written submission answers its question."""
    return int(path.stem.rpartition("-")[2]) % 2 == 0


def compare(side: str, accepted: Iterable[str], paths: Iterable[Path]) -> None:
    """See that a side accepted what is right and nothing else.

    Raises:
        RuntimeError: it judged otherwise, so that its cost means nothing.
    """
    known = list(paths)
    expected = {path.stem for path in known if is_right(path)}
    wrong = expected ^ (set(accepted) & {path.stem for path in known})
    if wrong:
        raise RuntimeError(f"{side} judged {len(wrong)} of {len(known)} submissions wrongly: {sorted(wrong)[:5]}")
