"""A YAML document that somebody wrote: its values, the line of each key, and its faults in words that say where.

Aliases, tags, repeated keys and deep nesting are refused before anything is built of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from grader.errors import describe_fault, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from pydantic_core import ErrorDetails

MAX_FILE = 256 * 2**10
MAX_NESTING = 16

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there
Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]
"""The keys and indices that lead to a value."""


@dataclass(frozen=True)
class Fault:
    """One reason why a file, or what it belongs to, cannot be used."""

    file: Path
    line: int | None
    message: str

    def __str__(self) -> str:
        return describe_fault(self.message, file=_nearby(self.file), line=self.line)


@dataclass(frozen=True)
class Sheet(Generic[Model]):
    """A file as it was read: whole, or in parts with the reasons."""

    path: Path
    model: type[Model]
    value: Model | None
    """None where there is a fault."""
    lines: Mapping[Place, int]
    """Where each key and each member of a list stands."""
    faults: tuple[Fault, ...]

    def fault(self, place: Place, message: str) -> Fault:
        """Return a fault at a key, or at the innermost key around it that was written."""
        return Fault(self.path, line_of(self.lines, place), message)


class SheetError(ValueError):
    """A document is no YAML, or holds what none of ours needs."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


def read_sheet(
    path: Path, model: type[Model], *, choose: Callable[[object], type[Model]] | None = None
) -> Sheet[Model]:
    """Read a file that a model describes; every fault is in what is returned, none is raised.

    Args:
        path: the file.
        model: what describes it.
        choose: chooses another model by the values, where there are several kinds of such a file.
    """
    text = read_text(path)
    if isinstance(text, Fault):
        return Sheet(path, model, None, {}, (text,))
    try:
        value, lines = read_values(text)
    except SheetError as error:
        return Sheet(path, model, None, {}, (Fault(path, error.line, error.message),))
    model = choose(value) if choose else model
    try:
        return Sheet(path, model, model.model_validate(value), lines, ())
    except ValidationError as error:
        messages = fault_messages(error, model)
        faults = tuple(Fault(path, line_of(lines, place), message) for place, message in messages)
        return Sheet(path, model, None, lines, faults)


def read_values(text: str, *, texts_only: bool = False) -> tuple[object, dict[Place, int]]:
    """Return a document as plain values, and the line of each of its keys.

    Args:
        text: the document.
        texts_only: every value is the text that was written: neither number, date nor truth value.

    Raises:
        SheetError: it is none.
    """
    try:
        root = _compose(text)
        lines: dict[Place, int] = {}
        _note_lines(root, (), lines)
        kind = yaml.constructor.BaseConstructor if texts_only else yaml.constructor.SafeConstructor
        return kind().construct_document(root), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise SheetError(str(error.problem or error.context), mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError) as error:
        raise SheetError(" ".join(str(error).split())) from None


def _nearby(path: Path) -> Path:
    """Return a path as one would type it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def read_text(path: Path) -> str | Fault:
    """Return the text of a file, with or without a byte order mark."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Fault(path, None, "the file is missing")
    except (OSError, UnicodeDecodeError) as error:
        return Fault(path, None, f"the file cannot be read: {error}")


def hint_at(word: str, known: Collection[str]) -> str:
    """Return " (did you mean 'x'?)" for the nearest known word, or an empty string."""
    near = did_you_mean(word, known)
    return f" ({near[0].lower()}{near[1:]})" if near else ""


def _compose(text: str) -> yaml.MappingNode:
    if len(text) > MAX_FILE:
        raise ValueError(f"the file is larger than {MAX_FILE // 2**10} KiB")
    _refuse_odd_yaml(text)
    root = yaml.compose(text, Loader=_Loader)
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("the file holds no keys and values")
    return root


def _refuse_odd_yaml(text: str) -> None:
    """Refuse what a spec has no need of, before libyaml builds anything: it overruns the C stack on deep nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise _yaml_error("aliases are not allowed here; write the value out", event)
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            raise _yaml_error("tags are not allowed here", event)
        if depth > MAX_NESTING:
            raise _yaml_error("the values are nested too deeply", event)


def _yaml_error(problem: str, at: yaml.Event | yaml.Node) -> yaml.MarkedYAMLError:
    mark: Any = at.start_mark  # libyaml's own class of marks, which the stubs do not count as one
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _note_lines(node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[*place, index] = value.start_mark.line + 1
            _note_lines(value, (*place, index), lines)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _yaml_error("a key must be a word", key)
            inner = (*place, key.value)
            if inner in lines:
                raise _yaml_error(f"{key.value!r} is written twice, first in line {lines[inner]}", key)
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines)


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """Return the line of a key, or of the innermost key around it that was written."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def fault_messages(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Place, str]]:
    """Yield the place and the message of each fault that a model found."""
    for detail in error.errors(include_url=False, include_context=False):
        yield detail["loc"], _message(detail, model)


def _message(detail: ErrorDetails, model: type[BaseModel]) -> str:
    place = ".".join(map(str, detail["loc"]))
    if detail["type"] == "missing":
        return f"{place!r} is missing"
    if detail["type"] == "extra_forbidden":
        *above, key = detail["loc"]
        return f"unknown key {str(key)!r}{hint_at(str(key), _known_keys(model, above))}"
    message = detail["msg"].removeprefix("Value error, ")
    message += f", not {detail['input']!r}"[:80] if isinstance(detail["input"], str | int | float) else ""
    return f"{place}: {message}" if place else message


def _known_keys(model: type[BaseModel], place: Collection[str | int]) -> list[str]:
    """Return the keys that the model knows at a place below it."""
    annotation: object = model
    for key in place:
        above = _model_in(annotation)
        # an index, or a key of a mapping, leads into the members that the annotation speaks of already
        if above is not None and str(key) in above.model_fields:
            annotation = above.model_fields[str(key)].annotation
    found = _model_in(annotation)
    return list(found.model_fields) if found else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model that an annotation is, or has for its members."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
