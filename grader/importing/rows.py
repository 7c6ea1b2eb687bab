"""Files of JSON lines, packed or not: read line by line, within bounds."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.errors import InputError
from grader.importing.problem import Unread

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINE = 64 * 2**20
MAX_TOTAL = 2 * 2**30


class Row(BaseModel):
    """One line of another format: what is not asked for is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    task_id: str


R = TypeVar("R", bound=Row)


def read_rows(path: Path, model: type[R]) -> Iterator[R | Unread]:
    """Yield the rows of a `.jsonl` or `.jsonl.gz`; of a line that is none, why.

    Raises:
        InputError: it is no such file, cannot be read, or is larger than anything of its kind.
    """
    if not path.is_file():
        raise InputError("there is no such file", file=path, cure="Name a .jsonl or a .jsonl.gz")
    packed = path.suffix == ".gz"
    with gzip.open(path, "rb") if packed else open(path, "rb") as file:
        for number, line in _lines(path, file):
            if line.strip():
                yield _row(line, number, model)


def _lines(path: Path, file: gzip.GzipFile | io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    left, number = MAX_TOTAL, 0
    while True:
        number += 1
        try:
            line = file.readline(MAX_LINE + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"the file cannot be read: {error}", file=path, line=number) from None
        left -= len(line)
        if len(line) > MAX_LINE or left < 0:
            raise InputError("the file is larger than what is read of one", file=path, line=number, cure="Split it")
        if not line:
            return
        yield number, line


def _row(line: bytes, number: int, model: type[R]) -> R | Unread:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Unread(f"line {number}", f"it is no JSON: {error}")
    name = value.get("task_id") if isinstance(value, dict) else None
    origin = name if isinstance(name, str) and name else f"line {number}"
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        return Unread(origin, f"line {number}: {place}: {first['msg']}")
