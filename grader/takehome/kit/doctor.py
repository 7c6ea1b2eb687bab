"""`check.pyz doctor`: whether everything is here, and as it was handed out."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from typing import TYPE_CHECKING

from grader.takehome.kit.terms import digest_of_letter
from grader.takehome.kit.words import say, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.takehome.kit.terms import Bundle

LOCK = "environment/requirements.txt"
_WITHOUT = (
    "Without what is missing, the public tests of these questions cannot be run: {names}. You can pack without it."
)


def examine(bundle: Bundle) -> int:
    """Print what is here and what is missing. Returns 0 where nothing is."""
    language = bundle.language
    tell(say(language, "Python {version}", version=platform.python_version()))
    missing = _show_packages(bundle)
    faults = list(_file_faults(bundle))
    for fault in faults:
        tell(fault)
    if faults:
        tell(say(language, "Unpack the bundle again, into another folder, and copy it from there."))
    else:
        tell(say(language, "All {count} files are as they were handed out.", count=len(bundle.invitation["files"])))
    if not missing and not faults:
        tell(say(language, "Nothing is missing."))
    return 1 if missing or faults else 0


def version_of(package: str) -> str | None:
    """Return the version of a package that is installed, without what a build adds to it."""
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return None


def _show_packages(bundle: Bundle) -> list[str]:
    language, missing, other = bundle.language, [], False
    for name, wanted in bundle.terms["packages"].items():
        found = version_of(name)
        if found is None:
            missing.append(name)
            tell(say(language, "{name} is missing", name=name))
        elif found != wanted:
            other = True
            sentence = "{name} {version}; it is graded with {wanted}"
            tell(say(language, sentence, name=name, version=found, wanted=wanted))
        else:
            tell(say(language, "{name} {version}", name=name, version=found))
    if missing or other:
        tell(say(language, "To have the same as where it is graded:"))
        tell(f"    python -m pip install -r {LOCK}")
    if missing:
        names = [folder for folder, each in bundle.questions.items() if not set(missing).isdisjoint(each["needs"])]
        tell(say(language, _WITHOUT, names=", ".join(names)))
    return missing


def _file_faults(bundle: Bundle) -> Iterator[str]:
    if digest_of_letter(bundle.invitation) != bundle.terms["invitation"]:
        yield say(bundle.language, "{path} is not as it was handed out", path="invitation.json")
    for path, digest in bundle.invitation["files"].items():
        file = bundle.root / path
        if not file.is_file():
            yield say(bundle.language, "{path} is missing", path=path)
        elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            yield say(bundle.language, "{path} is not as it was handed out", path=path)
