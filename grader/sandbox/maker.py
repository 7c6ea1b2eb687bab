"""Names that tell who made a thing: `grader-<pid>-...`, so that whoever comes after a killed grader can clear up."""

from __future__ import annotations

import os
import re

from grader.sandbox import tree

PATTERN = "grader-*"
"""What to look for in a folder; `is_dead` says whose it is."""
_NAME = re.compile(r"grader-(\d{1,7})-\w+")  # no pid is longer: PID_MAX_LIMIT, linux/threads.h


def prefix() -> str:
    """Return how the names of all that this process makes begin."""
    return f"grader-{os.getpid()}-"


def is_dead(name: str) -> bool:
    """Whether the grader that made a thing of this name is gone; never of a name that no grader gives."""
    match = _NAME.fullmatch(name)
    if match is None:
        return False
    try:
        os.kill(int(match[1]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return tree.is_dead(int(match[1]))
