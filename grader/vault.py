"""Questions sealed at rest: what a candidate must not see is encrypted, and opened into memory by whoever has the key.

A sealed question keeps statement, starter, public tests and pictures in clear, and the spec of one that asks for code.
Everything else, its solutions among it, is one file `sealed.bin`: AES-SIV (RFC 5297) with a key of 512 bits over the
packed files, bound to the question's id. It is deterministic, so that sealing again changes no file whose content is
the same, and a version control shows what did change.

Whoever opens one has its files in a folder of their own on a file system in memory, until their process ends.
"""

from __future__ import annotations

import atexit
import base64
import binascii
import ctypes
import json
import os
import secrets
import shutil
import tempfile
import zlib
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from grader.errors import BankError, InputError
from grader.files import MEMORY, files_below

if TYPE_CHECKING:
    from collections.abc import Mapping

SEALED = "sealed.bin"
VARIABLE = "GRADE_BANK_KEY"
KEY_BYTES = 64
_MAGIC = b"exam-grader sealed question 1\n"
_HEAD = "exam-grader bank key 1 "
_CLEAR = frozenset({"statement.en.md", "statement.zh.md", "starter.py", "test_public.py"})
_PICTURES = "images"
_SPEC = "question.yaml"
_TMPFS = 0x01021994  # statfs(2)


# --- keys ------------------------------------------------------------------------------------------------------------


def write_key(path: Path) -> None:
    """Write a new key, readable by its owner alone.

    Raises:
        InputError: something is there already, or nothing can be written there.
    """
    text = _HEAD + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n"
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
    except FileExistsError:
        cure = "A key that is overwritten opens nothing any more: choose another name"
        raise InputError("there is a file already", file=path, cure=cure) from None
    except OSError as error:
        raise InputError(f"it cannot be written: {error.strerror}", file=path, cure="Choose another place") from None


def read_key(path: Path) -> bytes:
    """Return the key in a file.

    Raises:
        InputError: it holds none.
    """
    try:
        text = path.read_text(encoding="ascii")
        key = base64.b64decode(text.removeprefix(_HEAD).strip(), validate=True)
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise InputError(
            f"the key cannot be read: {error}", file=path, cure="Name what `grade bank key` wrote"
        ) from None
    if not text.startswith(_HEAD) or len(key) != KEY_BYTES:
        raise InputError("this is no key of a bank", file=path, cure="Name what `grade bank key` wrote")
    return key


# --- sealing ---------------------------------------------------------------------------------------------------------


def is_sealed(folder: Path) -> bool:
    """Whether a question's folder is sealed."""
    return (folder / SEALED).is_file()


def seal_question(folder: Path, own: Path, target: Path, key: bytes) -> None:
    """Write a question sealed.

    Args:
        folder: the question's, in clear.
        own: of its solutions.
        target: where its sealed folder shall be; what is there is replaced.
        key: of the bank.
    """
    names = {path.relative_to(folder).as_posix(): path for path in files_below(folder, SEALED)}
    clear = {name: path for name, path in names.items() if _is_clear(name, folder)}
    hidden = {f"bank/{name}": path for name, path in names.items() if name not in clear}
    hidden |= {f"solutions/{path.relative_to(own).as_posix()}": path for path in files_below(own, SEALED)}
    packed = {name: base64.b64encode(path.read_bytes()).decode() for name, path in sorted(hidden.items())}
    plain = zlib.compress(json.dumps(packed, sort_keys=True).encode(), 9)
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for name, path in clear.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)
    (target / SEALED).write_bytes(_MAGIC + _cipher(key).encrypt(plain, [_identity(target)]))


def unseal_question(folder: Path, target: Path, own: Path, key: bytes) -> None:
    """Write a sealed question in clear.

    Args:
        folder: the sealed question's.
        target: where its folder shall be; it must not exist.
        own: where its solutions shall be.
        key: of the bank.

    Raises:
        BankError: the key is another one, or the file was changed or belongs to another question.
    """
    hidden = _opened(folder, key)
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(SEALED))
    own.mkdir(parents=True, exist_ok=True)
    for name, content in hidden.items():
        kind, _, rest = name.partition("/")
        path = {"bank": target, "solutions": own}[kind] / rest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _is_clear(name: str, folder: Path) -> bool:
    """Whether a candidate may see a file anyhow; a spec holds the answers of a question that asks for words."""
    asks_for_code = (folder / "starter.py").is_file()
    return name in _CLEAR or name.startswith(f"{_PICTURES}/") or (name == _SPEC and asks_for_code)


def _opened(folder: Path, key: bytes) -> Mapping[str, bytes]:
    from cryptography.exceptions import InvalidTag

    data = (folder / SEALED).read_bytes()
    if not data.startswith(_MAGIC):
        raise BankError("this is no sealed question", file=folder / SEALED, cure="Take it from version control again")
    try:
        plain = _cipher(key).decrypt(data[len(_MAGIC) :], [_identity(folder)])
    except InvalidTag:
        raise BankError(
            "it does not open: the key is another bank's, or the file was changed, moved or renamed",
            file=folder / SEALED,
            cure=f"Name the right key by {VARIABLE}, or take the file from version control again",
        ) from None
    packed: dict[str, Any] = json.loads(zlib.decompress(plain))
    return {_safe(name): base64.b64decode(content) for name, content in packed.items()}


def _safe(name: str) -> str:
    """Return a name that stays where it is put; whoever has the key might have sealed another."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.parts[0] not in {"bank", "solutions"} or len(path.parts) < 2:
        raise BankError(f"a sealed question holds {name!r}, which would be written elsewhere")
    return name


def _identity(folder: Path) -> bytes:
    return f"{folder.parent.name}/{folder.name}".encode()


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    except ImportError:
        raise InputError("a sealed bank needs cryptography", cure="pip install 'exam-grader[seal]'") from None
    return AESSIV(key)


# --- opening ---------------------------------------------------------------------------------------------------------


def opened(folder: Path) -> Path:
    """Return a question's folder in clear: itself, or where this process has opened it.

    Raises:
        InputError: it is sealed and no key is named, or there is no file system in memory.
        BankError: the key does not open it.
    """
    return _open(folder) if is_sealed(folder) else folder


def is_opened(folder: Path) -> bool:
    """Whether a folder is one that was opened, in which nothing that is written stays."""
    return MEMORY in folder.parents


@cache
def _open(folder: Path) -> Path:
    named = os.environ.get(VARIABLE)
    if not named:
        cure = f"Name the file with the bank's key by {VARIABLE}"
        raise BankError(f"question {_identity(folder).decode()!r} is sealed", file=folder / SEALED, cure=cure)
    root = _private_folder() / str(len(os.listdir(_private_folder())))
    target, own = (root / part / folder.parent.name / folder.name for part in ("bank", "solutions"))
    target.parent.mkdir(parents=True)
    unseal_question(folder, target, own, read_key(Path(named)))
    return target


@cache
def _private_folder() -> Path:
    """Make the folder of what this process opens; it is removed when the process ends."""
    if not _is_in_memory(MEMORY):
        raise InputError(f"a sealed question is opened in memory, and {MEMORY} is none", cure="Mount a tmpfs there")
    # a name of the form of sandbox/maker.py, so that `grade doctor --clean` removes what a killed process leaves
    folder = Path(tempfile.mkdtemp(prefix=f"grader-{os.getpid()}-", dir=MEMORY))
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, maker: int) -> None:
    if os.getpid() == maker:  # a fork of ours ends too
        shutil.rmtree(folder, ignore_errors=True)


def _is_in_memory(folder: Path) -> bool:
    """Whether a folder lies on a tmpfs, by statfs(2), whose first word is the file system's type."""
    buffer = ctypes.create_string_buffer(256)
    if ctypes.CDLL(None, use_errno=True).statfs(os.fsencode(folder), buffer) != 0:
        return False
    return ctypes.c_long.from_buffer(buffer).value == _TMPFS
