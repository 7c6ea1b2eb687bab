"""Templates are sound: two of their combinations at each commit, all with GRADER_QUESTIONS=all."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest
from bank_sample import drawn_by

from grader.draft.brief import Brief
from grader.draft.folder import new_folder
from grader.draft.manuscript import make_spec
from grader.draft.templates.catalogue import TEMPLATES
from grader.draft.templates.template import choices
from grader.proof.trial import try_question

if TYPE_CHECKING:
    from pathlib import Path

    from grader.draft.templates.template import Slots
    from grader.question import Question

pytest.importorskip("torch", reason="six templates ask for PyTorch")

WORDS = ("setting", "function")
"""Choices that change what is read, not what is computed."""
COMBINATIONS = [
    (name, slot, option)
    for name, template in sorted(TEMPLATES.items())
    for slot, options in choices(template.slots).items()
    if slot not in (*WORDS, *template.names)
    for option in options
]
SIZE = 2
BRIEF = Brief(topic="drawn", family="drafts")


def chosen() -> list[tuple[str, str, object]]:
    if os.environ.get("GRADER_QUESTIONS") == "all":
        return COMBINATIONS
    return random.Random(drawn_by()).sample(COMBINATIONS, SIZE)


def written(name: str, slots: Slots, folder: Path) -> Question:
    """Write a template's question with its own words."""
    template = TEMPLATES[name]
    words = template.chinese(slots)
    spec = make_spec(
        BRIEF, "drawn", title=slots.title, chinese=words.title, exports=template.exports(slots),
        packages=template.packages, skills=template.skills, minutes=template.minutes,
    )  # fmt: skip
    return new_folder(folder, "drawn").write_question(spec, template.files(slots, words))


@pytest.mark.parametrize(("name", "slot", "option"), chosen())
def test_a_template_is_sound(name: str, slot: str, option: object, tmp_path: Path) -> None:
    slots = TEMPLATES[name].defaults(random.Random(drawn_by())).model_copy(update={slot: option})
    proof = try_question(written(name, slots, tmp_path), seed=20, runs=1, quick=True)
    assert proof.faults == ()
    assert proof.quick
