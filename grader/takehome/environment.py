"""The environment that a candidate is told of: the packages that public tests use, each with its version."""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader.question import Visibility
from grader.trees import packages_in, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from grader.question import Question

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_HEAD = """\
# The packages that the questions use, with the versions that answers are graded with. Python {python}.
#     python -m pip install -r environment/requirements.txt
"""


def needs(question: Question) -> tuple[str, ...]:
    """Return the distributions that a question's public tests cannot be run without, sorted."""
    texts = [question.suite(Visibility.PUBLIC).read_text(encoding="utf-8")]
    modules = {name for text in texts for name in packages_in(parse(text))} - {"grader"}
    modules |= {name.partition(".")[0] for name in question.spec.environment.packages}
    if "torch" in modules:
        modules.add("numpy")  # tensors are compared and shown by it
    known = metadata.packages_distributions()
    return tuple(sorted({canonicalize_name(known[name][0]) for name in modules if name in known}))


def read_pins(paths: Iterable[Path]) -> dict[str, str]:
    """Return the versions that the first of these files pins which is there; none where there is no such file."""
    text = next((path.read_text(encoding="utf-8") for path in paths if path.is_file()), "")
    return {canonicalize_name(name): version for name, version in _PIN.findall(text)}


def pinned(packages: Iterable[str], lock: Mapping[str, str]) -> dict[str, str]:
    """Return the version of each package, and of what it needs: the lock's, else the one that is installed here."""
    found: dict[str, str] = {}
    waiting = [*packages]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        try:
            own = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # only other systems need it
        found[name] = lock.get(name, own.version.partition("+")[0])
        needed = map(Requirement, own.requires or ())
        waiting += [each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return dict(sorted(found.items()))


def requirements(pins: Mapping[str, str], python: str) -> str:
    """Return the text of `requirements.txt`."""
    lines = [f"{name}=={version}\n" for name, version in pins.items()]
    return _HEAD.format(python=python) + "".join(lines)
