"""What a person asks of a draft."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.question import Frozen, Slug


class Brief(Frozen):
    """The wish a draft begins with."""

    topic: str = Field(min_length=3, max_length=400)
    """In a few words, as in "LoRA merge for a linear layer"."""
    family: Slug
    difficulty: Literal["easy", "medium", "hard"] = "medium"
