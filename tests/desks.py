"""An assessment's folder with one candidate invited, and a clock that stands where a test puts it."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from invitations import KEY, invitation, manifest_of, zipped
from test_cli import grade

from grader.takehome.desk.database import Database
from grader.takehome.desk.desk import Desk, address_of, open_desk
from grader.takehome.desk.receipts import receive
from grader.takehome.invitation import Asked, handed_out
from grader.takehome.office import Office

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator, Mapping

    from grader.takehome.desk.receipts import SignedReceipt
    from grader.takehome.desk.register import Register
    from grader.takehome.invitation import Invitation

TESTS = Path(__file__).resolve().parent
SHEET = """\
format: 1
id: engineer
title: {en: An engineer, zh: 工程师}
questions: [nlp/pooling, concepts/f1]
window: {opens: 2026-12-01T08:00:00Z, closes: 2026-12-15T08:00:00Z}
duration: 3h
grace: 10min
late: {rule: deduct, percent: 10, each: 1h, until: 6h}
ai: {use: disclosed}
"""
OPENS = datetime(2026, 12, 1, 8, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that is set by hand."""

    moment: datetime = OPENS

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Place:
    """Where an office is, and what its database is called."""

    root: Path
    address: str | None
    clock: Clock = field(default_factory=Clock)
    _zips: dict[str, bytes] = field(default_factory=dict)

    @property
    def sheet(self) -> Path:
        return self.root / "assessment.yaml"

    @contextlib.contextmanager
    def desk(self) -> Iterator[Desk]:
        with open_desk(Office(self.sheet), KEY, self.address, "ada", self.clock) as desk:
            yield desk

    @contextlib.contextmanager
    def register(self) -> Iterator[Register]:
        with self.desk() as desk, desk.register() as register:
            yield register

    def packed(self, name: str = "answer.zip", text: str = "def pool(x):\n    return x\n") -> Path:
        """A packed answer to the first question."""
        files = {"answers/1-pooling/solution.py": text.encode()}
        content = self._zips.setdefault(text, zipped(files, manifest_of(files)))  # a zip holds the time it was made
        path = self.root / name
        path.write_bytes(content)
        return path

    def at(self, hours: float) -> None:
        """Set the clock to so many hours after the window opened."""
        self.clock.moment = OPENS + timedelta(hours=hours)


def founded(root: Path, address: str | None, invitations: Iterable[Invitation] = ()) -> Place:
    """An office whose database is ready, and in which these are invited; C-0017 unless given."""
    root.mkdir(exist_ok=True)
    (root / "assessment.yaml").write_text(SHEET, encoding="utf-8")
    place = Place(root, address)
    office = Office(place.sheet)
    office.key.write_bytes(KEY + b"\n")
    for each in invitations or [invitation()]:
        office.keep(each)
    database = Database(address or address_of(office))
    database.migrate()
    database.close()
    with place.register():
        return place


# --- a class that hands in ---

INTERFACE, SCALING = "plain/interface", "nlp/attention-scaling"
ASKED = (
    Asked(position=1, question=INTERFACE, folder="1-interface", points=20, minutes=10, files=("solution.py",)),
    Asked(position=2, question=SCALING, folder="2-attention-scaling", points=6, minutes=5, files=("answer.md",)),
)
WORDS = "The variance of the scores grows with d_k. The softmax saturates. Its gradients vanish.\n"
HANDED_IN = {
    "C-01": {"1-interface/solution.py": "correct/dataclass.py", "2-attention-scaling/answer.md": WORDS},
    "C-02": {"1-interface/solution.py": "wrong/no_interest.py"},
    "C-03": {"1-interface/solution.py": "correct/dataclass.py", "2-attention-scaling/answer.md": "I do not know.\n"},
}
"""What each candidate hands in: one of our own solutions, or the words themselves."""


@dataclass
class Class(Place):
    """An office with a bank of its own, and three candidates."""

    @property
    def bank(self) -> Path:
        return self.root.parent / "bank"

    @property
    def suite(self) -> Path:
        return self.bank / INTERFACE / "test_hidden.py"

    def hand_in(self, candidate: str, files: Mapping[str, str] | None = None) -> SignedReceipt:
        """Have a candidate's answer received at the moment of the clock."""
        content = {f"answers/{path}": self._bytes(text) for path, text in (files or HANDED_IN[candidate]).items()}
        manifest = manifest_of(content) | {"invitation": handed_out(invited(candidate), KEY, {})}
        path = self.root.parent / f"{candidate}.zip"
        path.write_bytes(zipped(content, manifest))
        with self.desk() as desk:
            return receive(desk, path)

    def _bytes(self, text: str) -> bytes:
        own = self.root.parent / "solutions" / INTERFACE / text.strip()
        return own.read_bytes() if text.endswith(".py") else text.encode()

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of `grade assess` that needs the bank."""
        return self.run_here(*words, "--bank", self.bank)

    def run_here(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of `grade assess` on this office."""
        return grade("assess", *words, "--assessment", self.sheet, EXAM_GRADER_DATABASE=self.address or "")


def invited(candidate: str) -> Invitation:
    """One candidate's invitation to both questions."""
    number = int(candidate.removeprefix("C-"))
    return invitation(candidate=candidate).model_copy(update={"asked": ASKED, "number": number})


def classroom(root: Path, address: str | None) -> Class:
    """An office in which three are invited, and the bank that asks them."""
    for place, name in ((TESTS / "questions", INTERFACE), (TESTS.parent, SCALING)):
        for kind in ("bank", "solutions"):
            if (place / kind / name).exists():
                shutil.copytree(place / kind / name, root / kind / name)
    founded(root / "office", address, map(invited, HANDED_IN))
    one = Class(root / "office", address)
    one.at(1)
    return one
