"""Notebooks of instructors, read as the JSON they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.importing.problem import Refusal
from grader.submission import MAX_NOTEBOOK, without_magics

if TYPE_CHECKING:
    from pathlib import Path

MAX_CELLS = 2000


@dataclass(frozen=True)
class Cell:
    """One cell: what it is, its text, and what tools have noted of it."""

    kind: str
    """`code`, `markdown` or `raw`."""
    source: str
    metadata: dict[str, Any]
    output: str = ""
    """What it printed and answered when the notebook was saved, as text."""

    @property
    def code(self) -> str:
        """Its source without magics, which are never executed; empty where one opens the cell."""
        return "" if self.source.lstrip().startswith("%%") else without_magics(self.source)[0]


def read_cells(path: Path) -> tuple[Cell, ...]:
    """Return the cells of a notebook of format 4.

    Raises:
        Refusal: it is none, or larger than any.
    """
    try:
        if path.stat().st_size > MAX_NOTEBOOK:
            raise Refusal(f"the notebook is larger than {MAX_NOTEBOOK // 2**20} MiB: clear its outputs")
        notebook = json.loads(path.read_bytes())
    except OSError as error:
        raise Refusal(f"the notebook cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Refusal(f"it is no notebook: {error}") from None
    match notebook:
        case {"nbformat": 4, "cells": list(cells)} if len(cells) <= MAX_CELLS:
            return tuple(map(_cell, cells))
    raise Refusal(f"it is no notebook of format 4 with at most {MAX_CELLS} cells")


def _cell(value: Any) -> Cell:
    match value:
        case {"cell_type": str(kind), "source": str(source)}:
            pass
        case {"cell_type": str(kind), "source": list(lines)} if all(isinstance(line, str) for line in lines):
            source = "".join(lines)
        case _:
            raise Refusal("a cell of it has no type or no source")
    metadata = value.get("metadata")
    facts = metadata if isinstance(metadata, dict) else {}
    return Cell(kind, source.replace("\r\n", "\n"), facts, _output(value.get("outputs")))


def _output(outputs: Any) -> str:
    """Return the texts among a cell's outputs; errors and pictures have none."""
    found: list[str] = []
    for output in outputs if isinstance(outputs, list) else ():
        match output:
            case {"output_type": "stream", "name": "stdout", "text": text}:
                found.append(_text(text))
            case {"output_type": "execute_result", "data": {"text/plain": text}}:
                found.append(_text(text))
    return "".join(found)


def _text(value: Any) -> str:
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))
