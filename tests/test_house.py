"""The house itself: imports run down, the guest needs nothing, and no file knows where it was written."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
EXPLOITS = ROOT / "tests" / "exploits"

FLOORS = {
    "expressions": 0,
    "keyed": 0,
    "files": 0,
    "errors": 1,
    "anchors": 1,
    "trees": 1,
    "vault": 1,
    "markers": 1,
    "question": 1,
    "rubric": 1,
    "sheet": 1,
    "verdict": 1,
    "engine": 1,
    "submission": 2,
    "bank": 2,
    "variants": 2,
    "policy": 2,
    "score": 2,
    "gradebook": 2,
    "changes": 2,
    "intervals": 2,
    "sandbox": 2,
    "models": 2,
    "cluster": 3,
    "report": 3,
    "plan": 3,
    "answers": 3,
    "watch": 3,
    "agreement": 3,
    "exam": 4,
    "handout": 4,
    "grading": 5,
    "intake": 3,
    "records": 4,
    "batch": 6,
    "publication": 7,
    "packing": 7,
    "regrade": 7,
    "review": 7,
    "proof": 6,
    "draft": 7,
    "importing": 7,
    "documents": 7,
    "takehome": 7,
    "cli": 8,
}

# Who may look across the landing, and why. Before adding a line, look for the third word that is missing.
NEIGHBOURS = {
    ("vault", "errors"): "a key or a sealed question that does not open is said as every error is",
    ("sheet", "errors"): "a fault in a file is said as every error is: place, fault, cure",
    ("policy", "submission"): "a policy is a question put to a submission's syntax trees",
    ("rubric", "question"): "a rubric is part of a spec, built from the same frozen base",
    ("verdict", "question"): "both documents are built from the same frozen base and the same words",
}

# What `from grader import NAME` gives, and where it lives. The version belongs to nobody.
FACE = {"grade": "grader.grading", "load_bank": "grader.bank"}
FOR_SUITES = {"grader.exam", "grader.exam.marks", "grader.exam.compare"}
HEAVY = {"ray", "torch", "transformers"}  # over a CPU second each: `grade --help` must not pay for them

# Text that ties a file to one machine or one mirror. Relative paths such as `my/work/` are none of these.
MACHINE = re.compile(r"(?<![\w.~}-])/(?:root|work)/|/home/[a-z]")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|download\.pytorch\.org|npmjs\.(?:org|com)|(?:deb|security)\.debian\.org"
    r"|(?:archive|security)\.ubuntu\.com|anaconda\.(?:org|com)|crates\.io|proxy\.golang\.org",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Import:
    """One name brought in: what, where, and when the statement runs."""

    name: str
    line: int
    when: Literal["load", "call", "typing"]

    @property
    def room(self) -> str:
        """The room it comes from; empty for the face and for what is not ours."""
        return room(self.name)


def dotted(file: Path) -> str:
    """The name a file is imported by."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    """The room a module stands in; empty for the face and for what is not ours."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "grader" else ""


def source_of(base: str, name: str) -> str:
    """The module that `from base import name` reaches for."""
    if f"{base}.{name}" in MODULES:
        return f"{base}.{name}"
    return FACE.get(name, base) if base == "grader" else base


def read_imports(node: ast.AST, when: Literal["load", "call", "typing"] = "load") -> Iterator[Import]:
    """Every import below a node, those within functions and under `if TYPE_CHECKING:` included."""
    match node:
        case ast.Import(names=names):
            yield from (Import(alias.name, node.lineno, when) for alias in names)
        case ast.ImportFrom(module=str(base), level=0, names=names):
            yield from (Import(source_of(base, alias.name), node.lineno, when) for alias in names)
        case ast.ImportFrom():
            raise AssertionError(f"line {node.lineno}: write the import out in full, so that it shows the room")
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            if called in {"import_module", "__import__"}:
                yield Import(name, node.lineno, when)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            when = "call"
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=orelse):
            for statement in body:
                yield from read_imports(statement, "typing")
            for statement in orelse:
                yield from read_imports(statement, when)
            return
    for child in ast.iter_child_nodes(node):
        yield from read_imports(child, when)


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


MODULES = {dotted(file): file for file in sorted((ROOT / "grader").rglob("*.py"))}
IMPORTS = {module: list(read_imports(parse(file))) for module, file in MODULES.items()}


def loaded_with(module: str) -> set[str]:
    """The modules of ours that are loaded when this one is, packages above them included."""
    found: set[str] = set()
    waiting = {module}
    while waiting:
        found |= waiting
        named = {each.name for name in waiting for each in IMPORTS[name] if each.when == "load"}
        parents = {name.rpartition(".")[0] for name in waiting}
        waiting = {name for name in named | parents if name in MODULES} - found
    return found


def not_ours(modules: set[str]) -> list[str]:
    """What these modules load that is neither ours nor in the standard library, with its place."""
    return [
        f"{MODULES[module].relative_to(ROOT)}:{each.line} imports {each.name}"
        for module in sorted(modules)
        for each in IMPORTS[module]
        if each.when == "load"
        and each.name.partition(".")[0] not in sys.stdlib_module_names
        and each.name not in MODULES
    ]


def may_import(importer: str, imported: str) -> bool:
    """Whether one room may know of another."""
    return FLOORS[imported] < FLOORS[importer] or (importer, imported) in NEIGHBOURS


@pytest.mark.parametrize("module", [name for name in MODULES if name != "grader"])
def test_rooms_import_only_down(module: str) -> None:
    """A room knows the floors below it, and of its own floor only the neighbours with a reason."""
    here = room(module)
    assert here in FLOORS, f"{module} stands on no floor"
    upward = [
        f"line {each.line}: {here} imports {each.room}"
        for each in IMPORTS[module]
        if each.room and each.room != here and not may_import(here, each.room)
    ]

    assert not upward, "\n".join(upward)


def test_the_imports_have_no_circle() -> None:
    """The modules can be put in an order in which each knows only those before it, types included."""
    graph = {
        module: {each.name for each in found if each.name in MODULES and each.name != "grader"}
        for module, found in IMPORTS.items()
        if module != "grader"
    }

    graphlib.TopologicalSorter(graph).prepare()  # a CycleError names the circle


def test_no_neighbour_outlives_its_reason() -> None:
    """Every exception to the floors is in use."""
    used = {(room(module), each.room) for module, found in IMPORTS.items() for each in found}

    assert set(NEIGHBOURS) <= used


def test_the_face_loads_nothing() -> None:
    """`import grader` costs nothing, for the guest does it too; the interface comes on first use."""
    rooms = {each.name for each in IMPORTS["grader"] if each.name.startswith("grader")}

    assert rooms == set(FACE.values())
    assert not [each for each in IMPORTS["grader"] if each.when == "load" and each.name in rooms]


GUEST_PROGRAMS = {"grader.importing.onlooker"}
"""Sent into a guest as text, which has the packages already; imported by nobody, like the files of templates."""


def test_nothing_heavy_is_loaded_early() -> None:
    """Torch and transformers are imported by the function that needs them, never with a module."""
    early = [
        f"{module}:{each.line} imports {each.name}"
        for module, found in IMPORTS.items()
        for each in found
        if each.when == "load" and each.name.partition(".")[0] in HEAVY
        if module not in GUEST_PROGRAMS and "_files." not in module
    ]

    assert not early, "\n".join(early)
    assert not [each.name for found in IMPORTS.values() for each in found if each.name in GUEST_PROGRAMS]


@pytest.mark.parametrize("name", ["guest", "kernel", "wire"])
def test_the_guest_side_loads_the_standard_library_alone(name: str) -> None:
    """What runs beside hostile code loads nothing but the standard library and its own room."""
    loaded = loaded_with(f"grader.sandbox.{name}")

    assert {room(module) for module in loaded} == {"", "sandbox"}
    assert not not_ours(loaded), "\n".join(not_ours(loaded))


def test_the_guest_starts_where_nothing_is_installed() -> None:
    """`grader.sandbox.guest` can be loaded by a Python that has no site-packages."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules); "
        "import grader.sandbox.guest; tops = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(*sorted(tops - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-ISc", program], capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == ("grader", "")


def test_suites_know_only_the_exam() -> None:
    """A file in `bank/` imports of us the marks and the comparison, nothing else."""
    suites = sorted((ROOT / "bank").rglob("*.py"))
    curious = [
        f"{file.relative_to(ROOT)}:{each.line} imports {each.name}"
        for file in suites
        for each in read_imports(parse(file))
        if each.name.partition(".")[0] == "grader" and each.name not in FOR_SUITES
    ]

    assert suites
    assert not curious, "\n".join(curious)


def test_every_room_says_what_lives_there() -> None:
    """Every module opens with a docstring."""
    silent = [module for module, file in MODULES.items() if not ast.get_docstring(parse(file))]

    assert not silent


def tracked_files() -> list[Path]:
    """What git keeps, and what it would keep if it were added; whoever owns the checkout."""
    git = ["git", "-C", str(ROOT), "-c", "safe.directory=*"]
    listing = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    )
    return [file for name in listing.stdout.decode().split("\0") if name and (file := ROOT / name).is_file()]


def test_no_drawer_is_called_utils() -> None:
    """A file is named for what lives in it."""
    drawers = [str(file.relative_to(ROOT)) for file in tracked_files() if file.stem in {"util", "utils"}]

    assert not drawers


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY], ids=["paths", "hosts"])
def test_no_file_names_a_machine(pattern: re.Pattern[str]) -> None:
    """No file holds a path of the machine it was written on, or the host of a package registry."""
    named = [
        f"{file.relative_to(ROOT)}:{number}: {found[0]}"
        for file in tracked_files()
        if EXPLOITS not in file.parents  # an attack names the places it tries
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if (found := pattern.search(line))
    ]

    assert not named, "\n".join(named)


def needs(requirement: Requirement) -> list[Requirement]:
    """What an installed distribution needs here, with the extras it was asked for."""
    extras = requirement.extras or {""}
    found = [Requirement(line) for line in metadata.requires(requirement.name) or []]
    return [
        each for each in found if not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def test_every_dependency_is_pinned() -> None:
    """What `make setup` installs, and whatever that needs in turn, stands in requirements/constraints.txt."""
    pins = {
        canonicalize_name(Requirement(line).name)
        for line in (ROOT / "requirements" / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = [
        *project["dependencies"],
        *(
            line
            for extra in ("torch", "draft", "ray", "assess", "dev")
            for line in project["optional-dependencies"][extra]
        ),
    ]
    waiting = [Requirement(line) for line in listed]
    required: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        # a CUDA build of torch brings libraries that it pins itself
        if name not in required and not name.startswith(("nvidia-", "cuda-", "triton")):
            required.add(name)
            waiting += needs(requirement)

    assert required <= pins


def pins_of(name: str) -> dict[str, str]:
    """Name to version of every pin in a file of `requirements/`."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s\\]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def test_the_lock_holds_every_pin_but_torch() -> None:
    """Each pin of constraints.txt stands in lock.txt in the same version, with hashes; accelerate asks for torch."""
    lock = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8")
    pinned = pins_of("constraints.txt")
    del pinned["torch"], pinned["accelerate"]

    assert pins_of("lock.txt") == pinned
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", lock) if "==" in block)
