"""A draft's folder, from its first prompt until it is taken into a bank.

drafts/<id>/draft.json         what became of it
            report.md          the same on one page
            exchange.jsonl     every prompt and every reply
            bank/...           the question, as the bank would have it
            solutions/...      its solutions
            acceptance.json    once it was taken into a bank
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from grader.bank import load_question
from grader.draft.record import Acceptance, Draft
from grader.errors import InputError
from grader.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.question import Question

MOST_OF_ONE_NAME = 1000


@dataclass(frozen=True)
class DraftFolder:
    """Where one draft lies."""

    path: Path

    @property
    def id(self) -> str:
        """The draft's id, which is that of its question too."""
        return self.path.name

    @property
    def log(self) -> Path:
        """The file of the exchange."""
        return self.path / "exchange.jsonl"

    def bank(self, family: str) -> Path:
        """The question's folder."""
        return self.path / "bank" / family / self.id

    def solutions(self, family: str) -> Path:
        """The folder of the question's solutions."""
        return self.path / "solutions" / family / self.id

    def write_question(self, spec: Mapping[str, Any], files: Mapping[str, str]) -> Question:
        """Write a question and load it.

        Args:
            spec: content of `question.yaml`.
            files: text of every other file, by its path below `bank/` and `solutions/`.

        Raises:
            BankError: it is no question.
        """
        family = str(spec["family"])
        roots = {"bank": self.bank(family), "solutions": self.solutions(family)}
        for root in roots.values():
            shutil.rmtree(root, ignore_errors=True)
        written = yaml.safe_dump(dict(spec), allow_unicode=True, sort_keys=False, width=120)
        for name, text in {"bank/question.yaml": written, **files}.items():
            part, _, rest = name.partition("/")
            path = roots[part] / rest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_question(roots["bank"])

    def write_draft(self, draft: Draft, report: str) -> None:
        """Write down what became of the draft."""
        write_whole(self.path / "draft.json", draft.model_dump_json(indent=1) + "\n")
        write_whole(self.path / "report.md", report)

    def read_draft(self) -> Draft:
        """Return what became of the draft.

        Raises:
            InputError: it has not come to an end, or the file cannot be read.
        """
        path = self.path / "draft.json"
        try:
            return Draft.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise InputError("the draft has not come to an end", file=path, cure="Draft it again") from None
        except ValidationError as error:
            raise InputError(f"this is no draft: {error.errors()[0]['msg']}", file=path) from None

    def write_acceptance(self, acceptance: Acceptance) -> None:
        """Write down that the question was taken into a bank."""
        write_whole(self.path / "acceptance.json", acceptance.model_dump_json(indent=1) + "\n")


def new_folder(drafts: Path, name: str) -> DraftFolder:
    """Make the folder of a draft, with a number behind the name where there is one already.

    Raises:
        InputError: there are very many.
    """
    for number in range(1, MOST_OF_ONE_NAME):
        path = drafts / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return DraftFolder(path)
    raise InputError(f"there are {MOST_OF_ONE_NAME} drafts of that name", file=drafts, cure="Clear them up")


def find_folder(drafts: Path, name: str) -> DraftFolder:
    """Return the folder of a draft.

    Raises:
        InputError: there is none of that name.
    """
    path = drafts / name
    if Path(name).name != name or not path.is_dir():
        raise InputError(f"there is no draft {name!r}", file=drafts, cure="`--drafts DIR` names the folder of drafts")
    return DraftFolder(path)
