"""`check.pyz pack`: the answers and the disclosure into one zip, the same bytes wherever it is packed."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import math
import os
import tomllib
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

from grader.takehome.kit.forms import form_faults
from grader.takehome.kit.terms import EMPTY, READY, STARTER
from grader.takehome.kit.words import say, tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from grader.takehome.kit.terms import Bundle

FORM = "disclosure.toml"
MAX_DISCLOSURE = 64 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NUMBER, _TEXT = ((int, float), "a number", "90"), ((str,), "text", '"..."')
_KINDS: dict[str, tuple[tuple[type, ...], str, str]] = {
    "minutes": _NUMBER, "begun": _TEXT, "assistants": _TEXT, "help": _TEXT, "gaps": _TEXT,
}  # fmt: skip
"""Of each entry: types, their name, an example."""


class RefusedError(Exception):
    """It cannot be packed; says why, for the candidate."""


def pack(bundle: Bundle) -> int:
    """Write `answer-<id>.zip` beside the archive, and say what is in it. Returns 1 where it cannot be packed."""
    try:
        disclosure = _disclosure(bundle)
        files = _answers(bundle)
    except RefusedError as error:
        tell(str(error))
        return 1
    begun = disclosure.pop("begun", None) or None
    manifest = {
        "format": 1,
        "invitation": bundle.invitation,
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in files.items()},
        "begun": begun,
        "disclosure": disclosure,
    }
    text = json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    target = bundle.root / f"answer-{bundle.invitation['id']}.zip"
    draft = target.with_name(f".{target.name}.partial")
    draft.write_bytes(zipped({**files, "manifest.json": text.encode()}))
    os.replace(draft, target)
    _show_end(bundle, target)
    return 0


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip whose bytes follow from the names and contents alone."""
    buffer = io.BytesIO()
    # stored, for what deflating gives depends on the version of zlib
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            member = zipfile.ZipInfo(path, _EPOCH)
            member.create_system, member.external_attr = 3, 0o100644 << 16  # as on Unix, wherever this is
            archive.writestr(member, files[path])
    return buffer.getvalue()


def _answers(bundle: Bundle) -> dict[str, bytes]:
    """Return what is handed in, by its path; says of each whether it is there."""
    files: dict[str, bytes] = {}
    for folder, path in bundle.answers():
        name, language = f"{folder}/{path.name}", bundle.language
        _refuse_odd(name, path, bundle)
        state = bundle.state(folder, path)
        word = {EMPTY: "not answered", STARTER: "as it was handed out: not answered", READY: "ready"}[state]
        tell(f"{name}  {say(language, word)}")
        if state != READY:
            continue
        data = path.read_bytes()
        for fault in _faults(path.name, data, bundle.questions[folder], language):
            tell(f"    {name} {fault}")
        files[f"answers/{name}"] = data
    if not files:
        raise RefusedError(say(bundle.language, "Nothing is answered yet; there is nothing to pack."))
    return files


def _refuse_odd(name: str, path: Path, bundle: Bundle) -> None:
    language, limits = bundle.language, bundle.terms["largest"]
    if path.is_symlink():
        raise RefusedError(f"{name} {say(language, 'is a link; put the file itself there')}")
    most = limits.get(path.suffix, limits[""])
    if path.exists() and path.stat().st_size > most:
        text = "is larger than {size} KiB; hand in the answer alone"
        raise RefusedError(f"{name} {say(language, text, size=most // 1024)}")


def _faults(name: str, data: bytes, terms: Mapping[str, Any], language: str) -> Iterator[str]:
    """Yield what will keep an answer from being read; it is packed all the same, for time may be short."""
    try:
        text = data.decode("utf-8-sig")
        if name.endswith(".py"):
            with warnings.catch_warnings(action="ignore"):
                ast.parse(text)
        yield from form_faults(text, terms, language)
    except UnicodeDecodeError:
        yield say(language, "is no text in UTF-8; save it as UTF-8")
    except SyntaxError as error:
        yield say(language, "is no Python: line {line}: {message}", line=error.lineno, message=error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        yield say(language, "cannot be read by Python: {message}", message=error or type(error).__name__)


def _disclosure(bundle: Bundle) -> dict[str, Any]:
    language = bundle.language
    try:
        text = (bundle.root / FORM).read_text(encoding="utf-8-sig")
        found = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RefusedError(say(language, "disclosure.toml cannot be read: {message}", message=error)) from None
    if len(text.encode()) > MAX_DISCLOSURE:
        sentence = "disclosure.toml: the entries are too long; {size} KiB are allowed"
        raise RefusedError(say(language, sentence, size=MAX_DISCLOSURE // 1024))
    for name, value in found.items():
        _refuse_entry(name, value, language)
    if bundle.terms["disclosed"] and not str(found.get("assistants", "")).strip():
        sentence = 'disclosure.toml: `assistants` is empty; write what you used and for what, or "none"'
        raise RefusedError(say(language, sentence))
    return found


def _refuse_entry(name: str, value: object, language: str) -> None:
    if name not in _KINDS:
        sentence = "disclosure.toml: `{name}` is no entry of this form; take it out"
        raise RefusedError(say(language, sentence, name=name))
    kinds, word, example = _KINDS[name]
    if not isinstance(value, kinds) or isinstance(value, bool) or not _is_finite(value):
        sentence = "disclosure.toml: `{name}` must be {kind}; write {name} = {example}"
        raise RefusedError(say(language, sentence, name=name, kind=say(language, word), example=example))


def _is_finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _show_end(bundle: Bundle, target: Path) -> None:
    language = bundle.language
    size = -(-target.stat().st_size // 1024)
    tell(say(language, "Wrote {name} ({size} KiB).", name=target.name, size=size))
    tell(f"SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}")
    sentence = "Send this file. What counts is when it is received: within your time, and by {due} at the latest."
    tell(say(language, sentence, due=bundle.invitation["closes"]))
    tell(say(language, "Pack again as often as you like: send the newest."))
