"""Replies kept by the content of what was asked, so that the same draft costs nothing a second time."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from grader.files import write_whole
from grader.models.model import Reply

if TYPE_CHECKING:
    from grader.models.model import Prompt


def default_folder() -> Path:
    """Return where replies are kept: in `$XDG_CACHE_HOME`, or in `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "exam-grader" / "replies"


@dataclass(frozen=True)
class Replies:
    """A folder with a file for each reply."""

    folder: Path

    def find(self, identity: str, prompt: Prompt) -> Reply | None:
        """Return the reply that a model gave to a prompt, if it is still there and can be read."""
        try:
            return Reply.model_validate_json(self._place(identity, prompt).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def keep(self, identity: str, prompt: Prompt, reply: Reply) -> None:
        """Keep a reply."""
        place = self._place(identity, prompt)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, reply.model_dump_json())

    def _place(self, identity: str, prompt: Prompt) -> Path:
        return self.folder / f"{digest(identity, prompt)}.json"


def digest(identity: str, prompt: Prompt) -> str:
    """Return what names a reply: a digest of the model and of all that was asked."""
    asked = {
        "model": identity,
        "messages": [message.model_dump() for message in prompt.messages],
        "schema": prompt.schema,
        "max_tokens": prompt.max_tokens,
        "temperature": prompt.temperature,
        "seed": prompt.seed,
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
