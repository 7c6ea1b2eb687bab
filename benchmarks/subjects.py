"""What the sides grade: three questions of the bank, and the small one that `grade new` writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.commands import GRADE, NUMPY, TORCH
from benchmarks.cost import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Subject:
    """A question, and the folder in which its bank and its solutions lie."""

    title: str
    question: str
    root: Path = ROOT

    @property
    def bank(self) -> Path:
        """The bank's folder."""
        return self.root / "bank"

    @property
    def suites(self) -> tuple[Path, Path]:
        """The public and the hidden one."""
        folder = self.bank / self.question
        return folder / "test_public.py", folder / "test_hidden.py"

    @property
    def solutions(self) -> Path:
        """The folder of its right and wrong answers."""
        return self.root / "solutions" / self.question


FEDAVG = Subject("fedavg (numpy)", NUMPY)
ATTENTION = Subject("additive-attention (torch)", "nlp/additive-attention")
GAN_STEP = Subject("gan-step (torch)", TORCH)


def write_small(root: Path) -> Subject:
    """Write the question that every author starts from: one function of plain Python, five checks, one a property."""
    (root / "bank").mkdir()
    (root / "bank" / "topics.yaml").symlink_to(ROOT / "bank" / "topics.yaml")
    run([*GRADE, "new", "scale", "--family", "nlp", "--bank", str(root / "bank")])
    return Subject("scale (`grade new`)", "nlp/scale", root)
