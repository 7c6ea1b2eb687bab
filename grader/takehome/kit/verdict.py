"""In the archive this is `grader.verdict`: of its words only those that stand-ins speak, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    FORBIDDEN = "forbidden"
    NOT_RUN = "not-run"
    MEMORY = "memory"
    OUTPUT = "output"
    PROCESSES = "processes"
    DESCRIPTORS = "descriptors"


@dataclass(frozen=True)
class SourceLine:
    """One line of a traceback."""

    file: str
    line: int
    function: str
    text: str
