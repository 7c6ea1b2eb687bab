"""Makes `check.pyz`: an archive that Python runs as it is, of the kit and of what the kit needs of the grader."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from grader.takehome.kit.packing import zipped
from grader.takehome.kit.terms import TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAIN = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or newer is needed; this is Python %d.%d" % sys.version_info[:2])

from pathlib import Path

from grader.takehome.kit.main import main

sys.exit(main(Path(sys.argv[0]).resolve()))
"""
_EMPTY = '"""A part of the grader that public tests need."""\n'
_AS_THEY_ARE = (
    "errors.py", "keyed.py", "policy.py", "trees.py", "sandbox/__init__.py", "sandbox/calls.py",
    "sandbox/requests.py", "sandbox/servant.py", "sandbox/stubs.py", "sandbox/wire.py", "exam/__init__.py",
    "exam/alike.py", "exam/compare.py", "exam/properties.py", "exam/seeds.py", "exam/solution.py",
    "takehome/__init__.py",
)  # fmt: skip
_KIT = (
    "__init__.py", "checking.py", "doctor.py", "forms.py", "log.py", "main.py", "marks.py", "packing.py",
    "plugin.py", "running.py", "standin.py", "terms.py", "words.py",
)  # fmt: skip


def make_archive(terms: Mapping[str, object]) -> bytes:
    """Return the bytes of a `check.pyz` that knows these terms; equal terms give equal bytes."""
    text = json.dumps(terms, indent=1, ensure_ascii=False)
    return zipped({**sources_of_archive(), TERMS: text.encode()})


def sources_of_archive() -> dict[str, bytes]:
    """Return the modules of every `check.pyz`, by their places in it.

    What a suite imports of the grader stands where it always does; in place of two modules that need packages stand
    two of the kit's.
    """
    package = resources.files("grader")
    kit = package.joinpath("takehome", "kit")
    places = {f"grader/{name}": package.joinpath(name) for name in _AS_THEY_ARE}
    places |= {f"grader/takehome/kit/{name}": kit.joinpath(name) for name in _KIT}
    places |= {"grader/verdict.py": kit.joinpath("verdict.py"), "grader/exam/marks.py": kit.joinpath("marks.py")}
    files = {name: source.read_bytes() for name, source in places.items()}
    return {**files, "__main__.py": _MAIN.encode(), "grader/__init__.py": _EMPTY.encode()}
