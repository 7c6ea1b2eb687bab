"""Finds, loads and indexes questions; one that cannot be loaded says every reason at once, and hides no other.

Suites are read as source text, never imported: what a check is worth is known without pytest and without torch.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationError, field_validator, model_validator

from grader.anchors import without_anchors
from grader.errors import BankError, InputError, did_you_mean
from grader.markers import mark_faults, without_marks
from grader.question import LANGUAGES, Check, Frozen, Performance, Question, QuestionSpec, Slug, Text, Visibility
from grader.rubric import AnySpec, ChoiceSpec, ConceptQuestion, ExemplarSheet, ShortSpec
from grader.sheet import Fault, fault_messages, hint_at, read_sheet, read_text
from grader.trees import parse
from grader.vault import opened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from grader.question import Language
    from grader.rubric import AnyQuestion, Exemplar
    from grader.sheet import Sheet

VARIABLE = "GRADE_BANK"
SPEC = "question.yaml"
SHEET = "bank.yaml"
EXEMPLARS = "exemplars.yaml"
IMAGES = "images"
IMAGE_ENDINGS = frozenset({".png", ".jpg", ".svg"})
GENERAL = Text(en="general", zh="一般")

SolutionKind = Literal["correct", "wrong", "slow", "forbidden"]
KINDS: tuple[SolutionKind, ...] = ("correct", "wrong", "slow", "forbidden")
OPPONENTS: tuple[SolutionKind, ...] = ("slow", "correct")
"""The kinds of solution that a performance check may measure against, beside the reference."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class BankSheet(Frozen):
    """What stands in a bank's `bank.yaml`, where there is one."""

    format: Literal[1] = 1
    public: bool = False
    """Whether anyone can read its hidden suites, as on the web."""


@dataclass(frozen=True)
class Bank:
    """Questions of one folder or several. Nothing is parsed, and nothing sealed is opened, until it is asked for."""

    roots: tuple[Path, ...]
    folders: tuple[Path, ...]
    """The folder of every question, in the order of their ids."""

    @cached_property
    def _everything(self) -> dict[str, AnyQuestion | tuple[Fault, ...]]:
        return {_qualified_id(folder): _open_and_read(folder) for folder in self.folders}

    @property
    def ids(self) -> tuple[str, ...]:
        """The qualified ids, those of broken questions among them."""
        return tuple(map(_qualified_id, self.folders))

    @property
    def questions(self) -> tuple[AnyQuestion, ...]:
        """Every question that can be loaded."""
        return tuple(found for found in self._everything.values() if not isinstance(found, tuple))

    @property
    def broken(self) -> dict[str, tuple[Fault, ...]]:
        """Qualified id to the reasons, of every question that cannot be loaded."""
        return {name: found for name, found in self._everything.items() if isinstance(found, tuple)}

    @cached_property
    def _public_roots(self) -> frozenset[Path]:
        return frozenset(root for root in self.roots if _read_sheet(root).public)

    def is_public(self, question: AnyQuestion) -> bool:
        """Whether anyone can read a question's hidden suite; what was opened from a sealed bank is not public.

        Raises:
            BankError: a bank's sheet cannot be read.
        """
        return not self._public_roots.isdisjoint(question.folder.parents)

    def faults(self) -> tuple[Fault, ...]:
        """Return every fault of every question."""
        return tuple(fault for faults in self.broken.values() for fault in faults)

    def find_code(self, id: str) -> Question:  # noqa: A002  an id is what a person calls it
        """Load one question that asks for code.

        Raises:
            InputError: as `find`; or it asks for words.
            BankError: it cannot be loaded; lists every fault.
        """
        found = self.find(id)
        if isinstance(found, Question):
            return found
        raise InputError(f"{found.qualified_id} has no tests: it asks for words", cure="Use `grade submit`")

    def find(self, id: str) -> AnyQuestion:  # noqa: A002  an id is what a person calls it
        """Load one question, by its id with or without its family.

        Raises:
            InputError: there is no such question, or more than one.
            BankError: it cannot be loaded; lists every fault.
        """
        matches = [folder for folder in self.folders if id in {folder.name, _qualified_id(folder)}]
        if len(matches) == 1:
            return _load(matches[0])
        if matches:
            names = " and ".join(map(_qualified_id, matches))
            raise InputError(f"{id!r} may be {names}", cure="Give the family too")
        known = [*self.ids, *(folder.name for folder in self.folders)]
        raise InputError(
            f"no question is called {id!r}",
            cure=did_you_mean(id, known) or f"Look in {' and '.join(map(str, self.roots))}",
        )


def find_bank(folder: Path | str | None = None) -> Path:
    """Return the folder that new questions are written into: of several banks, the first.

    Raises:
        InputError: there is none.
    """
    return find_banks(folder)[0]


def find_banks(folders: Path | str | None = None) -> tuple[Path, ...]:
    """Return the folders of the banks: those given, else $GRADE_BANK, else `bank/` here or in a folder above.

    Args:
        folders: one, or several with the separator of $PATH between them.

    Raises:
        InputError: there is none.
    """
    if folders is not None:
        return tuple(_existing(Path(each), "the bank") for each in _separated(str(folders)))
    if os.environ.get(VARIABLE):
        named = _separated(os.environ[VARIABLE])
        return tuple(_existing(Path(each), f"the bank that {VARIABLE} names") for each in named)
    here = Path.cwd()
    for above in (here, *here.parents):
        if (above / "bank").is_dir():
            return (above / "bank",)
    cure = f"Go where a folder bank/ is, set {VARIABLE}, or name the folder with --bank"
    raise InputError(f"no bank of questions in {here} or above", cure=cure)


def _separated(folders: str) -> list[str]:
    """Take a list of folders apart, unless a folder is called so."""
    return [folders] if os.path.isdir(folders) else [each for each in folders.split(os.pathsep) if each] or [folders]


def _existing(folder: Path, what: str) -> Path:
    if not folder.is_dir():
        raise InputError(f"{what}, {folder}, is no folder", cure="Name the folder that holds the families of questions")
    return Path(os.path.abspath(folder))


def load_bank(folder: Path | str | None = None) -> Bank:
    """Index a bank, or several with the separator of $PATH between them; solutions lie in `solutions/` beside each.

    Raises:
        InputError: there is none, or two of them hold a question of the same id.
    """
    roots = find_banks(folder)
    found = [path for root in roots for path in _folders_in(root)]
    by_id: dict[str, Path] = {}
    for path in found:
        other = by_id.setdefault(_qualified_id(path), path)
        if other != path:
            raise InputError(f"question {_qualified_id(path)} is in {other} too", file=path, cure="Rename one of them")
    return Bank(roots, tuple(sorted(found, key=lambda path: (path.parent.name, path.name))))


def _read_sheet(root: Path) -> BankSheet:
    if not (root / SHEET).is_file():
        return BankSheet()
    sheet = read_sheet(root / SHEET, BankSheet)
    if sheet.value is None:
        raise BankError("the bank cannot be used:" + "".join(f"\n  {fault}" for fault in sheet.faults))
    return sheet.value


def _folders_in(root: Path) -> Iterator[Path]:
    return (path for path in root.glob("*/*") if _is_public(path) and _is_public(path.parent) and path.is_dir())


def _is_public(path: Path) -> bool:
    return not path.name.startswith((".", "_"))


def load_question(folder: Path | str) -> Question:
    """Load the question in one folder, which asks for code.

    Raises:
        BankError: it cannot be loaded; lists every fault.
    """
    found = _load(folder)
    if isinstance(found, Question):
        return found
    raise BankError(f"question {found.qualified_id!r} has no tests: it asks for words")


def _load(folder: Path | str) -> AnyQuestion:
    folder = opened(Path(os.path.abspath(folder)))
    found = _read_question(folder)
    if not isinstance(found, tuple):
        return found
    listing = "".join(f"\n  {fault}" for fault in found)
    raise BankError(f"question {_qualified_id(folder)!r} cannot be loaded:{listing}")


def statement(question: AnyQuestion, language: Language) -> str:
    """Return the text of the task, in Markdown, as a candidate reads it."""
    text = statement_file(question.folder, language).read_text(encoding="utf-8")
    return without_anchors(without_marks(text, ".md"))


def statement_file(folder: Path, language: Language) -> Path:
    """Return where the text of the task lies, with its author's anchors."""
    return folder / f"statement.{language}.md"


def images(question: AnyQuestion) -> tuple[Path, ...]:
    """Return the pictures that statements and options show, as `![...](images/NAME)`."""
    return tuple(sorted(path for path in (question.folder / IMAGES).glob("*") if path.suffix in IMAGE_ENDINGS))


def starter(question: Question) -> Path:
    """Return the file a candidate begins with."""
    return question.folder / "starter.py"


def solutions(question: Question, kind: SolutionKind) -> tuple[Path, ...]:
    """Return our own solutions of one kind, in the order of their names."""
    return tuple(sorted((question.solutions / kind).glob("*.py")))


def find_solution(question: Question, name: str) -> Path:
    """Return the file of one of our own solutions that others race against: `reference`, or a stem.

    Raises:
        FileNotFoundError: there is none of that name; the bank reports it as a fault.
    """
    if name == "reference":
        return question.reference
    for path in (path for kind in OPPONENTS for path in solutions(question, kind)):
        if path.stem == name:
            return path
    raise FileNotFoundError(f"{question.solutions}: no solution is named {name!r}")


def _qualified_id(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


# --- one question ----------------------------------------------------------------------------------------------------


def _open_and_read(folder: Path) -> AnyQuestion | tuple[Fault, ...]:
    try:
        return _read_question(opened(folder))
    except InputError as error:
        return (Fault(Path(error.file or folder), None, error.fault),)


def _read_question(folder: Path) -> AnyQuestion | tuple[Fault, ...]:
    own = folder.parent.parent.parent / "solutions" / folder.parent.name / folder.name
    sheet = _read_spec(folder / SPEC)
    faults = [*sheet.faults, *_place_faults(sheet, folder), *_statement_faults(folder)]
    if sheet.model is not QuestionSpec:
        return _concept_question(sheet, faults, folder, own)
    faults += _missing_files(folder, own)
    checks: list[Check] = []
    for visibility in Visibility:
        path = folder / f"test_{visibility.value}.py"
        found, wrong = read_checks(path, visibility, _exports(sheet))
        faults += [*wrong, *_opponent_faults(found, path, own)]
        checks += found
    if isinstance(sheet.value, QuestionSpec) and sheet.value.variants is not None:
        faults += [Fault(*found) for found in mark_faults(folder, own, sheet.value.variants.defaults)]
    if not isinstance(sheet.value, QuestionSpec) or faults:
        return tuple(faults)
    return Question(sheet.value, folder, own, tuple(checks))


def _concept_question(
    sheet: Sheet[AnySpec], faults: list[Fault], folder: Path, own: Path
) -> ConceptQuestion | tuple[Fault, ...]:
    exemplars, wrong = _read_exemplars(own / EXEMPLARS, sheet.value) if sheet.model is ShortSpec else ({}, ())
    faults += wrong
    if not isinstance(sheet.value, ChoiceSpec | ShortSpec) or faults:
        return tuple(faults)
    return ConceptQuestion(sheet.value, folder, own, exemplars)


def _read_exemplars(path: Path, spec: AnySpec | None) -> tuple[dict[str, Exemplar], tuple[Fault, ...]]:
    """Read the answers that a short question is proven by; what they meet must be its key points."""
    sheet = read_sheet(path, ExemplarSheet)
    if sheet.value is None or not isinstance(spec, ShortSpec):
        return {}, sheet.faults
    points = spec.key_points
    unknown = tuple(
        sheet.fault(("exemplars", name, "met"), f"{point!r} is no key point{hint_at(point, points)}")
        for name, exemplar in sheet.value.exemplars.items()
        for point in exemplar.met
        if point not in points
    )
    return sheet.value.exemplars, unknown


def _missing_files(folder: Path, own: Path) -> Iterator[Fault]:
    for path in (folder / "starter.py", own / "reference.py"):
        if not path.is_file():
            yield Fault(path, None, "the file is missing")


def _statement_faults(folder: Path) -> Iterator[Fault]:
    """Find statements that are missing, or say nothing."""
    for language in LANGUAGES:
        path = statement_file(folder, language)
        text = read_text(path)
        if isinstance(text, Fault):
            yield text
        elif not text.strip():
            yield Fault(path, None, "the statement is empty")


def _opponent_faults(checks: Collection[Check], path: Path, own: Path) -> Iterator[Fault]:
    """Find performance checks that measure against a solution we do not have."""
    known = {"reference", *(file.stem for kind in OPPONENTS for file in (own / kind).glob("*.py"))}
    for check in checks:
        against = check.performance.against if check.performance else "reference"
        if against not in known:
            message = f"{check.name}: no solution is called {against!r}{hint_at(against, known)}"
            yield Fault(path, check.line, f"{message}; put it in {own}/slow/ or correct/")


# --- the spec --------------------------------------------------------------------------------------------------------


_SPECS: dict[str, type[AnySpec]] = {"code": QuestionSpec, "choice": ChoiceSpec, "short": ShortSpec}
"""Kind of a question to the model of its spec."""


def _read_spec(path: Path) -> Sheet[AnySpec]:
    usual: type[AnySpec] = QuestionSpec
    sheet = read_sheet(path, usual, choose=_model_of)
    return replace(sheet, faults=tuple(map(_naming_every_kind, sheet.faults)))


def _model_of(value: object) -> type[AnySpec]:
    kind = value.get("kind", "code") if isinstance(value, dict) else "code"
    return _SPECS.get(kind, QuestionSpec) if isinstance(kind, str) else QuestionSpec


def _naming_every_kind(fault: Fault) -> Fault:
    if not fault.message.startswith("kind: "):
        return fault
    return replace(fault, message=fault.message.replace("'code'", " or ".join(map(repr, _SPECS)), 1))


def _exports(sheet: Sheet[AnySpec]) -> tuple[str, ...]:
    """Return what code must define; of a spec with faults what it seems to be, so that its suites can be read."""
    if isinstance(sheet.value, QuestionSpec):
        return tuple(sheet.value.submission.exports)
    return tuple(str(place[-1]) for place in sheet.lines if len(place) == 3 and place[:2] == ("submission", "exports"))


def _place_faults(sheet: Sheet[AnySpec], folder: Path) -> Iterator[Fault]:
    """Find an id or a family that is not the folder's name."""
    if sheet.value is None:
        return
    for key, is_called, should_be in (
        ("id", sheet.value.id, folder.name),
        ("family", sheet.value.family, folder.parent.name),
    ):
        if is_called != should_be:
            message = f"{key} is {is_called!r}, but the folder is called {should_be!r}"
            yield Fault(sheet.path, sheet.lines.get((key,)), message)


# --- the suites ------------------------------------------------------------------------------------------------------


class _Grouped(Frozen):
    group: str | None = None
    group_zh: str | None = None

    @model_validator(mode="after")
    def _named_in_english(self) -> _Grouped:
        if self.group_zh and not self.group:
            raise ValueError("group_zh= needs group= beside it")
        return self

    @property
    def outcome(self) -> Text:
        """The learning outcome."""
        return Text(en=self.group, zh=self.group_zh) if self.group else GENERAL


class _Points(_Grouped):
    """The arguments of `@points`."""

    value: float = Field(ge=0, strict=True, allow_inf_nan=False)


class _Measured(_Grouped):
    """What `@performance` and `@memory` have in common."""

    points: float = Field(ge=0, strict=True, allow_inf_nan=False)
    of: str | None = None


class _Timed(_Measured):
    """The arguments of `@performance`."""

    at_least: float | None = None
    times_faster_than: str | None = None
    at_most: float | None = None
    times_slower_than: str | None = None


class _Weighed(_Measured):
    """The arguments of `@memory`."""

    at_most: float
    times_of: str


class _Stated(Frozen):
    """The arguments of `@stated`."""

    anchors: tuple[Slug, ...]

    @field_validator("anchors")
    @classmethod
    def _at_least_one(cls, anchors: tuple[str, ...]) -> tuple[str, ...]:
        if not anchors:
            raise ValueError("name the anchor of a passage in the statement")
        return anchors


class _Contract(Frozen):
    """The arguments of `@contract`."""

    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=10)]


_MARKS: dict[str, type[BaseModel]] = {
    "points": _Points,
    "hint": Text,
    "performance": _Timed,
    "memory": _Weighed,
    "stated": _Stated,
    "contract": _Contract,
}
_POSITIONAL = {"points": ["value"], "contract": ["why"]}
_GATHERED = {"stated": "anchors"}
"""Marks that take any number of arguments, and the key under which they are kept."""
_MEASURING = {"performance", "memory"}
"""Marks that make any function a check."""
_HOMES = ("grader.exam", "grader.exam.marks")


@dataclass(frozen=True)
class _Suite:
    """A suite being read: where it is, and what the marks are called there."""

    path: Path
    visibility: Visibility
    exports: tuple[str, ...]
    names: Mapping[str, str]
    """As the suite writes it, e.g. `exam.points`, to the mark."""

    def mark(self, decorator: ast.expr) -> str | None:
        """Return which mark a decorator is."""
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        return self.names.get(ast.unparse(function)) if isinstance(function, ast.Name | ast.Attribute) else None

    def marks(self, function: _Function) -> list[tuple[str, ast.expr]]:
        """Return the marks on a function, each with its decorator."""
        return [(mark, decorator) for decorator in function.decorator_list if (mark := self.mark(decorator))]

    def is_check(self, function: _Function) -> bool:
        """Tell whether it is graded."""
        return function.name.startswith("test_") or bool(_MEASURING & dict(self.marks(function)).keys())

    def fault(self, node: ast.stmt | ast.expr, message: str) -> Fault:
        """Return a fault at a node."""
        return Fault(self.path, node.lineno, message)


def read_checks(
    path: Path, visibility: Visibility, exports: Collection[str]
) -> tuple[tuple[Check, ...], tuple[Fault, ...]]:
    """Read the checks of a suite from its source, and every fault with its line."""
    tree = _parse(path)
    if isinstance(tree, Fault):
        return (), (tree,)
    suite = _Suite(path, visibility, tuple(exports), _mark_names(tree))
    found = [each for node in tree.body for each in _read_statement(node, suite)]
    checks = tuple(each for each in found if isinstance(each, Check))
    faults = tuple(each for each in found if isinstance(each, Fault))
    return checks, (*faults, *_duplicates(checks, suite), *(() if faults else _worthless(checks, suite)))


def _parse(path: Path) -> ast.Module | Fault:
    text = read_text(path)
    if isinstance(text, Fault):
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pytest shows them when it runs the suite
            return parse(text)
    except SyntaxError as error:
        return Fault(path, error.lineno, f"the suite is no Python: {error.msg}")
    except ValueError as error:
        return Fault(path, None, f"the suite is no Python: {error}")


def _mark_names(tree: ast.Module) -> dict[str, str]:
    """Return what each mark is called in a suite, by its imports."""
    known = {f"{home}.{mark}": mark for home in _HOMES for mark in _MARKS}
    return {
        written + full.removeprefix(dotted): mark
        for written, dotted in _bindings(tree)
        for full, mark in known.items()
        if f"{full}.".startswith(f"{dotted}.")
    }


def _bindings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what a suite writes for each thing it imports, and that thing's full name."""
    for node in tree.body:
        match node:
            case ast.Import(names=names):
                yield from ((alias.asname or alias.name, alias.name) for alias in names)
            case ast.ImportFrom(module=str(module), names=[ast.alias(name="*")]):
                yield from ((mark, f"{module}.{mark}") for mark in _MARKS)
            case ast.ImportFrom(module=str(module), names=names):
                yield from ((alias.asname or alias.name, f"{module}.{alias.name}") for alias in names)


def _read_statement(node: ast.stmt, suite: _Suite) -> Iterator[Check | Fault]:
    """Read one statement of a suite; most hold no check."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _read_function(node, suite)
        case ast.ClassDef() if node.name.startswith("Test") or _checks_within(node, suite):
            yield suite.fault(node, f"class {node.name}: checks stand at module level, and no class is called Test...")
        case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("test"):
            yield suite.fault(node, f"{name}: a check is written with def")
        case _:
            for function in _checks_within(node, suite):
                yield suite.fault(function, f"{function.name}: checks stand at module level")


def _checks_within(node: ast.stmt, suite: _Suite) -> list[_Function]:
    functions = (inner for inner in ast.walk(node) if isinstance(inner, _Function))
    return [function for function in functions if suite.is_check(function)]


def _read_function(node: _Function, suite: _Suite) -> Iterator[Check | Fault]:
    if suite.is_check(node):
        yield from _read_check(node, suite)
    elif node.name.startswith("test") or suite.marks(node):
        yield suite.fault(node, f"{node.name}: the name of a check begins with test_")


def _read_check(node: _Function, suite: _Suite) -> Iterator[Check | Fault]:
    found = [each for mark, decorator in suite.marks(node) for each in _read_mark(mark, decorator, suite)]
    marks = _Marks(tuple(each for each in found if isinstance(each, BaseModel)))
    performance = _performance(marks.measured, node, suite)
    faults = [each for each in (*found, performance) if isinstance(each, Fault)]
    faults += _check_faults(node, suite)
    yield from faults
    if not faults and not isinstance(performance, Fault):
        yield Check(
            name=node.name,
            visibility=suite.visibility,
            points=marks.points(suite.visibility),
            group=marks.group,
            hint=marks.hint,
            line=node.lineno,
            performance=performance,
            stated=marks.stated,
            contract=marks.contract,
        )


def _check_faults(node: _Function, suite: _Suite) -> Iterator[Fault]:
    if isinstance(node, ast.AsyncFunctionDef):
        yield suite.fault(node, f"{node.name}: a check is no async function")
    counts = Counter(mark for mark, _ in suite.marks(node))
    for mark, count in counts.items():
        if count > 1:
            yield suite.fault(node, f"{node.name}: @{mark} stands on it {count} times")
    measuring = sorted(_MEASURING & counts.keys())
    if len(measuring) > 1:
        yield suite.fault(node, f"{node.name}: @memory and @performance each stand on a function of their own")
    elif measuring and "points" in counts:
        yield suite.fault(node, f"{node.name}: its points belong into @{measuring[0]}(points=...)")


@dataclass(frozen=True)
class _Marks:
    """The marks on one check."""

    found: tuple[BaseModel, ...]

    @property
    def measured(self) -> _Measured | None:
        return next((mark for mark in self.found if isinstance(mark, _Measured)), None)

    @property
    def hint(self) -> Text | None:
        return next((mark for mark in self.found if isinstance(mark, Text)), None)

    @property
    def group(self) -> Text:
        return next((mark.outcome for mark in self.found if isinstance(mark, _Grouped)), GENERAL)

    @property
    def stated(self) -> tuple[str, ...]:
        return next((mark.anchors for mark in self.found if isinstance(mark, _Stated)), ())

    @property
    def contract(self) -> str:
        return next((mark.why for mark in self.found if isinstance(mark, _Contract)), "")

    def points(self, visibility: Visibility) -> float:
        """Return what the check is worth; a hidden one is worth something unless it says otherwise."""
        given = [mark.value for mark in self.found if isinstance(mark, _Points)]
        given += [self.measured.points] if self.measured else []
        return given[0] if given else float(visibility is Visibility.HIDDEN)


def _read_mark(mark: str, decorator: ast.expr, suite: _Suite) -> Iterator[BaseModel | Fault]:
    if not isinstance(decorator, ast.Call):
        yield suite.fault(decorator, f"@{mark} stands without its arguments")
        return
    written = _written_arguments(mark, decorator)
    values = {name: _literal(value) for name, value in written.items()}
    odd = [name for name, value in values.items() if value is _NO_LITERAL]
    for name in odd:
        yield suite.fault(written[name], f"@{mark}: {name} must be a literal, for the suite is not run to read it")
    if odd:
        return
    try:
        yield _MARKS[mark].model_validate(values)
    except ValidationError as error:
        for place, message in fault_messages(error, _MARKS[mark]):
            yield suite.fault(written.get(str(place[0]) if place else "", decorator), f"@{mark}: {message}")


def _written_arguments(mark: str, call: ast.Call) -> dict[str, ast.expr]:
    """Return the arguments by name; one too many is called by its number, and refused as an unknown key."""
    keywords = {keyword.arg or "**": keyword.value for keyword in call.keywords}
    if mark in _GATHERED:
        gathered: ast.expr = ast.copy_location(ast.Tuple(elts=call.args, ctx=ast.Load()), call)
        return {_GATHERED[mark]: gathered} | keywords
    names = _POSITIONAL.get(mark, [])
    written = {(names[i] if i < len(names) else f"argument {i + 1}"): value for i, value in enumerate(call.args)}
    return written | keywords


_NO_LITERAL = object()


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return _NO_LITERAL


def _performance(measured: _Measured | None, node: _Function, suite: _Suite) -> Performance | Fault | None:
    if measured is None:
        return None
    of = measured.of or next(iter(suite.exports), "")
    if suite.exports and of not in suite.exports:
        message = f"{of!r} is none of the exports{hint_at(of, suite.exports)}"
        return suite.fault(node, f"{node.name}: {message}")
    fields = measured.model_dump(include=set(Performance.model_fields))
    try:
        return Performance.model_validate(fields | {"of": of})
    except ValidationError as error:
        return suite.fault(node, f"{node.name}: {'; '.join(text for _, text in fault_messages(error, Performance))}")


def _duplicates(checks: Collection[Check], suite: _Suite) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for check in checks:
        line = first.setdefault(check.name, check.line)
        if line != check.line:
            yield Fault(suite.path, check.line, f"{check.name} is defined twice, first in line {line}")


def _worthless(checks: Collection[Check], suite: _Suite) -> Iterator[Fault]:
    if suite.visibility is not Visibility.HIDDEN:
        return
    if not checks:
        yield Fault(suite.path, None, "the hidden suite has no checks")
    elif sum(check.points for check in checks) == 0:
        yield Fault(suite.path, None, "the hidden checks are worth no points")
