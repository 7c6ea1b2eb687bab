"""What counts as a use of something forbidden."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import SubmissionError
from grader.policy import Violation, violations
from grader.question import Forbidden
from grader.submission import Submission, Unit

ATTENTION = "torch.nn.functional.attend"
FORBIDDEN = Forbidden(imports=("scipy", "torch.fft"), calls=(ATTENTION, "sorted"))


def submit(*sources: str, files: tuple[tuple[str, bytes], ...] = ()) -> Submission:
    units = [Unit(f"answer.ipynb cell {number}", source) for number, source in enumerate(sources, 1)]
    return Submission("answer", "", tuple(units), files)


def found(*sources: str, forbidden: Forbidden = FORBIDDEN) -> list[tuple[int, str, str]]:
    return [(each.line, each.name, each.kind) for each in violations(submit(*sources), forbidden)]


def names(source: str) -> set[str]:
    return {name for _, name, _ in found(source)}


REFERENCES = {
    "whole": "import torch\ntorch.nn.functional.attend(1)",
    "module alias": "import torch.nn.functional as F\nF.attend(1)",
    "package alias": "import torch.nn as nn\nnn.functional.attend(1)",
    "from package": "from torch.nn import functional\nfunctional.attend(1)",
    "from alias": "from torch.nn import functional as G\nG.attend(1)",
    "not called": "import torch.nn.functional as F\ntable = [F.attend]",
    "star": "from torch.nn.functional import *\nattend(1)",
    "star of a package": "from torch.nn import *\nfunctional.attend(1)",
    "getattr": "import torch.nn.functional as F\ngetattr(F, 'attend')(1)",
    "getattr twice": "import torch\ngetattr(getattr(torch.nn, 'functional'), 'attend')(1)",
    "getattr with default": "import torch.nn.functional as F\ngetattr(F, 'attend', None)(1)",
    "import_module": "import importlib\nimportlib.import_module('torch.nn.functional').attend(1)",
    "import_module alias": "from importlib import import_module as get\nget('torch.nn.functional').attend(1)",
    "dunder import": "pass\n__import__('torch').nn.functional.attend(1)",
    "dunder import whole": "pass\n__import__('torch.nn.functional', fromlist=['x']).attend(1)",
    "sys.modules": "import sys\nsys.modules['torch.nn.functional'].attend(1)",
    "walrus": "import torch\n(F := torch.nn.functional).attend(1)",
    "decorator": "import torch.nn.functional as F\n@F.attend\ndef f(): ...",
    "monkeypatch": "import torch\ntorch.nn.functional.attend = None",
    "inside an f-string": "import torch.nn.functional as F\nf'{F.attend(1)}'",
}


@pytest.mark.parametrize("source", REFERENCES.values(), ids=REFERENCES.keys())
def test_a_forbidden_name_is_found_under_any_alias(source: str) -> None:
    """Every plain way to refer to a function is found, at its line."""
    assert found(source) == [(2, ATTENTION, "call")]


ALIASES = {
    "assigned": "import torch\nF = torch.nn.functional\nF.attend(1)",
    "in a function": "import torch\ndef f():\n    g = torch.nn\n    h = g.functional\n    h.attend(1)",
    "annotated": "import torch\nF: object = torch.nn.functional\nF.attend(1)",
    "unpacked": "import torch\nx, (F, y) = 1, (torch.nn.functional, 2)\nF.attend(1)",
    "chained": "import torch\na = b = torch.nn.functional\nb.attend(1)",
    "on self": "import torch\nclass A:\n    def f(self):\n        self.F = torch.nn.functional\n        self.F.attend",
    "by import": "import importlib\nF = importlib.import_module('torch.nn.functional')\nF.attend()",
    "above": "import torch\ndef f():\n    G.attend(1)\nG = H\nH = torch.nn.functional",
}


@pytest.mark.parametrize("source", ALIASES.values(), ids=ALIASES.keys())
def test_assignments_are_followed(source: str) -> None:
    """A name assigned from a module or a function stands for it, in whatever scope."""
    assert names(source) == {ATTENTION}


def test_each_reference_is_told() -> None:
    """The import of the function itself counts, and so does each use of it."""
    assert found("from torch.nn.functional import attend as y\ny(1)\nz = y\nz(1)") == [
        (line, ATTENTION, "call") for line in (1, 2, 3, 4)
    ]


IMPORTS = {
    "import scipy": True,
    "import os, scipy.stats as s": True,
    "from scipy import stats": True,
    "from scipy.stats import norm": True,
    "from scipy import *": True,
    "def f():\n    import scipy": True,
    "__import__('scipy')": True,
    "import importlib\nimportlib.import_module(name='scipy.stats')": True,
    "import sys\nsys.modules['scipy']": True,
    "import builtins\nbuiltins.__import__('scipy')": True,
    "from . import scipy": False,
    "from .scipy import stats": False,
    "import scipyx": False,
    "import mine.scipy": False,
    "scipy = 1\nscipy + 1": False,
    "'import scipy'  # import scipy": False,
    "import importlib\nimportlib.import_module('.scipy', 'mine')": False,
}


@pytest.mark.parametrize(("source", "forbidden"), IMPORTS.items())
def test_a_forbidden_module_covers_what_it_holds(source: str, forbidden: bool) -> None:
    """An import of the module or of anything in it counts; one's own module of that name does not."""
    assert names(source) == ({"scipy"} if forbidden else set())


def test_a_module_is_told_where_it_is_imported() -> None:
    """Each use of an imported module is not told again."""
    assert found("import scipy as s\ns.stats.norm(s.x)") == [(1, "scipy", "import")]


def test_a_submodule_reached_through_its_package_counts() -> None:
    """A dotted module needs no import of its own to be used."""
    assert found("import torch\ntorch.fft.fft(1)\nfrom torch import fft") == [
        (2, "torch.fft", "import"),
        (3, "torch.fft", "import"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import torch.nn.functional as F\nF.softmax(1)",
        "import mine as F\nF.attend(1)",
        "class A:\n    def attend(self): ...\nA().attend()",
        "torch = object()\ntorch.nn.functional.attend",
        "def f(torch):\n    return torch.nn.functional.attend",
        "def attend(): ...\nattend()",
        "x.nn.functional.attend",
        "getattr(x, 'attend')\ngetattr(x, name)\ngetattr(x)",
        "f()().g[0].attend()\nimport_module('scipy')",
    ],
)
def test_what_is_only_called_alike_is_free(source: str) -> None:
    """One's own names, and other modules' ones, are no violation."""
    assert found(source) == []


def test_a_builtin_may_be_forbidden() -> None:
    """It is found by its bare name, unless the submission has one of its own."""
    own = "def sorted(x):\n    return x\nsorted([])"

    assert found("sorted([])\nimport builtins\nbuiltins.sorted([])") == [(1, "sorted", "call"), (3, "sorted", "call")]
    assert found("key = sorted") == [(1, "sorted", "call")]
    assert found(own) == found("def f(sorted):\n    sorted(1)") == found("[sorted for sorted in []]") == []
    assert found("sorted([])", forbidden=Forbidden(calls=("builtins.sorted",))) == [(1, "builtins.sorted", "call")]


def test_a_forbidden_class_and_what_it_holds() -> None:
    """Subclassing refers to the class, and so does reaching into it."""
    forbidden = Forbidden(calls=("torch.nn.MultiheadAttention",))

    assert found("from torch import nn\nclass A(nn.MultiheadAttention): ...", forbidden=forbidden)
    assert found("from torch import nn\nnn.MultiheadAttention.forward(1)", forbidden=forbidden)
    assert found("from torch.nn.MultiheadAttention import forward", forbidden=forbidden)


def test_cells_share_their_names() -> None:
    """An alias of one cell is known in the others, before it and after."""
    told = violations(submit("F.attend(1)", "import torch.nn.functional as F", "\nF.attend(2)"), FORBIDDEN)

    assert [(each.label, each.line) for each in told] == [("answer.ipynb cell 1", 1), ("answer.ipynb cell 3", 2)]


def test_helper_modules_are_looked_at() -> None:
    """Python beside the entry counts, what is no Python does not, and each module has its own names."""
    files = (
        ("broken.py", b"import scipy ("),
        ("data.txt", b"import scipy"),
        ("sub/helper.py", b"# coding: latin-1\n'\xe9'\nimport scipy\nF.attend"),
    )
    told = violations(submit("import torch.nn.functional as F", files=files), FORBIDDEN)

    assert told == (Violation("sub/helper.py", 3, "scipy", "import"),)


def test_nothing_forbidden_costs_nothing() -> None:
    """Without rules the source is not even parsed."""
    assert violations(submit("this is no Python"), Forbidden()) == ()


def test_warnings_of_the_parser_do_not_escape() -> None:
    """They are notes of the submission already."""
    assert found("x = '\\d'\nimport scipy") == [(2, "scipy", "import")]


@pytest.mark.parametrize(
    "source",
    [
        "a" + ".b" * 2500,
        "torch" + ".nn" * 2500,
        "a" + ".b()" * 900,
        "getattr(" * 150 + "torch" + ", 'nn')" * 150,
        "\n".join(f"a{i} = a{i + 1}" for i in range(3000)) + "\nimport torch as a3000",
        "x = torch\n" + "x = x.nn\n" * 2000,
    ],
)
def test_hostile_source_is_looked_at_in_bounded_time(source: str) -> None:
    """Long chains, deep nesting and circles of aliases come to an end."""
    assert found(source) == []


def test_what_cannot_be_looked_at_is_refused() -> None:
    """Source too deep for the parser is not let through unseen."""
    with pytest.raises(SubmissionError, match="cell 1: is nested too deeply"):
        found("a" + ".b" * 20_000)


modules = st.sampled_from(["torch", "torch.nn", "torch.nn.functional"])
short = st.sampled_from(["a", "b", "F", "torch"])


@settings(deadline=None)
@given(modules, short, st.lists(short, max_size=3))
def test_any_chain_of_aliases_leads_to_the_name(module: str, alias: str, copies: list[str]) -> None:
    """However often a module is renamed, the function in it stays forbidden."""
    lines = [f"import {module} as {alias}"]
    for copy in copies:
        lines.append(f"{copy} = {alias}")
        alias = copy
    rest = ATTENTION.removeprefix(module)

    assert (len(lines) + 1, ATTENTION, "call") in found("\n".join([*lines, f"{alias}{rest}(1)"]))


statements = st.sampled_from(
    [
        "a, *b = c = d",
        "a.b, [c, (d)] = e, f",
        "a[0].b: int = c",
        "a: int",
        "a.b += c()",
        "del a.b, a[c]",
        "for (a, b.c) in d: a = b",
        "with a() as (b, c.d): e = b",
        "try: a\nexcept B as b: b.c = a",
        "match a:\n    case b.c: d = b\n    case {'k': e, **f}: e = f",
        "def f(a, /, b=c, *d, e=a.b, **g): global h; h = a.b",
        "async def a(): b = [c async for c in d if (e := c)]",
        "class A(b.c, metaclass=d): e = b",
        "from .. import *",
        "from .a.b import c as d",
        "import a.b, c.d as e",
        "getattr(a, 'b').c = getattr(b, *c)",
        "__import__(*a, **b)",
        "a = f'{b.c!r:{d}}'",
        "(a.b)().c['d'].e = (yield)",
    ]
)


@settings(deadline=None)
@given(st.lists(statements))
def test_any_python_is_looked_at(lines: list[str]) -> None:
    """No statement makes the search fail."""
    assert found("\n".join(lines)) == []
