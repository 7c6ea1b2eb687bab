"""What the sides grade: three questions of the bank, and the one-function ones that `grade new` writes."""

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


def write_small(root: Path, name: str = "scale", package: str | None = None) -> Subject:
    """Write a question that authors start from: one function, six checks, one of them a property.

    Args:
        root: an empty folder.
        name: what to call it.
        package: numpy or torch; plain Python when None.
    """
    (root / "bank").mkdir(parents=True)
    (root / "bank" / "topics.yaml").symlink_to(ROOT / "bank" / "topics.yaml")
    chosen = ["--package", package] if package else []
    run([*GRADE, "new", name, "--family", "nlp", "--bank", str(root / "bank"), *chosen])
    return Subject(f"{name} (one function, {package or 'plain Python'})", f"nlp/{name}", root)
