"""A template: the files of a question with slots in them, and what may stand in each slot.

A slot is written `SLOT_name` in a file; where it is all that a line holds, its text may have several lines, and each is
indented like the slot. What a model fills in is data of a closed type: words that are shown, and choices among ours.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import AfterValidator, Field

from grader.draft.words import ChineseLine, ChineseProse
from grader.question import Frozen
from grader.trees import parse

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

FILES = Path(__file__).parent
_SLOT = re.compile(r"SLOT_([a-z]+)")
_OF_A_SUITE = frozenset({"run", "put", "get"})
"""What a suite's `solution` can do itself."""
_STEM = 5
_NOBODYS = "nobodys_"
_WHOLE_LINE = re.compile(r"^([ \t]*)SLOT_([a-z]+)$", re.MULTILINE)


def _sentence(text: str) -> str:
    """Refuse what is no sentence: a small model repeats itself."""
    words = text.lower().split()
    if len(set(words)) * 2 < len(words):
        raise ValueError("it repeats itself")
    return text


Title = Annotated[
    str, Field(pattern=r"^[A-Z][A-Za-z]{0,14}( [A-Za-z-]{1,15}){2,8}$", max_length=70), AfterValidator(_sentence)
]
Story = Annotated[
    str, Field(pattern=r"^[A-Z][a-z]{0,14}( [A-Za-z'-]{1,16},?){8,40}\.$", max_length=300), AfterValidator(_sentence)
]
"""One sentence of plain words: no number, no code."""


class Slots(Frozen):
    """What every template leaves open; each has more."""

    title: Title
    story: Story
    function: str
    """What the candidate writes."""


class Translation(Frozen):
    """The words of a template that are not taken from English."""

    title: ChineseLine
    story: ChineseProse


@dataclass(frozen=True)
class Setting:
    """Where a question is set, in both languages: what stands where a model fills in nothing."""

    title: str
    story: str
    chinese: Translation


@dataclass(frozen=True)
class Template:
    """One shape of question."""

    name: str
    summary: str
    """What it asks for, for a person and for a model."""
    packages: tuple[str, ...]
    skills: tuple[str, ...]
    minutes: int
    signature: str
    """Of the function, with slots."""
    slots: type[Slots]
    names: tuple[str, ...]
    """Slots that become names in code."""
    settings: Mapping[str, Setting]
    """By the slot `setting`."""
    values: Callable[[Any], Mapping[str, str]]
    """What stands in the files for the slots that follow from those that were filled in."""

    def defaults(self, rng: random.Random) -> Slots:
        """Return slots as the template has them itself, drawn where there is a choice."""
        chosen = {name: rng.choice(options) for name, options in choices(self.slots).items()}
        setting = self.settings[str(chosen["setting"])]
        return self.slots.model_validate({"title": setting.title, "story": setting.story, **chosen})

    def chinese(self, slots: Slots) -> Translation:
        """Return the Chinese words of the setting that was chosen."""
        return self.settings[str(slots.model_dump()["setting"])].chinese

    def mend(self, slots: Slots, topic: str, asked: str) -> tuple[Slots, tuple[str, ...]]:
        """Put the setting's own words in place of those that are off the topic, or only repeat what was asked.

        Args:
            slots: as they were filled in.
            topic: in a few words; something of it, or of the template's summary, must be in each text.
            asked: the prompt.

        Returns:
            The slots, and the names of those whose words are the setting's.
        """
        setting = self.settings[str(slots.model_dump()["setting"])]
        wanted = _content(f"{topic} {self.summary}")
        own = {"title": setting.title, "story": setting.story}
        said = {name: str(getattr(slots, name)) for name in own}
        bad = [name for name, text in said.items() if text.lower() in asked.lower() or not wanted & _content(text)]
        return slots.model_copy(update={name: own[name] for name in bad}), tuple(bad)

    def fault_of(self, slots: Slots) -> str:
        """Return which name cannot be used in this template, and why, or an empty text."""
        chosen = slots.model_dump()
        names = [str(chosen[name]) for name in self.names]
        doubled = next((name for name in names if names.count(name) > 1), "")
        if doubled:
            return f"{doubled!r} is the name of two things; choose different ones"
        taken = next((str(chosen[name]) for name in self.names if chosen[name] in self._beside(name, slots)), "")
        return f"{taken!r} is a name the question needs itself; choose another" if taken else ""

    def _beside(self, slot: str, slots: Slots) -> frozenset[str]:
        """Return the other names in the programs that have the name of a slot."""
        nameless = slots.model_copy(update={name: f"{_NOBODYS}{name}" for name in self.names})
        files = self.files(nameless, self.chinese(slots))
        trees = [parse(text) for path, text in files.items() if path.endswith(".py")]
        groups = [frozenset(name for node in ast.walk(tree) for name in _names(node)) for tree in trees]
        return _OF_A_SUITE.union(*(group for group in groups if f"{_NOBODYS}{slot}" in group))

    def _paths(self) -> list[Path]:
        found = (FILES / f"{self.name}_files").rglob("*")
        return sorted(path for path in found if path.is_file() and path.suffix in {".py", ".md"})

    def exports(self, slots: Slots) -> dict[str, str]:
        """Return what the candidate defines, with its signature."""
        own = {name: str(value) for name, value in slots.model_dump().items()}
        return {slots.function: fill(self.signature, {**own, **self.values(slots)})}

    def files(self, slots: Slots, words: Translation) -> dict[str, str]:
        """Return the text of every file but the spec, by its path below `bank` and `solutions`."""
        own = {name: str(value) for name, value in slots.model_dump().items()}
        chinese = {"titlezh": words.title, "storyzh": words.story}
        values = {**own, **chinese, **self.values(slots)}
        root = FILES / f"{self.name}_files"
        return {str(path.relative_to(root)): fill(path.read_text(encoding="utf-8"), values) for path in self._paths()}


def _content(text: str) -> frozenset[str]:
    """Return the beginnings of the longer words of a text: what it is about, in the singular and the plural."""
    return frozenset(word[:_STEM] for word in re.findall(rf"[a-z]{{{_STEM},}}", text.lower()))


def _names(node: ast.AST) -> tuple[str, ...]:
    """Return the names that a node reads, binds or defines."""
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return tuple(alias.asname or alias.name for alias in names)
    return ()


def choices(slots: type[Slots]) -> dict[str, tuple[object, ...]]:
    """Return the slots that are a choice among words of ours."""
    fields = slots.model_fields.items()
    return {name: get_args(field.annotation) for name, field in fields if get_args(field.annotation)}


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into the slots of a text; what a value holds is not looked into again.

    Raises:
        KeyError: the text has a slot that there is no value for.
    """

    def indented(match: re.Match[str]) -> str:
        return "\n".join(f"{match[1]}{line}" if line else "" for line in values[match[2]].splitlines())

    places = re.compile(f"(?:{_WHOLE_LINE.pattern})|{_SLOT.pattern}", re.MULTILINE)
    return places.sub(lambda match: indented(match) if match[2] else values[match[3]], text)
