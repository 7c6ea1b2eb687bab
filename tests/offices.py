"""An assessment's folder with one candidate invited, and a clock that stands where a test puts it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from invitations import KEY, invitation, manifest_of, zipped

from grader.takehome.office.database import Database, address_of
from grader.takehome.office.place import Office, open_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.takehome.office.register import Register

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

    @contextlib.contextmanager
    def office(self) -> Iterator[Office]:
        with open_office(self.root, self.address, self.clock) as office:
            yield office

    @contextlib.contextmanager
    def register(self) -> Iterator[Register]:
        with self.office() as office, office.register("ada") as register:
            yield register

    def packed(self, name: str = "answer.zip", text: str = "def pool(x):\n    return x\n") -> Path:
        """A packed answer to the first question."""
        path = self.root / name
        files = {"answers/1-pooling/solution.py": text.encode()}
        path.write_bytes(zipped(files, manifest_of(files)))
        return path

    def at(self, hours: float) -> None:
        """Set the clock to so many hours after the window opened."""
        self.clock.moment = OPENS + timedelta(hours=hours)


def founded(root: Path, address: str | None) -> Place:
    """An office whose database is ready, and in which C-0017 is invited."""
    root.mkdir(exist_ok=True)
    (root / "assessment.yaml").write_text(SHEET, encoding="utf-8")
    (root / "assessment.key").write_text(KEY.hex() + "\n", encoding="ascii")
    database = Database(address_of(root, address))
    database.migrate()
    database.close()
    place = Place(root, address)
    with place.register() as register:
        register.invite(invitation())
    return place
