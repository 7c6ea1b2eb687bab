"""What was handed in by whom: a folder, a learning platform's export or a manifest becomes a list of submissions.

Names and metadata are all that is read: no submission is opened, nothing is executed. Which layout a folder has is told
by its topmost names, which the platform wrote, never by what a candidate may have put further down.

layout      recognised by                                 candidate
plain       nothing else                                  the stem: one `.py`, `.ipynb`, `.zip` or folder for each
gradescope  `submission_metadata.yml`                     the submitter's e-mail address
moodle      `NAME_ID_assignsubmission_...`                `NAME_ID`, as Moodle wrote it
nbgrader    a folder `submitted/`                         the student's id, the folder's name
canvas      `NAME_[LATE_]USER_FILE_...` in more than half  `NAME_USER`
manifest    `.csv` with `candidate`, `question`, `path`   as written

Any of the folders may come as the zip it was downloaded as.
"""

from __future__ import annotations

import csv
import hashlib
import io
import mmap
import os
import re
import unicodedata
import zipfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from grader.errors import InputError, SubmissionError, describe_fault, did_you_mean
from grader.sandbox import scratch
from grader.submission import MAX_TREE, MIB, is_ignored, member_path, refuse_odd_member

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

MAX_PACKED = 1024 * MIB  # a batch as a zip
MAX_UNPACKED = 4096 * MIB  # and on the disk
MAX_MEMBERS = 200_000  # those of zips within the zip included, where they are stored as they are
MAX_MEMBER = MAX_TREE + 1  # no more of a file is unpacked or copied: its reader refuses it by then
MAX_DEPTH, MAX_PART, MAX_WHOLE = 64, 255, 1000  # folders; bytes of a name; bytes of a path
MAX_METADATA = 16 * MIB
MAX_NESTING = 64
MAX_MANIFEST = 4 * MIB
MAX_LISTED = 20  # faults in one message, and names in one note
MAX_STEM = 200  # bytes of a file name, so that endings of ours still fit

SUBMISSIONS = (".py", ".ipynb", ".zip")
COLUMNS = ("candidate", "question", "path")
METADATA = "submission_metadata.yml"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Handed:
    """One submission of one candidate."""

    candidate: str
    """As it was written: untrusted text. See `file_name`."""
    path: Path
    question: str | None
    """The id that a manifest gives; None where it is the batch's question."""


@dataclass(frozen=True)
class Intake:
    """Everything that was handed in, in the order of the manifest or of the candidates' names."""

    handed: tuple[Handed, ...]
    notes: tuple[str, ...]
    """What the examiner should know: files left out, late submissions, who handed in together."""
    layout: str
    """The layout's name, as in the table above."""


@contextmanager
def take_in(
    source: Path,
    *,
    question_given: bool = True,
    assignment: str | None = None,
    endings: Collection[str] = SUBMISSIONS,
) -> Iterator[Intake]:
    """List what was handed in; what had to be unpacked for it is there until the end of the `with` block.

    Args:
        source: a folder, a zip of one, or a manifest.
        question_given: the batch has a question; otherwise each line of a manifest must name one.
        assignment: of an nbgrader course, `ASSIGNMENT` or `ASSIGNMENT/NOTEBOOK`.
        endings: of the files that are submissions, in a plain folder of them.

    Raises:
        InputError: it cannot be read, holds nothing, or says two things at once; lists every fault of a manifest.
        BrokenError: there is no room for what has to be unpacked.
    """
    folder = scratch.make()
    try:
        yield _intake(_Place(source, source, source, Path(folder), assignment, endings), question_given=question_given)
    finally:
        scratch.remove(folder)


def _intake(place: _Place, *, question_given: bool) -> Intake:
    source = place.source
    try:
        if source.suffix.lower() == ".csv" and source.is_file():
            return read_manifest(source, question_given=question_given)
        if source.is_dir():
            return _sorted_out(place)
        if source.suffix.lower() == ".zip" and source.is_file():
            top = place.scratch / "unpacked"
            folder, notes = _unpack(source, top)
            found = _sorted_out(replace(place, top=top, folder=folder))
            return Intake(found.handed, (*notes, *found.notes), found.layout)
    except OSError as error:
        raise InputError(f"cannot be taken in: {error.strerror or error}", file=error.filename or source) from None
    raise _no_source(source)


def _no_source(source: Path) -> InputError:
    if source.exists():
        cure = "Name a folder of submissions, a zip of one, or a manifest (.csv)"
        return InputError("is nothing that holds submissions", file=source, cure=cure)
    beside = [path.name for path in source.parent.iterdir()] if source.parent.is_dir() else []
    return InputError("does not exist", file=source, cure=did_you_mean(source.name, beside) or "Check the path")


# --- layouts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """Where a layout is looked for."""

    source: Path
    """What the person named: the top, or the zip it was unpacked from."""
    top: Path
    folder: Path
    """The top, or the one folder in it that is the export."""
    scratch: Path
    """Private, for files that have to be put together."""
    assignment: str | None
    endings: Collection[str]
    """Of the files that are submissions."""

    def entries(self) -> list[Path]:
        """Return what a person sees in the folder, in the order of the names."""
        return _visible(self.folder)

    def shown(self, path: Path) -> Path:
        """Return a path as the person knows it, where it was unpacked."""
        return self.source / path.relative_to(self.top)


@dataclass(frozen=True)
class _Layout:
    """How to tell a layout, and how to read it."""

    name: str
    fits: Callable[[Path], bool]
    read: Callable[[_Place], tuple[list[Handed], list[str]]]


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and not is_ignored(path.name))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _sorted_out(place: _Place) -> Intake:
    """Recognise the layout of a folder and read it."""
    exports = [path for path in place.entries() if re.fullmatch(r"assignment_\d+_export", path.name)]
    if len(exports) == 1 and (exports[0] / METADATA).is_file():
        place = replace(place, folder=exports[0])
    layout = next(layout for layout in _LAYOUTS if layout.fits(place.folder))
    if place.assignment and layout.name != "nbgrader":
        raise InputError(f"is no course of nbgrader, and has no assignment {place.assignment!r}", file=place.source)
    handed, notes = layout.read(place)
    _refuse_twins(handed, place)
    if not handed:
        cure = "Put one .py, .ipynb, .zip or folder for each candidate there, or write a manifest"
        raise InputError("; ".join(["holds no submissions", *notes]), file=place.source, cure=cure)
    return Intake(tuple(sorted(handed, key=lambda each: each.candidate)), tuple(notes), layout.name)


def _refuse_twins(handed: Iterable[Handed], place: _Place) -> None:
    first: dict[str, Handed] = {}
    faults = []
    for each in handed:
        other = first.setdefault(_same(each.candidate), each)
        if other is not each:
            names = " and ".join(repr(_relative(one.path, place.folder)) for one in (other, each))
            faults.append(f"{names} are both by {each.candidate!r}")
    if faults:
        raise InputError(_listing(faults), file=place.source, cure="Keep one of each, or write a manifest")


def _relative(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name


def _same(candidate: str) -> str:
    """Return what two spellings of one name have in common: a disk may compose accents, another not."""
    return unicodedata.normalize("NFC", candidate)


def _text(path: Path) -> str:
    """Return a file's name as text that can be written anywhere, whatever bytes it has."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def _stem(path: Path) -> str:
    return _text(path) if _is_folder(path) else _text(path)[: -len(path.suffix)]


def _listing(items: Collection[str]) -> str:
    shown = list(items)[:MAX_LISTED]
    more = len(items) - len(shown)
    return "; ".join([*shown, *([f"and {more} more"] if more else [])])


def _note(one: str, many: str, names: Collection[str]) -> list[str]:
    """Return a note that counts and names, or none."""
    if not names:
        return []
    listed = ", ".join(map(repr, sorted(names)[:MAX_LISTED]))
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return [f"{one if len(names) == 1 else many.format(len(names))}: {listed}{more}"]


_LEFT_OUT = ("1 file that is no submission was left out", "{} files that are no submissions were left out")


def _answer(folder: Path) -> Path:
    """Return a candidate's folder, or the zip that is all it holds."""
    entries = _visible(folder)
    return entries[0] if len(entries) == 1 and entries[0].suffix.lower() == ".zip" else folder


def _read_plain(place: _Place) -> tuple[list[Handed], list[str]]:
    """Read one file or folder for each candidate."""
    handed, others = [], []
    for path in place.entries():
        if _is_folder(path):
            handed.append(Handed(_stem(path), _answer(path), None))
        elif path.suffix.lower() in place.endings:
            handed.append(Handed(_stem(path), path, None))
        else:
            others.append(_text(path))
    return handed, _note(*_LEFT_OUT, others)


def _together(files: Mapping[str, Path], folder: Path) -> Path:
    """Return one submission made of a candidate's files: the file itself, or a folder of copies."""
    if len(files) == 1:
        return next(iter(files.values()))
    folder.mkdir(parents=True)
    for name, path in files.items():
        target = folder / (f"_{name}" if name in {".", ".."} else name)
        if path.is_symlink():
            target.symlink_to("nowhere")  # still a link, so that the reader refuses it
            continue
        with path.open("rb") as file:
            target.write_bytes(file.read(MAX_MEMBER))
    return folder


def _named(files: dict[str, Path], name: str, path: Path) -> None:
    """Add a file under the name the candidate gave it, which another one may have already."""
    files[path.name if name in files else name] = path


def _handed_together(files: Mapping[str, Mapping[str, Path]], place: _Place) -> list[Handed]:
    """Return what each candidate handed in as a number of files."""
    folders = (place.scratch / "together" / str(number) for number in range(len(files)))
    return [
        Handed(candidate, _together(own, folder), None)
        for (candidate, own), folder in zip(files.items(), folders, strict=True)
    ]


# --- Gradescope ------------------------------------------------------------------------------------------------------


def _is_gradescope(folder: Path) -> bool:
    return (folder / METADATA).is_file()


def _read_gradescope(place: _Place) -> tuple[list[Handed], list[str]]:
    """Read "Download Submissions" (Review Grades): `assignment_ID_export/submission_ID/`, and who is who.

    The metadata is what Ruby writes of symbols: `submission_ID` to `:submitters`, a list of `:name`, `:sid`, `:email`
    (otter-grader's `GradescopeParser` reads the same). A candidate is an e-mail address: every account has one and
    logs in with it, while names repeat and a `:sid` is only there if the roster had it. Each of a group is handed the
    group's submission.
    """
    people = _submitters(place.folder / METADATA, place)
    folders = {_text(path): path for path in place.entries() if _is_folder(path)}
    handed = [
        Handed(candidate, _answer(path), None)
        for name, path in folders.items()
        for candidate in people.get(name) or [name]
    ]
    files = [_text(path) for path in place.entries() if not _is_folder(path) and path.name != METADATA]
    nobody = [name for name in folders if not people.get(name)]
    missing = people.keys() - folders.keys() - set(files)
    groups = [f"{name}: {', '.join(group)}" for name, group in people.items() if len(group) > 1]
    return handed, [
        *_note("1 submission names no submitter and goes by its folder", "{} submissions name no submitter", nobody),
        *_note("1 submission of the metadata is not there", "{} submissions of the metadata are not there", missing),
        *_note("1 submission is a group's, and counts for each", "{} submissions are groups'", groups),
        *_note(*_LEFT_OUT, files),
    ]


def _submitters(path: Path, place: _Place) -> dict[str, list[str]]:
    """Return the candidates of each submission; reads nodes and makes no objects, so that no tag means anything."""
    if path.stat().st_size > MAX_METADATA:
        raise InputError(f"is larger than {MAX_METADATA // MIB} MiB", file=place.shown(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
        _refuse_deep(text)
        entries = _pairs(yaml.compose(text, Loader=_Loader))
    except UnicodeDecodeError as error:
        raise InputError(f"is no UTF-8: {error.reason}", file=place.shown(path), cure="Download it again") from None
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        fault = getattr(error, "problem", None) or " ".join(str(error).split())
        line = mark.line + 1 if mark else None
        raise InputError(f"is no YAML: {fault}", file=place.shown(path), line=line, cure="Download it again") from None
    if not entries:
        raise InputError("names no submission", file=place.shown(path), cure="Download it again, or write a manifest")
    return {name: _people(_pairs(entry).get("submitters")) for name, entry in entries.items()}


def _refuse_deep(text: str) -> None:
    """Refuse deep nesting before libyaml builds anything of it, on the C stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_NESTING:
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem="the values are nested too deeply", problem_mark=mark)


def _pairs(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """Return a mapping's values by key, without the colon that Ruby puts before a symbol."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value.removeprefix(":"): value for key, value in pairs if isinstance(key, yaml.ScalarNode)}


def _people(node: yaml.Node | None) -> list[str]:
    persons = node.value if isinstance(node, yaml.SequenceNode) else []
    return [name for person in persons if (name := _key_of(_pairs(person)))]


def _key_of(person: Mapping[str, yaml.Node]) -> str:
    """Return the e-mail address, or what else the metadata knows a person by."""
    written = (person.get(field) for field in ("email", "sid", "name"))
    return next((n.value for n in written if isinstance(n, yaml.ScalarNode) and n.value and "null" not in n.tag), "")


# --- Moodle ----------------------------------------------------------------------------------------------------------

_MOODLE = re.compile(r"(?P<who>.+?)_assignsubmission_(?P<kind>[a-z0-9]+)(?:_(?P<file>.*))?", re.DOTALL)


def _is_moodle(folder: Path) -> bool:
    return any(_MOODLE.fullmatch(path.name) for path in _visible(folder))


def _read_moodle(place: _Place) -> tuple[list[Handed], list[str]]:
    r"""Read "Download all submissions", in folders or, with that choice off, flat.

    Moodle's `mod_assign\downloader` names each `FULL NAME_ID_assignsubmission_PLUGIN`, a folder with or without a last
    underscore by its version, or a file with its own name after it. ID is the participant's number in the assignment;
    with anonymous marking NAME is "Participant", with teams it is the team's. Only the plugin `file` holds programs.
    """
    handed: list[Handed] = []
    flat: dict[str, dict[str, Path]] = defaultdict(dict)
    texts, others = [], []
    for path in place.entries():
        found = _MOODLE.fullmatch(_text(path))
        if not found:
            others.append(_text(path))
        elif found["kind"] != "file":
            texts.append(_text(path))
        elif _is_folder(path):
            handed.append(Handed(found["who"], _answer(path), None))
        else:
            _named(flat[found["who"]], found["file"] or _text(path), path)
    notes = _note("1 online text is no program and was left out", "{} online texts were left out", texts)
    return handed + _handed_together(flat, place), notes + _note(*_LEFT_OUT, others)


# --- Canvas ----------------------------------------------------------------------------------------------------------

_CANVAS = re.compile(
    r"""
    (?: (?P<name>\w+?)_(?P<late>LATE_)?(?P<user>[0-9]+) | (?P<late_too>LATE_)?(?P<anonymous>anon_[A-Za-z0-9]+) )
    _ (?: (?P<file>[0-9]+)_(?P<original>.+) | (?P<typed>text|link)\.html )
    """,
    re.VERBOSE | re.DOTALL,
)
_AGAIN = re.compile(
    r"(?P<base>.+?)(?:-(?P<number>[0-9]{1,4}))?(?P<suffix>\.py|\.ipynb|\.zip)", re.IGNORECASE | re.DOTALL
)


def _is_canvas(folder: Path) -> bool:
    names = [path.name for path in _visible(folder)]
    return sum(_CANVAS.fullmatch(name) is not None for name in names) * 2 > len(names)


def _read_canvas(place: _Place) -> tuple[list[Handed], list[str]]:
    """Read "Download Submissions": one flat zip.

    Canvas' `ContentZipper` names each file `NAME_[LATE_]USER_FILE_ORIGINAL`: NAME is the sortable name in lower case
    with all but letters and digits taken out, USER and FILE are numbers, and an anonymous assignment has `anon_ID` for
    NAME_USER. What was typed in ends in `_text.html` or `_link.html`. A file handed in again is called `x-1.py`.
    """
    attempts: dict[str, dict[str, list[_Attempt]]] = defaultdict(lambda: defaultdict(list))
    late, typed, others = set(), [], []
    for path in place.entries():
        found = _CANVAS.fullmatch(_text(path))
        if not found:
            others.append(_text(path))
        elif found["typed"]:
            typed.append(_text(path))
        else:
            candidate = found["anonymous"] or f"{found['name']}_{found['user']}"
            late |= {candidate} if found["late"] or found["late_too"] else set()
            attempt = _attempt(found, path)
            attempts[candidate][attempt.name].append(attempt)
    files = {who: {name: max(tries).path for name, tries in own.items()} for who, own in attempts.items()}
    return _handed_together(files, place), [
        *(note for own in attempts.values() for tries in own.values() for note in _older(tries)),
        *_note("1 candidate was late", "{} candidates were late", late),
        *_note("1 typed text is no program and was left out", "{} typed texts were left out", typed),
        *_note(*_LEFT_OUT, others),
    ]


@dataclass(frozen=True, order=True)
class _Attempt:
    """A file handed in once, or once more; the greatest is the newest."""

    number: int
    file: int
    """Canvas' own number of the file, which grows."""
    path: Path
    name: str
    """As the candidate called it, without the number."""


def _attempt(found: re.Match[str], path: Path) -> _Attempt:
    again = _AGAIN.fullmatch(found["original"])
    name = again["base"] + again["suffix"] if again else found["original"]
    return _Attempt(int(again["number"] or 0) if again else 0, int(found["file"]), path, name)


def _older(tries: Iterable[_Attempt]) -> list[str]:
    """Return a note on the attempts that are not taken."""
    *older, newest = (_text(attempt.path) for attempt in sorted(tries))
    return [f"{', '.join(map(repr, older))} was handed in again as {newest!r}, which is taken"] if older else []


# --- nbgrader --------------------------------------------------------------------------------------------------------


def _is_nbgrader(folder: Path) -> bool:
    return folder.name == "submitted" or _is_folder(folder / "submitted")


def _read_nbgrader(place: _Place) -> tuple[list[Handed], list[str]]:
    """Read a course, or its folder `submitted`: `submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb` and a `timestamp.txt`.

    That is the default `directory_structure` of nbgrader's `CourseDirectory`.
    """
    inner = place.folder / "submitted"
    root = inner if _is_folder(inner) else place.folder
    students = [path for path in _visible(root) if _is_folder(path)]
    known = {_text(path) for student in students for path in _visible(student) if _is_folder(path)}
    assignment, _, notebook = (place.assignment or "").partition("/")
    assignment = _chosen(assignment, known, place.source)
    answers = {_text(student): student / assignment for student in students}
    missing = [name for name, folder in answers.items() if not _is_folder(folder)]
    found = {name: _notebook(folder, notebook) for name, folder in answers.items() if name not in missing}
    faults = [fault for fault in found.values() if isinstance(fault, str)]
    if faults:
        cure = f"Choose one with --assignment {assignment}/NOTEBOOK"
        raise InputError(_listing(faults), file=place.source, cure=cure)
    notes = _note(
        f"1 student has handed in nothing for {assignment!r}", f"{{}} students have nothing for {assignment!r}", missing
    )
    others = [_text(path) for path in _visible(root) if not _is_folder(path)]
    handed = [Handed(name, path, None) for name, path in found.items() if isinstance(path, Path)]
    return handed, notes + _note(*_LEFT_OUT, others)


def _chosen(assignment: str, known: Collection[str], source: Path) -> str:
    """Return the assignment that was asked for, or the only one."""
    if assignment in known:
        return assignment
    names = ", ".join(map(repr, sorted(known)[:MAX_LISTED]))
    if assignment:
        hint = did_you_mean(assignment, known) or f"There are {names}"
        raise InputError(f"nobody handed in an assignment {assignment!r}", file=source, cure=hint)
    if len(known) == 1:
        return next(iter(known))
    if not known:
        raise InputError("holds no STUDENT/ASSIGNMENT/", file=source, cure="Name a course of nbgrader")
    raise InputError(f"holds several assignments: {names}", file=source, cure="Choose one with --assignment NAME")


def _notebook(folder: Path, wanted: str) -> Path | str:
    """Return a student's notebook, the folder where more belongs to it, or why neither can be told."""
    files = [path for path in _visible(folder) if path.name != "timestamp.txt"]
    notebooks = [path for path in files if path.suffix.lower() == ".ipynb"]
    if wanted:
        # one that is missing is for the reader to say, to this student alone
        return folder / f"{wanted.removesuffix('.ipynb')}.ipynb"
    if len(notebooks) > 1:
        names = ", ".join(repr(_text(path)) for path in notebooks[:MAX_LISTED])
        return f"{_text(folder.parent)!r} handed in several notebooks: {names}"
    return files[0] if len(files) == 1 and notebooks else folder


_LAYOUTS = (
    _Layout("gradescope", _is_gradescope, _read_gradescope),
    _Layout("moodle", _is_moodle, _read_moodle),
    _Layout("nbgrader", _is_nbgrader, _read_nbgrader),
    _Layout("canvas", _is_canvas, _read_canvas),
    _Layout("plain", Path.is_dir, _read_plain),
)


# --- a batch as a zip ------------------------------------------------------------------------------------------------


_BY_HAND = "Unpack it yourself, look what is in it, and name the folder"


def _unpack(source: Path, folder: Path) -> tuple[Path, list[str]]:
    """Unpack a batch; return the folder that holds it, and notes on names that are no UTF-8."""
    if source.stat().st_size > MAX_PACKED:
        raise _too_large(source, f"is larger than {MAX_PACKED // MIB} MiB")
    _refuse_crowded(source)
    folder.mkdir()
    try:
        with zipfile.ZipFile(source) as archive:
            odd = _unpack_members(archive, source, folder)
    except (InputError, OSError):
        raise
    except Exception as error:  # zipfile answers hostile bytes with a dozen kinds of exception
        raise InputError(f"is no readable zip: {error}"[:200], file=source, cure="Download it again") from None
    return _unwrapped(folder, source), _note(
        "1 name in the zip is no UTF-8 and may look odd", "{} names in the zip are no UTF-8 and may look odd", odd
    )


def _too_large(source: Path, fault: str) -> InputError:
    return InputError(fault, file=source, cure=_BY_HAND)


def _refuse_crowded(source: Path) -> None:
    """Count the mark of every entry, before zipfile makes an object of each."""
    with source.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise InputError("is empty", file=source, cure="Download it again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            count = sum(1 for _ in re.finditer(rb"PK\x01\x02", data))
    if count > MAX_MEMBERS:
        raise _too_large(source, f"holds more than {MAX_MEMBERS} files")


def _unpack_members(archive: zipfile.ZipFile, source: Path, folder: Path) -> list[str]:
    """Write every member that is not ignored; return the names that are no UTF-8."""
    odd: list[str] = []
    written: set[str] = set()
    left = MAX_UNPACKED
    for member in archive.infolist():
        path = member_path(member)
        if is_ignored(path) or path.endswith("/"):
            continue
        _refuse_unsafe(path, source)
        try:
            refuse_odd_member(member, path, written)
        except SubmissionError as error:
            raise InputError(error.fault, file=source, cure=_BY_HAND) from None
        written.add(path)
        try:
            left -= _write(archive, member, folder / path)
        except (FileExistsError, NotADirectoryError):
            raise InputError(f"holds {path!r} as a file and as a folder", file=source, cure=_BY_HAND) from None
        if left < 0:
            top = path.partition("/")[0]
            raise _too_large(source, f"unpacks to more than {MAX_UNPACKED // MIB} MiB, the last of it in {top!r}")
        if not member.flag_bits & 0x800 and path == member.orig_filename and not path.isascii():
            odd.append(path)
    return odd


def _refuse_unsafe(path: str, source: Path) -> None:
    """Refuse a path that leads elsewhere or cannot be written; no platform packs one."""
    parts = path.split("/")
    unsafe = (
        not {"", ".", ".."}.isdisjoint(parts)
        or "\0" in path
        or re.match(r"[A-Za-z]:", path) is not None
        or len(parts) > MAX_DEPTH
        or any(len(os.fsencode(part)) > MAX_PART for part in parts)
        or len(os.fsencode(path)) > MAX_WHOLE
    )
    if unsafe:
        fault = f"holds {path[:100]!r}, a path that leads out of it or is too long"
        raise InputError(fault, file=source, cure="Find out who packed it; nothing was graded")


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> int:
    """Write one member and return its bytes; what is too large for any reader is cut, which the reader refuses."""
    with archive.open(member) as content:
        data = content.read(MAX_MEMBER)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        return file.write(data)


def _unwrapped(folder: Path, source: Path) -> Path:
    """Enter the folder that a zip was made of; it is the one that has the zip's name, so no candidate's."""
    entries = _visible(folder)
    if len(entries) == 1 and _is_folder(entries[0]):
        inner = entries[0].name
        if source.stem.casefold().startswith(inner.casefold()) or inner == "submitted":
            return entries[0]
    return folder


# --- a manifest ------------------------------------------------------------------------------------------------------


def read_manifest(path: Path, *, question_given: bool = True) -> Intake:
    """Read a CSV of `candidate`, `question`, `path`; paths are relative to it.

    UTF-8 with or without a mark, commas or semicolons, in any order of columns. The column `question` may be missing or
    empty where the batch has a question.

    Raises:
        InputError: with every fault, each with its line.
    """
    rows, faults = _rows(_manifest_text(path))
    handed: list[Handed] = []
    lines: dict[tuple[str, str], int] = {}
    for line, row in rows:
        candidate, question = row["candidate"], row.get("question", "")
        found = [*_row_faults(row, question_given=question_given), *_path_faults(row["path"], path.parent, len(faults))]
        first = lines.setdefault((_same(candidate), question), line)
        if first != line:
            found.append(f"{candidate!r} has a line for this question already: line {first}")
        faults += [(line, fault) for fault in found]
        handed.append(Handed(candidate, path.parent / row["path"], question or None))
    if not handed and not faults:
        faults = [(1, "holds no line but its header")]
    if faults:
        raise _unusable(path, sorted(faults))
    return Intake(tuple(handed), (), "manifest")


def _unusable(path: Path, faults: Collection[tuple[int, str]]) -> InputError:
    shown = [describe_fault(fault, file=path, line=line) for line, fault in list(faults)[:MAX_LISTED]]
    more = [f"and {len(faults) - MAX_LISTED} more"] if len(faults) > MAX_LISTED else []
    return InputError("the manifest cannot be used:" + "".join(f"\n  {fault}" for fault in [*shown, *more]))


def _manifest_text(path: Path) -> str:
    if path.stat().st_size > MAX_MANIFEST:
        raise InputError(f"is larger than {MAX_MANIFEST // MIB} MiB", file=path, cure="Split it")
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("is no UTF-8", file=path, line=line, cure="Save it as CSV UTF-8") from None


def _rows(text: str) -> tuple[list[tuple[int, dict[str, str]]], list[tuple[int, str]]]:
    """Return the lines with their numbers, and the faults of the header or of the form with theirs."""
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    faults: list[tuple[int, str]] = []
    try:
        columns = [name.strip() for name in next(reader, [])]
        faults += [(1, fault) for fault in _header_faults(columns)]
        line = reader.line_num + 1
        for values in reader if not faults else ():
            if len(values) == len(columns):
                rows.append((line, dict(zip(columns, values, strict=True))))
            elif values:
                count = f"{len(values)} values, but the header has {len(columns)} columns"
                faults.append((line, f"{count}; quote a value that holds a delimiter"))
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append((reader.line_num, f"is no CSV: {error}"))
    return rows, faults


def _header_faults(columns: Collection[str]) -> Iterator[str]:
    expected = ",".join(COLUMNS)
    if not columns:
        yield f"the file is empty; its first line is {expected}"
        return
    for name in sorted(set(columns)):
        if name not in COLUMNS:
            yield f"no column is called {name[:100]!r}. {did_you_mean(name, COLUMNS) or f'The columns are {expected}'}"
        elif list(columns).count(name) > 1:
            yield f"the column {name!r} is there twice"
    for name in ("candidate", "path"):
        if name not in columns:
            yield f"the column {name!r} is missing; the first line is {expected}"


def _row_faults(row: Mapping[str, str], *, question_given: bool) -> Iterator[str]:
    if not row["candidate"].strip():
        yield "no candidate is named"
    if not question_given and not row.get("question"):
        yield "no question is named, and the batch has none"


def _path_faults(written: str, folder: Path, known: int) -> Iterator[str]:
    """Find a path that is none; looks for a similar one as long as somebody will read it."""
    path = folder / written
    if not written:
        yield "no path is given"
    elif not os.path.lexists(path):
        listable = known < MAX_LISTED and path.parent.is_dir()
        beside = [each.name for each in path.parent.iterdir()] if listable else []
        yield f"{written!r} does not exist. {did_you_mean(path.name, beside) or 'Paths are relative to the manifest'}"


# --- names as file names ---------------------------------------------------------------------------------------------

_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.DOTALL)  # devices on Windows
_HASHED = re.compile(r".*-[0-9a-f]{16}", re.DOTALL)


def file_name(candidate: str) -> str:
    """Return a stem for a candidate's files: at most 200 bytes, safe on any disk, readable, another for each name.

    A name in lower case of letters of any script, digits and `-_.@+ ` is its own stem. Every other one has its odd
    characters replaced and ends in a digest of the name, capitals included: some disks take `Ada` and `ada` for one.
    """
    plain = unicodedata.normalize("NFKC", candidate)
    stem = "".join(letter if _is_plain(letter) else "_" for letter in plain).strip(". ")
    if stem and (stem[0] in "-+@~" or unicodedata.category(stem[0]).startswith("M")):
        stem = f"_{stem[1:]}"
    if _RESERVED.fullmatch(stem.casefold()):
        stem = f"_{stem}"
    as_is = stem == candidate == unicodedata.normalize("NFKC", stem.casefold()) and len(stem.encode()) <= MAX_STEM
    if as_is and stem and not _HASHED.fullmatch(stem):
        return stem
    digest = hashlib.sha256(candidate.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    room = MAX_STEM - len(digest) - 1
    return f"{stem.encode()[:room].decode(errors='ignore').strip('. ') or '_'}-{digest}"


def _is_plain(letter: str) -> bool:
    return letter in "-_.@+ " or (unicodedata.category(letter)[0] in "LMN" and not _INVISIBLE.match(letter))
