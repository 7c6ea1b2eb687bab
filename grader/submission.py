"""Reads what a candidate hands in; never executes it.

A file is read with a bound, a folder without following links, a zip member by member. The entry module becomes
`units` of Python source: one for a `.py`, one for each code cell of a notebook. Everything refused here is refused
with a `SubmissionError` that tells the candidate what to do.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import json
import os
import re
import site
import stat
import subprocess
import sys
import tokenize
import unicodedata
import warnings
import zipfile
from dataclasses import dataclass, replace
from importlib.machinery import PathFinder
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from grader.errors import SubmissionError, did_you_mean
from grader.question import QuestionSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from grader.rubric import AnySpec

    Readers = Mapping[str, Callable[[Path, str], dict[str, bytes]]]

KIB, MIB = 2**10, 2**20
MAX_SOURCE = 1 * MIB  # all Python of a submission; more than anyone types
MAX_WORDS = 256 * KIB  # of an answer in words; its question allows far less
MAX_NOTEBOOK = 16 * MIB  # the whole file, with its outputs and pictures
MAX_CELLS = 1000
MAX_TREE = 16 * MIB  # a zip, what it unpacks to, and a folder
MAX_FILES = 500
MAX_ENTRIES = 10_000  # met on the way, ignored ones included
MAX_PATH = 240  # bytes of a relative path, so that it can be written anywhere
MAX_RATIO, FREE_OF_RATIO = 100, 256 * KIB  # a zip may unpack to a hundred times its size, and to 256 KiB in any case
MAX_NOTES = 20
PARSED_HERE = 32 * KIB  # characters no Python parser was seen to choke on; more is first parsed in a child

IGNORED = frozenset({"__pycache__", ".git", ".DS_Store", "__MACOSX", ".ipynb_checkpoints"})
_KINDS = "Hand in a .py file, an .ipynb notebook, a folder or a .zip"
WORDS = (".yaml", ".yml", ".md", ".txt")
"""Endings of a file that holds an answer in words."""
_WORD_KINDS = f"Hand in the form that `grade start` wrote ({', '.join(WORDS)}), a folder or a .zip with it"
_LEAVE_OUT = "Leave out data, environments and caches"


@dataclass(frozen=True)
class Unit:
    """One piece of source, executed in order in the module's namespace."""

    label: str
    """`solution.py`, or `answer.ipynb cell 3`."""
    source: str


@dataclass(frozen=True)
class Submission:
    """What a candidate handed in: the entry module as source, and the files beside it."""

    name: str
    """The file name as handed in."""
    sha256: str
    """Digest of a file's bytes; of a folder's or zip's sorted paths and bytes, so that packing changes nothing."""
    units: tuple[Unit, ...]
    files: tuple[tuple[str, bytes], ...] = ()
    """Further files by safe relative path, sorted; the entry is not among them."""
    notes: tuple[str, ...] = ()
    """What the candidate should know, e.g. a magic line that was left out."""
    shadowing: tuple[str, ...] = ()
    """Top-level module names in `files` that an installed module has already: the installed one is imported."""

    @property
    def helpers(self) -> tuple[Unit, ...]:
        """The Python modules among `files`."""
        return tuple(Unit(path, _decode(path, data)) for path, data in self.files if path.endswith(".py"))

    @property
    def texts(self) -> dict[str, str]:
        """All source, by the names that tracebacks call it."""
        return {unit.label: unit.source for unit in (*self.units, *self.helpers)}


class SyntaxFault(SubmissionError):  # noqa: N818  what the house calls a mistake that is not its own
    """The submission's source is no Python."""

    # Everything but the fault has a default, so that pickle can make it again on the way between processes.
    def __init__(self, fault: str, *, label: str | None = None, line: int = 1, column: int = 1, text: str = "") -> None:
        super().__init__(fault, file=label, line=line if label else None)
        self.label, self.line, self.column, self.text = label or "", line, column, text


def read_submission(path: Path, spec: AnySpec, *, anonymous: bool = False) -> Submission:
    """Read a `.py`, an `.ipynb`, a folder or a zip; for a question that asks for words, the text of its form.

    Args:
        path: where it lies.
        spec: of the question it answers.
        anonymous: call it what the question calls it, so that equal contents make equal submissions and verdicts.

    Raises:
        SyntaxFault: the entry module is no Python; says where.
        SubmissionError: it cannot be read, or is not what a candidate may hand in.
    """
    own = Path(os.path.abspath(path)).name or str(path)
    if not isinstance(spec, QuestionSpec):
        return _read_words(path, own, anonymous=anonymous)
    kind = _kind(path, own, _READERS, _KINDS)
    name = Path(spec.submission.file).stem + kind.removeprefix("folder") if anonymous else own
    files = _files(path, name, _READERS[kind])
    if kind not in {"folder", ".zip"}:
        return _assemble(name, hashlib.sha256(files[name]).hexdigest(), files, name)
    files = _unwrapped(files)
    return _assemble(name, _tree_digest(files), files, _entry(files, spec, name))


def read_archive(path: Path) -> dict[str, bytes]:
    """Return the files of a zip by their safe relative paths, read member by member with every bound of a submission.

    Raises:
        SubmissionError: it is no zip, is too large, or holds what cannot be unpacked safely.
    """
    name = path.name
    if _kind(path, name, {".zip": _read_zip}, "Hand in a .zip") != ".zip":
        raise SubmissionError(f"{name!r} is a folder", cure="Hand in the .zip as it was packed")
    return _files(path, name, _read_zip)


def _files(path: Path, name: str, read: Callable[[Path, str], dict[str, bytes]]) -> dict[str, bytes]:
    try:
        files = read(path, name)
    except OSError as error:
        raise _unreadable(error, name) from None
    _refuse_odd_names(files)
    return files


def _read_words(path: Path, own: str, *, anonymous: bool) -> Submission:
    """Read an answer in words, as one unit of text."""
    kind = _kind(path, own, _WORD_READERS, _WORD_KINDS)
    name = "answer" + kind.removeprefix("folder") if anonymous else own
    files = _unwrapped(_files(path, name, _WORD_READERS[kind]))
    single = kind not in {"folder", ".zip"}
    forms = [file for file in files if "/" not in file and file.lower().endswith(WORDS)]
    if len(forms) != 1:
        raise SubmissionError(f"{name!r} holds {len(forms)} files that may be the answer", cure=_WORD_KINDS)
    data = files[forms[0]]
    if len(data) > MAX_WORDS:
        raise _too_many_words(name)
    digest = hashlib.sha256(data).hexdigest() if single else _tree_digest(files)
    return Submission(name, digest, (Unit(forms[0], _newlines(_utf8(forms[0], data))),))


def _utf8(label: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SubmissionError("is no text in UTF-8", file=label, cure="Save it as UTF-8") from None
    if not text.strip():
        raise SubmissionError("is empty", file=label, cure="Save your answer and hand it in again")
    return text


def _assemble(name: str, digest: str, files: dict[str, bytes], entry: str) -> Submission:
    rest = tuple(sorted((path, data) for path, data in files.items() if path != entry))
    shadowing = _shadowing(path for path, _ in rest)
    return _checked(Submission(name, digest, _raw_units(entry, files[entry]), rest, shadowing=shadowing), entry)


def _checked(raw: Submission, entry: str) -> Submission:
    """Return the submission with its magics left out, its syntax proven, and the notes on both."""
    _refuse_much_source(raw)
    units, notes = _checked_units(raw.units, entry)
    notes = [*_twin_notes(raw, entry), *notes, *_helper_notes(raw), *_shadow_notes(raw)]
    return replace(raw, units=units, notes=_capped(notes))


def _capped(notes: list[str]) -> tuple[str, ...]:
    more = len(notes) - MAX_NOTES
    return tuple(notes) if more <= 0 else (*notes[:MAX_NOTES], f"and {more} more notes like these")


# --- from the disk ---------------------------------------------------------------------------------------------------


def _kind(path: Path, name: str, readers: Readers, kinds: str) -> str:
    """Return `folder` or the suffix of a regular file; the links and devices among the rest are never opened."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise _unreadable(error, name) from None
    if stat.S_ISDIR(mode):
        return "folder"
    if not stat.S_ISREG(mode):
        raise _not_regular(name, is_link=stat.S_ISLNK(mode), kinds=kinds)
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise SubmissionError(f"{name!r} is none of the files that can be graded", cure=kinds)
    return suffix


def _missing(path: Path) -> SubmissionError:
    try:
        names = os.listdir(path.parent)
    except OSError:
        names = []
    cure = did_you_mean(path.name, names) or "Check the path"
    return SubmissionError(f"{str(path)!r} does not exist", cure=cure)


def _unreadable(error: OSError | ValueError, name: str) -> SubmissionError:
    if isinstance(error, PermissionError):
        return SubmissionError(
            f"{error.filename or name!r} may not be read", cure="Give the reader permission: chmod -R u+rX"
        )
    return SubmissionError(f"{name!r} cannot be read: {error}")


def _not_regular(name: str, *, is_link: bool = False, kinds: str = _KINDS) -> SubmissionError:
    if is_link:
        return SubmissionError(f"{name!r} is a link", cure="Hand in the file it points to, not the link")
    return SubmissionError(f"{name!r} is no ordinary file", cure=kinds)


def _read_regular(path: Path, limit: int, too_large: SubmissionError) -> bytes:
    """Return at most `limit` bytes of a regular file; a pipe put in its place meanwhile does not block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _not_regular(path.name)
        if status.st_size > limit:
            raise too_large
        data = file.read(limit + 1)
    if len(data) > limit:
        raise too_large
    return data


def _read_module(path: Path, name: str) -> dict[str, bytes]:
    return {name: _read_regular(path, MAX_SOURCE, _large(name, MAX_SOURCE, "Hand in the source alone"))}


def _read_notebook(path: Path, name: str) -> dict[str, bytes]:
    return {name: _read_regular(path, MAX_NOTEBOOK, _large_notebook(name))}


def _read_form(path: Path, name: str) -> dict[str, bytes]:
    return {name: _read_regular(path, MAX_WORDS, _too_many_words(name))}


def _too_many_words(name: str) -> SubmissionError:
    return SubmissionError(f"{name!r} is larger than {MAX_WORDS // KIB} KiB", cure="Hand in the form alone")


def _large(name: str, limit: int, cure: str) -> SubmissionError:
    return SubmissionError(f"{name!r} is larger than {limit // MIB} MiB", cure=cure)


def _large_notebook(name: str) -> SubmissionError:
    return _large(name, MAX_NOTEBOOK, "Clear all outputs, remove pasted pictures, and save it again")


def _read_folder(folder: Path, name: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MAX_TREE
    for path in _walk(folder, name):
        data = _read_regular(path, left, _large(name, MAX_TREE, _LEAVE_OUT))
        left -= len(data)
        files[path.relative_to(folder).as_posix()] = data
        if len(files) > MAX_FILES:
            raise _crowded(name, MAX_FILES)
    return files


def _walk(folder: Path, name: str) -> Iterator[Path]:
    """Yield the regular files under a folder; a link or a device is a fault wherever it points."""
    waiting, met = [folder], 0
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                met += 1
                if met > MAX_ENTRIES:
                    raise _crowded(name, MAX_ENTRIES)
                if is_ignored(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)
                else:
                    place = Path(entry.path).relative_to(folder).as_posix()
                    raise _not_regular(place, is_link=entry.is_symlink())


def _crowded(name: str, limit: int) -> SubmissionError:
    return SubmissionError(f"{name!r} holds more than {limit} files", cure=_LEAVE_OUT)


def is_ignored(path: str) -> bool:
    """Tell what an editor or a file manager left behind; `._x` is what macOS puts beside `x`."""
    return any(part in IGNORED or part.startswith("._") for part in path.split("/"))


# --- from a zip ------------------------------------------------------------------------------------------------------


def _read_zip(path: Path, name: str) -> dict[str, bytes]:
    data = _read_regular(path, MAX_TREE, _large(name, MAX_TREE, _LEAVE_OUT))
    if data.count(b"PK\x01\x02") > MAX_ENTRIES:  # every entry has this mark; zipfile would make an object of each
        raise _crowded(name, MAX_ENTRIES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _members(archive, name, _budget(len(data)))
    except SubmissionError:
        raise
    except Exception as error:  # zipfile answers hostile bytes with a dozen kinds of exception
        raise SubmissionError(f"{name!r} is no readable zip: {error}"[:200], cure="Pack it again") from None


_READERS = {"folder": _read_folder, ".zip": _read_zip, ".py": _read_module, ".ipynb": _read_notebook}
_WORD_READERS = {"folder": _read_folder, ".zip": _read_zip, **dict.fromkeys(WORDS, _read_form)}


def _budget(packed: int) -> int:
    """Return how many bytes an archive may unpack to: what bounds a bomb, whatever sizes it declares."""
    return min(MAX_TREE, max(FREE_OF_RATIO, MAX_RATIO * packed))


def _members(archive: zipfile.ZipFile, name: str, budget: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = budget
    for member in archive.infolist():
        path = member_path(member)
        if path.endswith("/") or is_ignored(path):
            continue
        refuse_odd_member(member, path, files)
        with archive.open(member) as content:
            files[path] = content.read(left + 1)
        left -= len(files[path])
        if left < 0:
            raise SubmissionError(f"{name!r} unpacks to more than {budget // KIB} KiB", cure=_LEAVE_OUT)
        if len(files) > MAX_FILES:
            raise _crowded(name, MAX_FILES)
    return files


def member_path(member: zipfile.ZipInfo) -> str:
    """Return the path as packed; macOS writes UTF-8 without saying so, which zipfile then takes for cp437."""
    name = member.orig_filename
    if member.flag_bits & 0x800:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def refuse_odd_member(member: zipfile.ZipInfo, path: str, files: Collection[str]) -> None:
    """Refuse a second member of a name, and what is no plain file packed in the usual way.

    Raises:
        SubmissionError: it is one of these.
    """
    form = stat.S_IFMT(member.external_attr >> 16)
    if path in files:
        raise SubmissionError(f"{path!r} is in the zip twice", cure="Pack it again")
    if form not in {0, stat.S_IFREG}:
        raise _not_regular(path, is_link=form == stat.S_IFLNK)
    if member.flag_bits & 0x1:
        raise SubmissionError(f"{path!r} is encrypted", cure="Pack it without a password")
    # zipfile bounds what it inflates, but not what it unpacks by bzip2 or LZMA
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise SubmissionError(f"{path!r} is packed in an unusual way", cure="Pack it as an ordinary zip")


# --- one tree of files -----------------------------------------------------------------------------------------------


def _unwrapped(files: dict[str, bytes]) -> dict[str, bytes]:
    """Enter the one folder that holds everything, as most programs pack it."""
    while files and all("/" in path for path in files) and len({path.partition("/")[0] for path in files}) == 1:
        files = {path.partition("/")[2]: data for path, data in files.items()}
    return files


def _refuse_odd_names(paths: Collection[str]) -> None:
    for path in paths:
        fault = _name_fault(path)
        if fault:
            raise SubmissionError(f"the file name {path[:100]!r} {fault}", cure="Rename it")
    _refuse_collisions(paths)


def _name_fault(path: str) -> str:
    if "\\" in path:
        return "has a backslash"
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "is not relative"
    if not {"", ".", ".."}.isdisjoint(path.split("/")):
        return "leads out of the folder"
    if any(unicodedata.category(character).startswith("C") for character in path):
        return "has a character that cannot be shown"
    return "is too long" if len(path.encode()) > MAX_PATH else ""


def _refuse_collisions(paths: Collection[str]) -> None:
    """Refuse what would be one file, or a file and a folder at once, on another person's disk."""
    spellings: dict[str, str] = {}
    for path in paths:
        for place in (path, *_parents(path)):
            other = spellings.setdefault(unicodedata.normalize("NFKC", place).casefold(), place)
            if other != place or (place != path and place in paths):
                raise SubmissionError(f"{other!r} and {path!r} collide", cure="Rename one of them")


def _parents(path: str) -> list[str]:
    return [str(parent) for parent in PurePosixPath(path).parents][:-1]


def _tree_digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, data in sorted(files.items()):
        name = path.encode()
        digest.update(b"%d:%d:" % (len(name), len(data)) + name)
        digest.update(data)
    return digest.hexdigest()


def _entry(files: Collection[str], spec: QuestionSpec, name: str) -> str:
    """Return the file that is the answer: the one the question names, or the only one there is."""
    for wanted in _wanted(spec):
        if wanted in files:
            return wanted
    programs = _programs(files)
    if len(programs) == 1:
        return programs[0]
    cure = f"Name the answer {spec.submission.file}"
    if not programs:
        raise SubmissionError(f"{name!r} holds no .py and no .ipynb file at its top", cure=cure)
    raise SubmissionError(f"{name!r} holds several programs: {', '.join(programs[:5])}", cure=cure)


def _wanted(spec: QuestionSpec) -> tuple[str, str]:
    return spec.submission.file, spec.submission.file.removesuffix(".py") + ".ipynb"


def _programs(files: Collection[str]) -> list[str]:
    return sorted(path for path in files if "/" not in path and path.lower().endswith((".py", ".ipynb")))


def _twin_notes(submission: Submission, entry: str) -> list[str]:
    twin = entry.removesuffix(".py") + ".ipynb"
    beside = any(path == twin for path, _ in submission.files)
    return [f"{entry} is graded; {twin} beside it is not"] if beside else []


# --- modules that hide installed ones --------------------------------------------------------------------------------


def _shadowing(paths: Iterable[str]) -> tuple[str, ...]:
    modules = (path for path in paths if path.endswith((".py", ".pyc", ".so")))
    names = {path.partition("/")[0].partition(".")[0] for path in modules}
    return tuple(sorted(name for name in names if _is_installed(name)))


def _is_installed(name: str) -> bool:
    """Tell whether the grader's Python has such a module; one that merely lies in the working folder is none."""
    if name == __name__.partition(".")[0] or name in sys.stdlib_module_names:
        return True
    spec = PathFinder.find_spec(name, _places_of_packages())
    return spec is not None and spec.origin is not None


def _places_of_packages() -> list[str]:
    others = (place for place in sys.path if place and any(Path(place).glob("*.dist-info")))
    return [*site.getsitepackages(), site.getusersitepackages(), *others]


def _shadow_notes(submission: Submission) -> list[str]:
    return [
        f"{name!r} is also the name of an installed module, which is the one imported; rename yours"
        for name in submission.shadowing
    ]


# --- source ----------------------------------------------------------------------------------------------------------


def _raw_units(entry: str, data: bytes) -> tuple[Unit, ...]:
    if entry.lower().endswith(".py"):
        return (Unit(entry, _decode(entry, data)),)
    cells = _code_cells(entry, data)
    return tuple(Unit(f"{entry} cell {number}", cell) for number, cell in enumerate(cells, 1))


# Their decoders take time that grows with the square of the text, or turn plain text into something else.
_UNUSUAL_CODECS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "utf_7"})


def _decode(label: str, data: bytes) -> str:
    """Decode as Python does: a BOM, then the encoding that the first two lines declare, else UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SubmissionError("is saved as UTF-16", file=label, cure="Save it as UTF-8")
    if b"\0" in data:
        raise SubmissionError("is no text: it has a NUL byte", file=label, cure="Hand in Python source")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if codecs.lookup(encoding).name.replace("-", "_") in _UNUSUAL_CODECS:
            raise LookupError(f"the encoding {encoding} is not for source")
        text = data.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise SubmissionError(f"is no text: {error}"[:200], file=label, cure="Save it as UTF-8") from None
    return _newlines(text)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_much_source(submission: Submission) -> None:
    if not any(unit.source.strip() for unit in submission.units):
        raise SubmissionError(f"{submission.name!r} is empty", cure="Save your answer and hand it in again")
    if sum(len(unit.source) for unit in (*submission.units, *submission.helpers)) > MAX_SOURCE:
        raise _large(submission.name, MAX_SOURCE, "Move data out of the Python source")


def _checked_units(raw: tuple[Unit, ...], entry: str) -> tuple[tuple[Unit, ...], list[str]]:
    units: list[Unit] = []
    notes: list[str] = []
    for unit in raw:
        place = unit.label.removeprefix(f"{entry} ")
        checked, more = (unit, _syntax_notes(unit, place)) if unit.label == entry else _checked_cell(unit, place)
        units += [checked] if checked.source.strip() else []
        notes += more
    if not units:
        raise SubmissionError(
            "no Python is left when magics are taken out", file=entry, cure="Write the answer in Python"
        )
    return tuple(units), notes


def _helper_notes(submission: Submission) -> list[str]:
    notes: list[str] = []
    for unit in submission.helpers:
        try:
            notes += _syntax_notes(unit, unit.label)
        except SyntaxFault as fault:
            notes.append(f"{fault} It cannot be imported.")
    return notes


def _syntax_notes(unit: Unit, place: str) -> list[str]:
    """Compile and throw away; return the compiler's warnings.

    Raises:
        SyntaxFault: it is no Python.
        SubmissionError: it is more than Python's own parser can take.
    """
    _refuse_explosive(unit)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(unit.source, unit.label, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise _syntax_fault(unit, error) from None
        except (RecursionError, MemoryError):
            raise SubmissionError("is nested too deeply for Python", file=unit.label, cure="Simplify it") from None
        except ValueError as error:  # a NUL or half a surrogate pair
            raise SubmissionError(f"is no text: {error}"[:200], file=unit.label, cure="Retype it") from None
    return [f"{place}, line {warning.lineno}: {warning.message}" for warning in caught]


def _syntax_fault(unit: Unit, error: SyntaxError) -> SyntaxFault:
    line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
    text = "".join(unit.source.split("\n")[line - 1 : line])[:200]
    return SyntaxFault(str(error.msg), label=unit.label, line=line, column=column, text=text)


# `import a.a.a...` takes memory by the square of its length, an f-string of many fields time likewise, and a
# comprehension of many clauses overruns the C stack of the whole process.
_TRY_TO_PARSE = """
import ast, resource, sys
for name, limit in (("AS", 2**30), ("STACK", 2**22), ("CPU", 5), ("CORE", 0)):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (limit, limit))
source = sys.stdin.buffer.read().decode("utf-8", "surrogatepass")
try:
    ast.parse(source)
    compile(source, "", "exec")
except (SyntaxError, ValueError, RecursionError):
    pass
"""


def _refuse_explosive(unit: Unit) -> None:
    """Let a child with tight limits parse long source first, for a parser that dies takes its process along."""
    if len(unit.source) <= PARSED_HERE:
        return
    child = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _TRY_TO_PARSE],
        input=unit.source.encode("utf-8", "surrogatepass"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if child.returncode != 0:
        raise SubmissionError(
            "Python's own parser fails on it", file=unit.label, cure="Split long expressions and statements"
        )


# --- notebooks -------------------------------------------------------------------------------------------------------


def _code_cells(label: str, data: bytes) -> list[str]:
    """Return the source of every code cell; outputs, attachments and metadata are not looked at."""
    if len(data) > MAX_NOTEBOOK:
        raise _large_notebook(label)
    notebook = _notebook(label, data)
    _refuse_other_language(label, notebook)
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise _no_notebook(label, "it has no list of cells")
    code = [_cell_source(label, cell) for cell in cells if cell.get("cell_type") == "code"]
    if not code:
        raise SubmissionError("has no code cells", file=label, cure="Write the answer in code cells")
    if len(code) > MAX_CELLS:
        raise SubmissionError(f"has more than {MAX_CELLS} code cells", file=label, cure="Leave out what is no answer")
    return code


def _no_notebook(label: str, reason: str) -> SubmissionError:
    return SubmissionError(f"is no notebook: {reason}"[:200], file=label, cure="Save it again from Jupyter")


def _notebook(label: str, data: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _no_notebook(label, f"broken JSON ({error})" if data.strip() else "the file is empty") from None
    version = notebook.get("nbformat") if isinstance(notebook, dict) else None
    if not isinstance(version, int):
        raise _no_notebook(label, "it does not say which format it has")
    if version not in {1, 2, 3, 4}:
        raise SubmissionError(f"has format {version}, which nobody knows yet", file=label, cure="Save it as format 4")
    return notebook if version == 4 else _upgraded(label, notebook)


def _upgraded(label: str, notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook older than format 4, from before 2015, as one of format 4, without all that is no cell.

    No library does it: the usual one takes gigabytes to object to outputs that are none.
    """
    try:
        sheets = notebook["worksheets"] if notebook["nbformat"] > 1 else [notebook]
        cells = [cell for sheet in sheets for cell in sheet["cells"]]
        code = [{**cell, "source": _old_source(cell, notebook["nbformat"])} for cell in cells]
    except (AttributeError, KeyError, TypeError) as error:
        reason = f"it cannot be upgraded to format 4 ({type(error).__name__}: {error})"
        raise _no_notebook(label, reason) from None
    return {**notebook, "cells": code}


def _old_source(cell: dict[str, Any], version: int) -> object:
    """Return a cell's code; up to format 2 its lines come without their ends."""
    source = cell.get("input", cell.get("code", ""))
    bare_lines = version <= 2 and isinstance(source, list) and all(isinstance(line, str) for line in source)
    return "\n".join(source) if bare_lines else source


def _refuse_other_language(label: str, notebook: dict[str, Any]) -> None:
    metadata = notebook.get("metadata")
    for place, key in (("language_info", "name"), ("kernelspec", "language")):
        facts = metadata.get(place) if isinstance(metadata, dict) else None
        language = facts.get(key) if isinstance(facts, dict) else None
        if isinstance(language, str) and language and "python" not in language.lower():
            raise SubmissionError(f"is a notebook in {language[:40]!r}", file=label, cure="Answer in Python")


def _cell_source(label: str, cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise _no_notebook(label, "the source of a cell is no text")
    return _newlines("".join(lines))


# --- magics ----------------------------------------------------------------------------------------------------------

_LEXEME = re.compile(
    r"""
      (?P<newline> \n)
    | (?P<open> [(\[{])
    | (?P<close> [)\]}])
    | \#[^\n]*+
    | \"{3} (?: [^"\\] | \\. | "(?!"") )*+ (?:\"{3})?+
    | '{3} (?: [^'\\] | \\. | '(?!'') )*+ (?:'{3})?+
    | " (?: [^"\\\n] | \\. )*+ "?+
    | ' (?: [^'\\\n] | \\. )*+ '?+
    | \\\n
    | [^\n()\[\]{}\#"'\\]++
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_MAGIC = re.compile(
    r"""
    (?P<indent> [ \t]*+)
    (?P<text>
        (?: [%!?] | [A-Za-z_][\w\ ,.*\[\]]*=[ \t]*[%!] | [\w\ .*\[\]=]+\?{1,2}[ \t]*(?=\n|\Z) )
        (?: \\\n | [^\n] )*+
    )
    """,
    re.VERBOSE,
)


def _checked_cell(unit: Unit, place: str) -> tuple[Unit, list[str]]:
    """Check a cell as it is, for `%` and `!` may be Python; only when it is none, take its magics out."""
    if unit.source.lstrip().startswith("%%"):
        magic = unit.source.lstrip().partition("\n")[0]
        return Unit(unit.label, ""), [f"{place}: the whole cell was left out, for the magic {_shown(magic)} opens it"]
    try:
        return unit, _syntax_notes(unit, place)
    except SyntaxFault:
        source, magics = without_magics(unit.source)
        if not magics:
            raise
    notes = [f"{place}, line {line}: magic {_shown(text)} was left out; it is never executed" for line, text in magics]
    bare = Unit(unit.label, source)
    return bare, [*notes, *_syntax_notes(bare, place)]


def _shown(text: str) -> str:
    return repr(text.rstrip()[:80])


def without_magics(source: str) -> tuple[str, list[tuple[int, str]]]:
    """Return the source without its magics, lines kept in number, and the line and text of each magic.

    A magic opens a logical line: one within brackets, a string or a continued line is none.
    """
    pieces: list[str] = []
    magics: list[tuple[int, str]] = []
    position, line = 0, 1
    for magic in _find_magics(source):
        line += source.count("\n", position, magic.start())
        magics.append((line, magic["text"]))
        pieces += [source[position : magic.start()], _replacement(magic)]
        line += magic["text"].count("\n")
        position = magic.end()
    return "".join(pieces) + source[position:], magics


def _replacement(magic: re.Match[str]) -> str:
    # A block must keep a statement; at the left edge a blank line disturbs nothing.
    return (f"{magic['indent']}pass" if magic["indent"] else "") + "\n" * magic["text"].count("\n")


def _find_magics(source: str) -> Iterator[re.Match[str]]:
    """Yield each magic; the quotes and brackets it holds mean nothing to the lines after it."""
    position, depth, fresh = 0, 0, True
    while position < len(source):
        magic = _MAGIC.match(source, position) if fresh else None
        if magic:
            yield magic
        lexeme = _LEXEME.match(source, magic.end() if magic else position)
        if lexeme is None:  # the magic was the last line
            return
        depth = max(0, depth + (lexeme["open"] is not None) - (lexeme["close"] is not None))
        fresh = lexeme["newline"] is not None and depth == 0
        position = lexeme.end()
