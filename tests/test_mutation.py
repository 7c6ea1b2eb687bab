"""Mutants: what each operator makes of a line, what is left alone, and that the rest of the text stays."""

from __future__ import annotations

import ast
import io
import itertools
import math
import re
import tokenize
import warnings
from collections import Counter
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING

import pytest
from bank_sample import BANK, CODE, drawn_by, sample
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.proof.mutation.mutator import OPERATORS, make_mutants

if TYPE_CHECKING:
    from grader.proof.mutation.mutant import Mutant

ROOT = Path(__file__).resolve().parent.parent
DRAWN = sample(drawn_by(), CODE, 20, math.inf)  # no suite is run
REFERENCES = {name: BANK.find_code(name).reference.read_text("utf-8") for name in DRAWN}
"""Of questions drawn anew for each commit, of all with GRADER_QUESTIONS=all: the mutants of one take half a second."""
PURE = settings(max_examples=100, deadline=None, database=None)

# operator, text, and the lines that stand there instead of the line that changes, one for each mutant
CASES: list[tuple[str, str, list[str]]] = [
    # learning
    ("drop-detach", "fake = generator(noise).detach()", ["fake = generator(noise)"]),
    ("drop-detach", "target = stop_gradient(x)", ["target = x"]),
    (
        "cut-graph",
        "import torch\ndef f(x):\n    return x.sum(dim=0, keepdim=True)",
        ["    return x.sum(dim=0, keepdim=True).detach()"],
    ),
    ("cut-graph", "import torch\ndef f(x, y):\n    return x + y", ["    return (x + y).detach()"]),
    ("drop-no-grad", "@torch.no_grad()\ndef f(x):\n    g(x)", [""]),
    ("drop-no-grad", "with torch.no_grad():\n    f(x)", ["with torch.enable_grad():"]),
    ("drop-no-grad", "with torch.inference_mode():\n    f(x)", ["with torch.enable_grad():"]),
    ("drop-zero-grad", "optimizer.zero_grad()\nx = 1", [""]),
    ("drop-backward", "loss.backward()\nx = 1", [""]),
    ("drop-step", "self.optimizer.step()\nx = 1", [""]),
    ("swap-steps", "o.zero_grad()\nloss.backward()", ["loss.backward()\no.zero_grad()"]),
    ("swap-steps", "for x in y:\n    loss.backward()\n    o.step()", ["    o.step()\n    loss.backward()"]),
    ("drop-mode", "model.eval()\nx = 1", [""]),
    ("drop-mode", "m = Model().eval()", ["m = Model()"]),
    ("flip-mode", "model.eval()", ["model.train()"]),
    ("flip-mode", "model.train(mode)", ["model.train(not mode)"]),
    ("flip-mode", "x = f(self.training)", ["x = f(not self.training)"]),
    ("loss-sign", "d_loss = a + b", ["d_loss = -(a + b)"]),
    ("loss-sign", "def gan_loss(x):\n    return f(x)", ["    return -f(x)"]),
    ("flip-logit", "y = F.logsigmoid(x - z)", ["y = F.logsigmoid(-(x - z))"]),
    ("flip-logit", "y = x.sigmoid()", ["y = (-x).sigmoid()"]),
    ("confused-function", "y = torch.ones_like(x)", ["y = torch.zeros_like(x)"]),
    (
        "confused-function",
        "y = F.binary_cross_entropy_with_logits(x, t)",
        ["y = F.binary_cross_entropy(x, t)"],
    ),
    ("drop-activation", "y = x.softmax(dim=1)", ["y = x"]),
    ("drop-activation", "y = torch.exp(x - 1)", ["y = x - 1"]),
    ("drop-item", "total = loss.item()", ["total = loss"]),
    ("confused-name", "def f(opt_g, opt_d, noise_d):\n    return opt_g", ["    return opt_d"]),
    ("confused-name", "def f(real, fake):\n    return real", ["    return fake"]),
    ("confused-name", "def f(w1, w2):\n    return w2", ["    return w1"]),
    ("confused-name", "def f(q, k, v):\n    return k + f", ["    return q + f", "    return v + f"]),
    ("drop-seed", "torch.manual_seed(0)\nx = 1", [""]),
    ("drop-seed", "g = torch.Generator().manual_seed(0)", ["g = torch.Generator()"]),
    ("drop-seed", "x = torch.randn(n, generator=g)", ["x = torch.randn(n)"]),
    ("fixed-seed", "rng = np.random.default_rng(seed)", ["rng = np.random.default_rng(0)"]),
    ("drop-bias", "y = x @ w.T + self.bias", ["y = x @ w.T"]),
    ("drop-bias", "y = F.linear(x, w, bias)", ["y = F.linear(x, w)"]),
    ("drop-bias", "y = linear(x, w, bias=b)", ["y = linear(x, w)"]),
    ("swap-weights", "m = b * m + (1 - b) * g", ["m = (1 - b) * m + (b) * g"]),
    ("drop-complement", "y = (1 - b) * g", ["y = (b) * g"]),
    ("drop-copy", "y = x.clone()", ["y = x"]),
    ("drop-copy", "y = copy.deepcopy(x)", ["y = x"]),
    ("drop-copy", "y = dict(x)", ["y = x"]),
    ("shallow-copy", "y = copy.deepcopy(x)", ["y = copy.copy(x)"]),
    ("unsaved-buffer", 'self.register_buffer("a", x)', ['self.register_buffer("a", x, persistent=False)']),
    ("drop-parameter", "self.w = nn.Parameter(x)", ["self.w = x"]),
    # tensors
    ("axis", "y = x.sum(dim=1)", ["y = x.sum(dim=0)", "y = x.sum(dim=2)"]),
    ("axis", "y = np.mean(x, -1)", ["y = np.mean(x, 0)", "y = np.mean(x, -2)"]),
    ("axis", "y = torch.cat(xs, 0)", ["y = torch.cat(xs, -1)", "y = torch.cat(xs, 1)"]),
    ("axis", "y = x.sum((0, i))", ["y = x.sum((-1, i))", "y = x.sum((1, i))"]),
    ("new-axis", "y = x[:, None]", ["y = x[None, :]"]),
    ("keepdim", "y = x.norm(dim=n, keepdim=True)", ["y = x.norm(dim=n, keepdim=False)"]),
    ("mean-sum", "y = x.mean()", ["y = x.sum()"]),
    ("mean-sum", "y = np.sum(x)", ["y = np.mean(x)"]),
    ("mean-sum", 'y = F.mse_loss(x, t, reduction="sum")', ['y = F.mse_loss(x, t, reduction="mean")']),
    ("mean-sum", "y = F.cross_entropy(x, t)", ['y = F.cross_entropy(x, t, reduction="sum")']),
    ("per-tensor", "y = x.amax(dim=1, keepdim=True)", ["y = x.amax()"]),
    ("per-tensor", "y = np.max(x, axis=1)", ["y = np.max(x)"]),
    ("per-tensor", "y = x.mean(1, dtype=d)", ["y = x.mean(dtype=d)"]),
    ("variance", "y = x.var(dim=n, unbiased=False)", ["y = x.var(dim=n, unbiased=True)"]),
    ("variance", "y = x.std(axis=n, ddof=1)", ["y = x.std(axis=n, ddof=0)"]),
    ("variance", "y = x.var(dim=n)", ["y = x.var(dim=n, correction=0)"]),
    ("variance", "y = np.var(x)", ["y = np.var(x, ddof=1)"]),
    ("eps", "y = x / (z + eps)", ["y = x / (z)"]),
    ("eps", "y = z.sqrt() + 1e-8", ["y = z.sqrt()"]),
    ("eps", "y = x.clamp(min=1e-12)", ["y = x.clamp(min=0.0)"]),
    ("eps", "y = max(x, self_eps)", ["y = max(x, 0.0)"]),
    ("drop-normalisation", "y = q @ k.mT / math.sqrt(d)", ["y = q @ k.mT"]),
    ("drop-normalisation", "y = (q @ k) * d ** -0.5", ["y = q @ k"]),
    ("drop-normalisation", "y = x / (x.norm() + 1e-8)", ["y = x"]),
    ("drop-root", "y = x / math.sqrt(d)", ["y = x / d"]),
    ("drop-scale", "y = x / self.scale.flatten()", ["y = x"]),
    ("drop-scale", "w = w - lr * g", ["w = w - g"]),
    ("drop-offset", "y = x.round() + zero_point", ["y = x.round()"]),
    ("drop-offset", "y = x - x.mean()", ["y = x"]),
    ("drop-transpose", "y = w.T", ["y = w"]),
    ("drop-transpose", "y = x.permute(0, 2, 1)", ["y = x"]),
    ("drop-transpose", "y = np.swapaxes(x, i, j)", ["y = x"]),
    ("swap-factors", "y = a @ (b + c)", ["y = (b + c) @ (a)"]),
    ("shape-order", "_, n, d = x.shape", ["_, d, n = x.shape"]),
    ("drop-reshape", "y = x.unsqueeze(1)", ["y = x"]),
    ("einsum", 'y = torch.einsum("bqd,bkd->bqk", q, k)', ['y = torch.einsum("bqd,bkd->bkq", q, k)']),
    ("drop-cast", "y = (a + b).to(torch.float64) * c", ["y = (a + b) * c"]),
    ("drop-cast", "y = np.asarray(x, dtype=d)", ["y = np.asarray(x)"]),
    ("narrow-dtype", "y = x.astype(np.float64)", ["y = x.astype(np.float32)"]),
    ("narrow-dtype", "y = x.double()", ["y = x.float()"]),
    ("rounding", "y = x.round()", ["y = x.floor()", "y = x.trunc()"]),
    ("rounding", "y = np.floor(x)", ["y = np.ceil(x)", "y = np.round(x)"]),
    ("rounding", "y = round(x)", ["y = int(x)"]),
    ("drop-clamp", "y = x.clamp(-127, 127)", ["y = x"]),
    ("drop-clamp", "y = np.clip(x, 0, 1)", ["y = x"]),
    ("diagonal", "y = x.tril()", ["y = x.tril(1)", "y = x.tril(-1)"]),
    ("diagonal", "y = x.tril(n - m)", ["y = x.tril(n - m + 1)", "y = x.tril(n - m - 1)"]),
    (
        "diagonal",
        "y = torch.triu(x, diagonal=1)",
        ["y = torch.triu(x, diagonal=2)", "y = torch.triu(x, diagonal=0)"],
    ),
    ("triangle", "y = torch.tril(x)", ["y = torch.triu(x)"]),
    ("fill-value", "y = x.masked_fill(m, -torch.inf)", ["y = x.masked_fill(m, 0)"]),
    ("drop-masking", "y = x.masked_fill(m, 0)", ["y = x"]),
    ("invert-mask", "y = ~mask", ["y = mask"]),
    ("invert-mask", "y = x.masked_fill(padding, 0)", ["y = x.masked_fill(~padding, 0)"]),
    ("invert-mask", "y = x[mask]", ["y = x[~mask]"]),
    ("swap-where", "y = torch.where(m, a, b)", ["y = torch.where(m, b, a)"]),
    ("swap-where", "y = a.where(m, b)", ["y = b.where(m, a)"]),
    # ordinary
    ("arithmetic", "z = x + y", ["z = x - y"]),
    ("arithmetic", "z = 3 * x ** y", ["z = 3 / x ** y", "z = 3 * (x * y)"]),
    ("arithmetic", "z = a | b | c", ["z = (a | b) & c", "z = a & b | c"]),
    ("arithmetic", "z = x // y", ["z = x / y"]),
    ("arithmetic", "z = a @ b", ["z = a * b"]),
    ("arithmetic", "z += y", ["z -= y"]),
    ("arithmetic", "z = x * 1 + 0", []),
    ("drop-accumulation", "z += y", ["z = y"]),
    ("comparison-boundary", "z = 0 <= x < y", ["z = 0 < x < y", "z = 0 <= x <= y"]),
    ("comparison-negation", "z = x not in y", ["z = x in y"]),
    ("comparison-negation", "z = x < y", ["z = x >= y"]),
    ("and-or", "z = a and b", ["z = a or b"]),
    ("drop-operand", "z = a and b", ["z = a", "z = b"]),
    ("drop-operand", "z = a or b or c", ["z = b or c", "z = a or c", "z = a or b"]),
    ("drop-sign", "z = not x", ["z = x"]),
    ("drop-sign", "z = -x", ["z = x"]),
    ("negate-condition", "if a and b:\n    f()", ["if not (a and b):"]),
    ("negate-condition", "z = [x for x in y if x.ok]", ["z = [x for x in y if not x.ok]"]),
    ("swap-branches", "z = a if x else b", ["z = b if x else a"]),
    ("constant-condition", "if x:\n    f()", ["if True:", "if False:"]),
    ("constant-condition", "z = a if x else b", ["z = a if True else b", "z = a if False else b"]),
    ("drop-filter", "z = [x for x in y if (x > 0)]", ["z = [x for x in y]"]),
    ("off-by-one", "z = f(3)", ["z = f(4)", "z = f(2)"]),
    ("off-by-one", "z = f(-1)", ["z = f(0)", "z = f(-2)"]),
    ("off-by-one", "z = f(0)", ["z = f(1)"]),
    ("off-by-one", "z = x[0]", ["z = x[1]", "z = x[-1]"]),
    ("off-by-one", "z = x > 0", ["z = x > 1"]),
    ("off-by-one", "z = 1 - x", []),
    ("other-factor", "z = 0.5 * x", ["z = 1.0 * x", "z = 0.0 * x"]),
    ("other-factor", "z = f(0.0)", ["z = f(1.0)"]),
    ("other-factor", "z = f(1e-8)", []),
    ("flip-flag", "def f(causal=True):\n    g()", ["def f(causal=False):"]),
    ("other-text", 'z = x["key"]', ['z = x["key_"]']),
    ("other-text", 'z = ", ".join(x)', ['z = "".join(x)']),
    ("range-bounds", "z = [i for i in range(n)]", ["z = [i for i in range(1, n)]", "z = [i for i in range(n - 1)]"]),
    ("range-bounds", "for _ in range(n):\n    f()", ["for _ in range(n - 1):", "for _ in range(n + 1):"]),
    ("range-bounds", "z = range(a, b)", ["z = range(a + 1, b)", "z = range(a, b - 1)"]),
    ("slice-bounds", "z = x[:n]", ["z = x[:]", "z = x[:n - 1]", "z = x[:n + 1]"]),
    ("slice-bounds", "z = x[1:]", ["z = x[:]"]),
    ("empty-loop", "for x in y:\n    f()", ["for x in ():"]),
    ("empty-loop", "while x:\n    f()", ["while False:"]),
    ("break-continue", "for x in y:\n    f()\n    continue", ["    break"]),
    ("break-continue", "for x in y:\n    f()\n    break", ["    continue"]),
    ("remove-statement", "def f(x):\n    g(x)", ["    pass"]),
    ("remove-statement", "def f(x):\n    x = x + 1\n    return g(x)", [""]),
    ("remove-statement", "def f(x):\n    y = x + 1\n    return g(y)", []),
    ("remove-statement", "def f(x):\n    if x < 0:\n        raise ValueError\n    return g(x)", [""]),
    ("remove-statement", "if x:\n    f()\nelif y:\n    raise ValueError", ["    pass", ""]),
    ("remove-statement", "for x in y:\n    if x:\n        continue\n    z = x", ["        pass"]),
    ("remove-statement", "z[0] = x\ny = 1", [""]),
    ("remove-statement", "self.a = x\nself.a = self.a + y", [""]),
    ("return-value", "def f(x):\n    return x", ["    return None"]),
    ("return-value", "def f(x):\n    return any(x)", ["    return not any(x)"]),
    ("opposite-call", "z = min(x)", ["z = max(x)"]),
    ("opposite-call", "z = x.any(dim=n)", ["z = x.all(dim=n)"]),
    ("drop-call", "z = sorted(x)", ["z = x"]),
    ("drop-call", "z = x.strip()", ["z = x"]),
    ("drop-call", "def f(x, y): ...\nz = f(a, b)", ["z = a"]),
    ("drop-keyword", "z = min(x, default=None)", ["z = min(x)"]),
    ("swap-arguments", "z = f(x, y, w)", ["z = f(y, x, w)", "z = f(x, w, y)"]),
    ("plain-index", "z = x.get(key, 0)", ["z = x[key]"]),
    ("other-type", "z = isinstance(x, list)", ["z = isinstance(x, tuple)", "z = isinstance(x, (list, tuple))"]),
    ("other-hash", "z = hashlib.sha256", ["z = hashlib.sha512"]),
    ("other-exception", 'raise ValueError("no")', ['raise TypeError("no")']),
    ("uncaught-exception", "try:\n    f()\nexcept KeyError:\n    g()", ["except ():"]),
]


def changed(original: str, mutant: Mutant) -> str:
    """The lines of a mutant that are not those of the original."""
    before, after = original.split("\n"), mutant.source.split("\n")
    head = common(before, after)
    tail = common(before[head:][::-1], after[head:][::-1])
    return "\n".join(after[head : len(after) - tail])


def common(one: list[str], other: list[str]) -> int:
    return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


def code(source: str) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(source, "mutant", "exec")


def meaning(compiled: CodeType) -> tuple[object, ...]:
    """What a code object does, whatever lines it stands in."""
    constants = (meaning(each) if isinstance(each, CodeType) else repr(each) for each in compiled.co_consts)
    return compiled.co_code, compiled.co_names, compiled.co_varnames, *constants


def comments(source: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


@pytest.mark.parametrize(("operator", "source", "expected"), CASES, ids=[f"{case[0]}: {case[1]}" for case in CASES])
def test_an_operator_makes_these_mutants(operator: str, source: str, expected: list[str]) -> None:
    """Each operator makes of the line what the table says, and nothing else."""
    mutants = [mutant for mutant in make_mutants(source) if mutant.operator == operator]

    assert [changed(source, mutant) for mutant in mutants] == expected


def test_every_operator_is_shown() -> None:
    """The table above has a line for each operator, and each operator tells in one line what it does."""
    assert {operator.name for operator in OPERATORS} == {name for name, _, expected in CASES if expected}
    assert len({operator.name for operator in OPERATORS}) == len(OPERATORS)
    assert all(re.fullmatch(r".+\.", operator.about) for operator in OPERATORS)


LEFT_ALONE = {
    "docstring": '"""One, 2 and True."""',
    "docstring of a function": 'def f():\n    """One, 2."""',
    "annotation": "x: Annotated[int, 3]",
    "annotations of a function": "def f(x: Annotated[int, 3]) -> Annotated[int, 3]: ...",
    "__all__": '__all__ = ["f", "g"]',
    "import": "import a\nfrom b import c, d",
    "words of an exception": 'raise Mine("no", 3)',
    "words of an exception, in an f-string": 'raise Mine(f"{x + 1} of {len(y) > 2}")',
    "types": "if TYPE_CHECKING:\n    x = 1 + 2",
    "types, dotted": "if typing.TYPE_CHECKING:\n    x = 1 + 2",
    "script": 'if __name__ == "__main__":\n    main(1)',
    "pragma": "x = y + 1  # pragma: no mutate",
    "options of a decorator": "@lru_cache(maxsize=128)\ndef f(): ...",
    "format": 'x = f"{y:.3f}"',
    "what is shown": 'print("hello", "world")',
    "device": "x = y.to(device)",
    "seed": "x = default_rng(3)",
    "layout": "x = y.view(n, -1)",
    "type union": "x = int | None",
}


@pytest.mark.parametrize("source", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_what_no_suite_could_notice_is_left_alone(source: str) -> None:
    """Words for people, types, imports, and what has nothing to do with the answer are never changed."""
    assert [mutant.name for mutant in make_mutants(source)] == []


def test_a_pragma_protects_its_line_only() -> None:
    """The comment keeps its own line as it is, though not when it is only quoted."""
    source = 'a = x + 1  # pragma: no mutate\nb = f(x) - y["# pragma: no mutate"]\n'

    assert {mutant.line for mutant in make_mutants(source)} == {2}


def test_one_mistake_is_made_once() -> None:
    """Two operators that come to the same code make one mutant, named by the one that knows more."""
    names = [mutant.name for mutant in make_mutants("y = x.sum(dim=1)\nz = x[i] > -0\n") if mutant.line == 1]

    assert names == ["per-tensor@1", "mean-sum@1", "axis@1", "axis@1.2"]


LAYOUTS = {
    "comments between operands": (
        "arithmetic",
        "z = (\n    x  # minus - one\n    + y  # plus + one\n)",
        ["    - y  # plus + one"],
    ),
    "words of two": ("comparison-negation", "z = x not  in y", ["z = x in y"]),
    "a call over several lines": (
        "drop-keyword",
        "z = f(\n    x,  # first\n    key=y,\n    other=w,\n)",
        ["", ""],
    ),
    "the only argument": ("drop-keyword", "z = f(\n    key=y,  # only\n)", [""]),
    "parentheses that become needed": (
        "drop-cast",
        "z = (\n    x\n    + y\n).float() * w",
        ["z = (x\n    + y) * w"],
    ),
    "parentheses around an argument": (
        "drop-keyword",
        "z = f((x), key=(y), other=w)",
        ["z = f((x), other=w)", "z = f((x), key=(y))"],
    ),
    "comments where a parenthesis closes": (
        "drop-filter",
        "z = [  # head\n    x for x in y if (  # why\n        x.ok  # because\n    )\n]  # tail",
        ["z = [x for x in y]  # tail"],
    ),
    "letters of several bytes": ("off-by-one", 'z = f("数", 3)', ['z = f("数", 4)', 'z = f("数", 2)']),
    "an f-string": ("arithmetic", "z = f'{x + 1} of {y}'", ["z = f'{x - 1} of {y}'"]),
    "a semicolon": ("remove-statement", "f(x); g(y)  # both", ["g(y)\n", "f(x)\n"]),
    "one line": ("remove-statement", "if x: f(x)  # maybe", ["if x: pass  # maybe"]),
    "a comment behind a statement": ("remove-statement", "f(x)  # first\ng(y)\n", ["", ""]),
    "no line at the end": ("remove-statement", "x = 1\nf(x)", [""]),
    "an elif": ("remove-statement", "if a:\n    b = 1\nelif c:\n    raise ValueError\nd = 1", [""]),
    "an else": ("remove-statement", "if a:\n    b = 1\nelse:\n    f(b)\nd = 1", ["    pass"]),
    "tabs": ("off-by-one", "if a:\n\tb = f(3)", ["\tb = f(4)", "\tb = f(2)"]),
}


@pytest.mark.parametrize(("operator", "source", "expected"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_the_rest_of_the_text_stays(operator: str, source: str, expected: list[str]) -> None:
    """Comments, line breaks and parentheses around a change are those of the original."""
    mutants = [mutant for mutant in make_mutants(source) if mutant.operator == operator]

    assert [changed(source, mutant) for mutant in mutants] == expected


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_lines_may_end_as_they_like(newline: str) -> None:
    """Line ends other than ours are kept."""
    source = "x = 1\ny = f(x)\nf(y)\n".replace("\n", newline)
    removed = next(mutant for mutant in make_mutants(source) if mutant.operator == "remove-statement")

    assert removed.source == "x = 1\ny = f(x)\n".replace("\n", newline)


def test_no_python_no_mutants() -> None:
    """What cannot be compiled is refused, at whatever stage it fails."""
    for source in ("x = (", "return 1"):
        with pytest.raises(SyntaxError):
            make_mutants(source)


def test_a_mutant_tells_itself() -> None:
    """A mutant has a name, a line for people, and a diff."""
    source = "import torch\n\nx = 1\ny = g(x).detach()\nz = f(-1, -2)\n"
    mutants = {mutant.name: mutant for mutant in make_mutants(source)}

    assert (mutants["drop-detach@4"].before, mutants["drop-detach@4"].after) == ("g(x).detach()", "g(x)")
    assert mutants["drop-detach@4"].diff(source, "reference.py").splitlines() == [
        "--- reference.py",
        "+++ reference.py (drop-detach@4)",
        "@@ -3,3 +3,3 @@",
        " x = 1",
        "-y = g(x).detach()",
        "+y = g(x)",
        " z = f(-1, -2)",
    ]
    assert [name for name in mutants if name.startswith("off-by-one@5")] == [
        "off-by-one@5", "off-by-one@5.2", "off-by-one@5.3", "off-by-one@5.4",
    ]  # fmt: skip


def test_a_long_fragment_is_cut_to_where_it_differs() -> None:
    """Both fragments are one line of bounded length each, in which the difference shows."""
    source = f"z = f({', '.join(f'argument_{i}=call({i})' for i in range(20))},\n      last=g(x))"
    mutants = [mutant for mutant in make_mutants(source) if mutant.operator == "drop-keyword"]

    assert len(mutants) == 21
    for mutant in mutants:
        assert mutant.before != mutant.after
        assert max(len(mutant.before), len(mutant.after)) <= 73
        assert "\n" not in mutant.before + mutant.after


mutants_of = cache(make_mutants)  # which takes a third of a second for a reference


@pytest.mark.parametrize("source", REFERENCES.values(), ids=REFERENCES.keys())
def test_mutants_of_a_reference(source: str) -> None:
    """There are some, each compiles and does something else than all others, each has a name of its own."""
    mutants = mutants_of(source)
    meanings = [meaning(code(mutant.source)) for mutant in mutants]
    nodes = sum(isinstance(node, ast.expr | ast.stmt) for node in ast.walk(ast.parse(source)))

    assert 20 <= len(mutants) <= nodes  # their number grows with the program, not with its pairs of places
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    assert len({meaning(code(source)), *meanings}) == len(mutants) + 1
    assert [(mutant.line, mutant.name) for mutant in mutants] == [(m.line, m.name) for m in make_mutants(source)]
    assert [mutant.line for mutant in mutants] == sorted(mutant.line for mutant in mutants)


@pytest.mark.parametrize("source", REFERENCES.values(), ids=REFERENCES.keys())
def test_a_mutant_is_the_reference_but_for_one_place(source: str) -> None:
    """The lines before a mistake are as they were, and so are those behind the statement it is in."""
    tree = ast.parse(source)
    for mutant in mutants_of(source):
        before, after = source.split("\n"), mutant.source.split("\n")
        head = common(before, after)
        tail = common(before[head:][::-1], after[head:][::-1])
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node.lineno <= mutant.line]
        last = max((node.end_lineno or 0 for node in statements if not hasattr(node, "body")), default=0)

        assert head == mutant.line - 1, mutant.name
        assert len(before) - tail <= max(last, mutant.line) + 1, mutant.name
        assert comments(mutant.source) <= comments(source), mutant.name


def wrapped(kind: str, parts: tuple[str, ...]) -> str:
    return kind.format(*parts)


def expressions() -> st.SearchStrategy[str]:
    kinds = [
        "({0} + {1})", "({0}) * ({1})", "{0}.sum(dim=1)", "f({0}, key={1})", "[{0} for i in a if ({1})]", "-({0})",
        "(not {0})", "({0} < {1} <= 2)", "({0} and {1})", "({0} if {1} else 3)", "a[{0}:, None]", "g({0})",
        "{{{0}: {1}}}", "({0}).to(torch.float64)", "f'{{({0})}}'", "(lambda c: {0} - {1})",
        "(\n{0}  # one\n/ ({1})  # two\n)",
    ]  # fmt: skip
    leaves = st.sampled_from(["a", "b", "1", "0.5", "True", "'text'", "a[0]"])
    return st.recursive(
        leaves,
        lambda inner: st.builds(wrapped, st.sampled_from(kinds), st.tuples(inner, inner)),
        max_leaves=6,
    )


@PURE
@given(expressions())
def test_any_expression_can_be_mutated(expression: str) -> None:
    """Whatever stands there, each mutant compiles, is another program, and leaves the lines around it alone."""
    source = f"def f(a, b):  # head\n    return ({expression})\n\n# tail\n"
    try:
        code(source)
    except SyntaxError:  # quotes of an f-string within it, before 3.12
        return
    for mutant in make_mutants(source):
        assert meaning(code(mutant.source)) != meaning(code(source))
        assert mutant.source.startswith("def f(a, b):  # head\n")
        assert mutant.source.endswith("\n\n# tail\n")


# What cosmic-ray 8 offers, one line for each family of its operators: the operator of ours that does the same to a
# text, or why there is none.
COSMIC_RAY: dict[str, tuple[str, str] | str] = {
    **{f"ReplaceBinaryOperator_{word}_*": (f"z = x {sign} y", "arithmetic") for word, sign in {
        "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "RShift": ">>",
        "LShift": "<<", "BitOr": "|", "BitAnd": "&", "BitXor": "^",
    }.items()},
    **{f"ReplaceComparisonOperator_{word}_*": (f"z = x {sign} y", "comparison-negation") for word, sign in {
        "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Is": "is", "IsNot": "is not",
    }.items()},
    "ReplaceUnaryOperator_Delete_USub": ("z = -x", "drop-sign"),
    "ReplaceUnaryOperator_Delete_Not": ("z = not x", "drop-sign"),
    "ReplaceUnaryOperator_Delete_Invert": ("z = ~x", "invert-mask"),
    "ReplaceUnaryOperator_*_*": "a sign is forgotten, and not mistaken for another one",
    "AddNot": ("if x:\n    f()", "negate-condition"),
    "ReplaceTrueWithFalse": ("z = True", "flip-flag"),
    "ReplaceFalseWithTrue": ("z = False", "flip-flag"),
    "ReplaceAndWithOr": ("z = x and y", "and-or"),
    "ReplaceOrWithAnd": ("z = x or y", "and-or"),
    "ReplaceBreakWithContinue": ("for x in y:\n    f()\n    break", "break-continue"),
    "ReplaceContinueWithBreak": ("for x in y:\n    f()\n    continue", "break-continue"),
    "ExceptionReplacer": ("try:\n    f()\nexcept KeyError:\n    g()", "uncaught-exception"),
    "NumberReplacer": ("z = 3", "off-by-one"),
    "ZeroIterationForLoop": ("for x in y:\n    f()", "empty-loop"),
    "RemoveNamedArgument": ("z = f(x, y=w)", "drop-keyword"),
    "StringReplacer": ('z = "text"', "other-text"),
    "RemoveDecorator": "only `no_grad` goes: without any other one a reference fails at once, or is only slower",
    "VariableReplacer": "a name becomes a random number, and no mutant of ours is drawn; `confused-name` takes a twin",
    "VariableInserter": "a sum gets a random further term, which is nobody's mistake",
}  # fmt: skip


def cosmic_ray_names() -> list[str]:
    """The names of its operators, put together as it does itself."""
    binary = ["Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow", "RShift", "LShift", "BitOr", "BitAnd", "BitXor"]
    comparisons = ["Eq", "NotEq", "Lt", "LtE", "Gt", "GtE", "Is", "IsNot"]
    unary = [("USub", "UAdd"), ("USub", "Invert"), ("USub", "Not"), ("UAdd", "USub"), ("UAdd", "Invert")]
    unary += [("UAdd", "Not"), ("Invert", "UAdd"), ("Invert", "USub"), ("Invert", "Not")]
    unary += [("Delete", "USub"), ("Delete", "Invert"), ("Delete", "Not")]
    return [
        *(f"ReplaceBinaryOperator_{one}_{other}" for one, other in itertools.permutations(binary, 2)),
        *(f"ReplaceComparisonOperator_{one}_{other}" for one, other in itertools.permutations(comparisons, 2)),
        *(f"ReplaceUnaryOperator_{one}_{other}" for one, other in unary),
        "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
        "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer", "NumberReplacer",
        "RemoveDecorator", "ZeroIterationForLoop", "RemoveNamedArgument", "StringReplacer", "VariableReplacer",
        "VariableInserter",
    ]  # fmt: skip


@pytest.mark.parametrize("name", cosmic_ray_names())
def test_every_operator_of_cosmic_ray_is_answered_for(name: str) -> None:
    """We make the mistake too, in the same text, or say why not."""
    answer = next(answer for pattern, answer in COSMIC_RAY.items() if fnmatch(name, pattern))

    if isinstance(answer, tuple):
        assert answer[1] in {mutant.operator for mutant in make_mutants(answer[0])}
    else:
        assert len(answer.split()) > 5


def test_no_answer_to_cosmic_ray_is_idle() -> None:
    """Each line of the table is about an operator that exists there."""
    assert all(any(fnmatch(name, pattern) for name in cosmic_ray_names()) for pattern in COSMIC_RAY)
