"""A YAML document that somebody wrote: plain values and the line of each key, or what is wrong, in words and by line.

Aliases, tags, repeated keys and deep nesting are refused before anything is built of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from grader.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pydantic_core import ErrorDetails

MAX_SHEET = 256 * 2**10
MAX_NESTING = 16

Place = tuple[str | int, ...]
"""The keys that lead to a value."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there


class SheetError(ValueError):
    """A document is no YAML, or holds what none of ours needs."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


def read_sheet(text: str, *, texts_only: bool = False) -> tuple[object, dict[Place, int]]:
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


def _compose(text: str) -> yaml.MappingNode:
    if len(text) > MAX_SHEET:
        raise ValueError(f"the file is larger than {MAX_SHEET // 2**10} KiB")
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


# --- pydantic's words in ours ----------------------------------------------------------------------------------------


def messages(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Place, str]]:
    """Yield what is wrong with a value of a model, and where."""
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
    found: object = model
    for key in place:
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(str(key))
            found = field.annotation if field else None
        else:  # of a mapping or a list, the values are all of one kind
            found = next((each for each in reversed(get_args(found)) if each is not Ellipsis), None)
    found = next((each for each in (found, *get_args(found)) if _is_model(each)), None)
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def _is_model(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, BaseModel)


def hint_at(word: str, known: Collection[str]) -> str:
    """Return the nearest known word in brackets, or nothing."""
    near = did_you_mean(word, known)
    return f" ({near[0].lower()}{near[1:]})" if near else ""
