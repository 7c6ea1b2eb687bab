"""What a candidate hands in, and everything that can be wrong with it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import warnings
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import submission as room
from grader.errors import SubmissionError
from grader.question import QuestionSpec
from grader.submission import Submission, SyntaxFault, read_submission, without_magics

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = QuestionSpec.model_validate(
    {
        "format": 1,
        "id": "doubling",
        "title": {"en": "Doubling"},
        "family": "warm-up",
        "difficulty": "easy",
        "minutes": 5,
        "submission": {"exports": {"double": "(x: int) -> int"}},
        "source": {"topic": "none"},
    }
)
ANSWER = b"def double(x):\n    return 2 * x\n"
AS_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may read whatever its mode says")


def read(path: Path) -> Submission:
    return read_submission(path, SPEC)


def fault(path: Path) -> str:
    with pytest.raises(SubmissionError) as caught:
        read(path)
    return str(caught.value)


def write(path: Path, data: bytes = ANSWER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def notebook(*cells: object, **more: object) -> bytes:
    code = [{"cell_type": "code", "source": cell, "outputs": [], "metadata": {}} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code, **more}).encode()


def pack(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        write(folder / name, data)
    return folder


# --- one module ------------------------------------------------------------------------------------------------------


def test_a_module_is_one_unit(tmp_path: Path) -> None:
    """A `.py` is its own entry, and its digest is that of its bytes."""
    submission = read(write(tmp_path / "mine.py"))

    assert submission.name == "mine.py"
    assert submission.sha256 == sha256(ANSWER).hexdigest()
    assert [(unit.label, unit.source) for unit in submission.units] == [("mine.py", ANSWER.decode())]
    assert (submission.files, submission.notes, submission.shadowing) == ((), (), ())


def test_a_relative_path_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` is called like the folder it is."""
    write(tmp_path / "answer" / "solution.py")
    monkeypatch.chdir(tmp_path / "answer")

    assert read(Path()).name == "answer"


@pytest.mark.parametrize(
    "data",
    [
        "name = 'é中'\n".encode("utf-8-sig"),
        "# -*- coding: latin-1 -*-\nname = 'é'\n".encode("latin-1"),
        "# coding: gbk\nname = '中'\n".encode("gbk"),
        "#!/usr/bin/python\n# vim: set fileencoding=utf-8 :\nname = '中'\n".encode(),
    ],
    ids=["bom", "latin-1", "gbk", "second line"],
)
def test_source_is_decoded_as_python_does(tmp_path: Path, data: bytes) -> None:
    """A BOM and a declared encoding are obeyed."""
    scope: dict[str, str] = {}
    exec(compile(data, "expected", "exec"), scope)
    found: dict[str, str] = {}
    exec(compile(read(write(tmp_path / "s.py", data)).units[0].source, "found", "exec"), found)

    assert found["name"] == scope["name"]


def test_line_ends_become_newlines(tmp_path: Path) -> None:
    """Windows' and old Mac's line ends are Python's."""
    assert read(write(tmp_path / "s.py", b"a = 1\r\nb = 2\rc = 3\n")).units[0].source == "a = 1\nb = 2\nc = 3\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n\n\t\n", "is empty"),
        (b"x = 1\0", "NUL"),
        (b"PK\x03\x04" + bytes(30), "NUL"),
        ("x = 1\n".encode("utf-16"), "UTF-16"),
        (b"x = '\xff\xfe'", "no text"),
        (b"# coding: nonsense\nx = 1", "no text"),
        (b"# coding: rot13\nx = 1", "no text"),
        (b"# coding: punycode\nx = 1", "not for source"),
        (b"# coding: unicode_escape\nx = '\\ud800'", "not for source"),
    ],
)
def test_what_is_no_source_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    """An empty file, a binary one and one in a strange encoding each say so, and the cure."""
    message = fault(write(tmp_path / "solution.py", data))

    assert words in message
    assert "solution.py" in message
    assert message.count(". ") >= 1


def test_a_syntax_error_says_where(tmp_path: Path) -> None:
    """Line, column and text of a syntax error are told apart."""
    with pytest.raises(SyntaxFault) as caught:
        read(write(tmp_path / "s.py", "x = 1\ny = 'é' +* 2\n".encode()))

    error = caught.value
    assert (error.label, error.line, error.column, error.text) == ("s.py", 2, 10, "y = 'é' +* 2")
    assert str(error) == "s.py:2: invalid syntax."


@pytest.mark.parametrize(
    "source", ["return 1", "await f()", "def f():\n    nonlocal x", "  x = 1", "if x:\n\ty\n        z"]
)
def test_what_does_not_compile_is_a_syntax_fault(tmp_path: Path, source: str) -> None:
    """What only the compiler objects to is told before anything runs."""
    with pytest.raises(SyntaxFault):
        read(write(tmp_path / "s.py", source.encode()))


def test_a_syntax_fault_survives_the_way_between_processes(tmp_path: Path) -> None:
    """A syntax fault can be pickled, as a process pool does."""
    with pytest.raises(SyntaxFault) as caught:
        read(write(tmp_path / "s.py", b"x = (1"))
    copy = pickle.loads(pickle.dumps(caught.value))

    assert vars(copy) == vars(caught.value)
    assert str(copy) == str(caught.value)


def test_compiler_warnings_become_notes(tmp_path: Path) -> None:
    """What Python only warns of is told, and does not escape as a warning."""
    submission = read(write(tmp_path / "s.py", b"import re\nre.compile('\\d')\nx = 1 is 1\n"))

    assert [note.partition(":")[0] for note in submission.notes] == ["s.py, line 2", "s.py, line 3"]


def test_notes_are_few(tmp_path: Path) -> None:
    """A flood of warnings is cut short."""
    submission = read(write(tmp_path / "s.py", b"x = 1 is 1\n" * 500))

    assert len(submission.notes) == room.MAX_NOTES + 1
    assert submission.notes[-1].startswith("and 480 more")


EXPLOSIVE = {
    "parentheses": "(" * 100_000,
    "closed parentheses": "(" * 50_000 + ")" * 50_000,
    "signs": "-" * 100_000 + "1",
    "sum": "1" + "+1" * 200_000,
    "attributes": "a" + ".b" * 200_000,
    "import": "import " + "a." * 200_000 + "a",  # memory by the square: 40 GB
    "comprehension": "[x " + "for x in x " * 80_000 + "]",  # overruns the C stack
    "elif": "if 1: pass\n" + "elif 1: pass\n" * 50_000,
}


@pytest.mark.parametrize("source", EXPLOSIVE.values(), ids=EXPLOSIVE.keys())
def test_hostile_source_does_not_take_the_grader_along(tmp_path: Path, source: str) -> None:
    """Source that exhausts or kills Python's parser is one more submission that cannot be read."""
    assert "s.py" in fault(write(tmp_path / "s.py", source.encode()))


def test_source_that_takes_forever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing has a limit of time, too: an f-string takes it by the square of its fields."""
    monkeypatch.setattr(room, "_TRY_TO_PARSE", room._TRY_TO_PARSE.replace('("CPU", 5)', '("CPU", 1)'))
    source = "f'" + "{x}" * 300_000 + "'"

    assert "parser fails" in fault(write(tmp_path / "s.py", source.encode()))


def test_long_source_is_read(tmp_path: Path) -> None:
    """A long but honest file passes, if by way of a child."""
    data = b"x = [1, 2, 3]\n" * 10_000

    assert len(data) > room.PARSED_HERE
    assert read(write(tmp_path / "s.py", data)).units[0].source == data.decode()


def test_nothing_is_executed(tmp_path: Path) -> None:
    """Reading runs no line of the candidate's, long or short."""
    mark = tmp_path / "mark"
    for padding in ("", "#" * room.PARSED_HERE):
        read(write(tmp_path / "s.py", f"open({str(mark)!r}, 'w').close()\n{padding}\n".encode()))

    assert not mark.exists()


# --- paths -----------------------------------------------------------------------------------------------------------


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    """A typo in the path is answered with the file that is there."""
    write(tmp_path / "solution.py")

    assert "Did you mean 'solution.py'?" in fault(tmp_path / "solutoin.py")
    assert "does not exist" in fault(tmp_path / "solution.py" / "x.py")
    assert "does not exist" in fault(tmp_path / "no" / "where.py")


@pytest.mark.parametrize("name", ["answer.txt", "answer", "answer.tar.gz", "answer.pyc", "answer.docx"])
def test_an_unknown_suffix_is_refused(tmp_path: Path, name: str) -> None:
    """What can be handed in is listed."""
    assert "Hand in a .py file, an .ipynb notebook, a folder or a .zip." in fault(write(tmp_path / name))


def test_a_path_that_cannot_be_is_refused() -> None:
    """A NUL in a path and a path too long are no crash."""
    assert "cannot be read" in fault(Path("a\0b.py"))
    assert "cannot be read" in fault(Path("a" * 5000 + ".py"))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A link would hand in somebody else's file."""
    (tmp_path / "link.py").symlink_to(write(tmp_path / "s.py"))
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "nowhere.py").symlink_to(tmp_path / "nothing")

    for name in ("link.py", "folder", "nowhere.py"):
        assert "is a link" in fault(tmp_path / name)


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    """A pipe is refused without being opened, alone and in a folder."""
    os.mkfifo(tmp_path / "solution.py")

    assert "no ordinary file" in fault(tmp_path / "solution.py")
    assert "no ordinary file" in fault(tmp_path)


def test_a_socket_and_a_device_are_refused(tmp_path: Path) -> None:
    """Only ordinary files are read."""
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(tmp_path)  # a socket's path may not be long
        try:
            server.bind("s.py")
        finally:
            os.chdir(here)
        assert "no ordinary file" in fault(tmp_path / "s.py")
    assert "no ordinary file" in fault(Path("/dev/zero"))


@pytest.mark.parametrize(("name", "words"), [("s.py", "1 MiB"), ("s.ipynb", "16 MiB"), ("s.zip", "16 MiB")])
def test_a_huge_file_is_refused_unread(tmp_path: Path, name: str, words: str) -> None:
    """A gigabyte is refused by its size."""
    with write(tmp_path / name).open("r+b") as file:
        file.truncate(2**30)

    assert f"larger than {words}" in fault(tmp_path / name)


@AS_ROOT
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    """A missing permission is told with its cure, for a file, in a folder, and for a folder."""
    write(tmp_path / "a" / "s.py").chmod(0)
    inner = write(tmp_path / "b" / "inner" / "data.bin").parent
    write(tmp_path / "b" / "solution.py")
    inner.chmod(0)
    try:
        for path in (tmp_path / "a" / "s.py", tmp_path / "a", tmp_path / "b", inner / "solution.py"):
            assert "chmod" in fault(path)
    finally:
        inner.chmod(stat.S_IRWXU)


# --- notebooks -------------------------------------------------------------------------------------------------------


def test_code_cells_are_units_in_order(tmp_path: Path) -> None:
    """Code cells alone are taken, and numbered among themselves; empty ones keep their number."""
    cells = [
        {"cell_type": "markdown", "source": "# double = ?"},
        {"cell_type": "code", "source": ["a = 1\n", "b = 2"]},
        {"cell_type": "raw", "source": "not Python"},
        {"cell_type": "code", "source": ""},
        {"cell_type": "code", "source": "c = 3"},
    ]
    submission = read(write(tmp_path / "my.ipynb", notebook(cells=cells)))

    assert [(unit.label, unit.source) for unit in submission.units] == [
        ("my.ipynb cell 1", "a = 1\nb = 2"),
        ("my.ipynb cell 3", "c = 3"),
    ]


@pytest.mark.parametrize("version", [2, 3])
def test_an_old_notebook_is_read_as_nbformat_reads_it(version: int, tmp_path: Path) -> None:
    """The code of its cells is what the format's own library makes of it."""
    from nbformat import converter, reader

    end = "\n" if version > 2 else ""
    lines = [f"def f():{end}", f"    return 1{end}"]
    cells = [
        {"cell_type": "code", "language": "python", "input": lines, "outputs": []},
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "language": "python", "input": "g = f", "outputs": [], "collapsed": True},
    ]
    old = {"nbformat": version, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    new = converter.convert(reader.reads(json.dumps(old)), 4)
    expected = [cell["source"] for cell in new["cells"] if cell["cell_type"] == "code"]

    submission = read(write(tmp_path / "o.ipynb", json.dumps(old).encode()))

    assert [unit.source.strip() for unit in submission.units] == [source.strip() for source in expected]


def test_a_notebook_of_an_older_format_is_upgraded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A notebook of 2013 is read like one of today."""
    cells = [{"cell_type": "code", "input": ["x = 1"], "language": "python", "outputs": [], "collapsed": False}]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}

    assert read(write(tmp_path / "o.ipynb", json.dumps(old).encode())).units[0].source == "x = 1"
    assert capsys.readouterr() == ("", "")


def test_a_notebook_of_the_first_format_is_read(tmp_path: Path) -> None:
    """It has no sheets, and calls the source of a cell its code."""
    cells = [{"cell_type": "text", "text": "hello"}, {"cell_type": "code", "code": "x = 1", "prompt_number": 1}]

    submission = read(write(tmp_path / "o.ipynb", json.dumps({"nbformat": 1, "cells": cells}).encode()))

    assert [unit.source for unit in submission.units] == ["x = 1"]


def test_an_old_notebook_of_another_language_is_refused(tmp_path: Path) -> None:
    old = {"nbformat": 3, "metadata": {"language_info": {"name": "R"}}, "worksheets": [{"cells": []}]}

    assert "'R'" in fault(write(tmp_path / "o.ipynb", json.dumps(old).encode()))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"{", "broken JSON"),
        (b"\xff\xfe\x00", "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b"[1]", "which format"),
        (b"{}", "which format"),
        (notebook("x", nbformat="4"), "which format"),
        (notebook("x", nbformat=5), "format 5"),
        (notebook("x", nbformat=0), "format 0"),
        (notebook("x", nbformat=3), "upgraded"),
        (b'{"nbformat": 2, "worksheets": 1}', "upgraded"),
        (b'{"nbformat": 2, "worksheets": [{"cells": [1]}]}', "upgraded"),
        (b'{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": [{}]}]}]}', "no text"),
        (notebook("x", cells={}), "no list of cells"),
        (notebook("x", cells=[1]), "no list of cells"),
        (notebook(cells=[{"cell_type": "markdown", "source": "x"}]), "no code cells"),
        (notebook(), "no code cells"),
        (notebook("", " \n"), "is empty"),
        (notebook({"a": 1}), "no text"),
        (notebook(["x", 1]), "no text"),
        (notebook("x = '\ud800'"), "no text"),
        (notebook("x = 1\0"), "no"),
        (notebook("x", metadata={"language_info": {"name": "R"}}), "'R'"),
        (notebook("x", metadata={"kernelspec": {"language": "julia"}}), "'julia'"),
        (notebook(*["x"] * 1001), "more than 1000"),
        (notebook("%pip install torch"), "no Python is left"),
        (notebook("%%bash\nls"), "no Python is left"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    """Whatever is wrong with a notebook is one sentence."""
    message = fault(write(tmp_path / "answer.ipynb", data))

    assert words in message
    assert "answer.ipynb" in message
    assert len(message) < 500


def test_odd_metadata_is_not_looked_at(tmp_path: Path) -> None:
    """Metadata of any shape does no harm."""
    shapes: list[object] = [None, [], {"kernelspec": 1}, {"language_info": {"name": 3}}]
    for metadata in (*shapes, {"language_info": {"name": "ipython"}}):
        assert read(write(tmp_path / "a.ipynb", notebook("x = 1", metadata=metadata))).units


def test_a_syntax_error_in_a_cell_names_the_cell(tmp_path: Path) -> None:
    """Lines are counted within the cell, magics included."""
    with pytest.raises(SyntaxFault) as caught:
        read(write(tmp_path / "a.ipynb", notebook("x = 1", "%time x\n!ls\ny = (")))

    assert (caught.value.label, caught.value.line, caught.value.text) == ("a.ipynb cell 2", 3, "y = (")


def test_a_warning_in_a_cell_names_the_cell(tmp_path: Path) -> None:
    """Compiler warnings of a cell are notes too."""
    submission = read(write(tmp_path / "a.ipynb", notebook("x = 1", "%time x\nx is 1")))

    assert submission.notes[1].startswith('cell 2, line 2: "is" with')


# --- magics ----------------------------------------------------------------------------------------------------------


def test_magics_are_left_out_and_told(tmp_path: Path) -> None:
    """A magic line is replaced, and its place and text are told."""
    submission = read(write(tmp_path / "a.ipynb", notebook("x = 1", "%matplotlib inline\ny = 2")))

    assert submission.units[1].source == "\ny = 2"
    assert submission.notes == ("cell 2, line 1: magic '%matplotlib inline' was left out; it is never executed",)


def test_a_cell_magic_leaves_out_its_cell(tmp_path: Path) -> None:
    """A cell that opens with `%%` is no Python cell; the next keeps its number."""
    submission = read(write(tmp_path / "a.ipynb", notebook("\n%%bash\nrm -rf /", "x = 1")))

    assert [unit.label for unit in submission.units] == ["a.ipynb cell 2"]
    assert submission.notes == ("cell 1: the whole cell was left out, for the magic '%%bash' opens it",)


MAGICS = {
    "%load_ext autoreload": "",
    "!pip install torch": "",
    "?len": "",
    "len?": "",
    "np.linalg.norm??": "",
    "files = !ls": "",
    "a, b = %time f()": "",
    "x.y[0] = %timeit -o g()": "",
    "if x:\n    %time f()": "if x:\n    pass",
    "if x:\n    files = !ls": "if x:\n    pass",
    "def f():\n    f?\n    return 1": "def f():\n    pass\n    return 1",
    "!echo 'don''t (\nx = 1": "\nx = 1",
    "!echo a \\\n  b \\\n  c\nx = 1": "\n\n\nx = 1",
    "x = 1  # why?\n%magic": "x = 1  # why?\n",
    "s = '''\n%not a magic\n!nor this\n'''\n%magic": "s = '''\n%not a magic\n!nor this\n'''\n",
    'x = (10\n% 3)\ny = "it\'s"\n!ls': 'x = (10\n% 3)\ny = "it\'s"\n',
    "x = 10 \\\n% 3\n%magic": "x = 10 \\\n% 3\n",
    "f(\n    'a(',  # (\n    # )\n)\n%magic": "f(\n    'a(',  # (\n    # )\n)\n",
    "'\\''\n%magic": "'\\''\n",
}


@pytest.mark.parametrize(("source", "left"), MAGICS.items())
def test_a_magic_opens_a_logical_line(source: str, left: str) -> None:
    """Only what opens a logical line is a magic; a block keeps a statement."""
    found, magics = without_magics(source)

    assert found == left
    assert len(magics) == 1


@pytest.mark.parametrize("source", ["x = (10\n% 3)", "s = '''\n!ls\n'''", "x = 10 \\\n% 3", "a %= 3", "a != 3", "# x?"])
def test_python_is_not_taken_for_a_magic(tmp_path: Path, source: str) -> None:
    """A cell that is Python as it stands is left as it stands."""
    submission = read(write(tmp_path / "a.ipynb", notebook(source)))

    assert (submission.units[0].source, submission.notes) == (source, ())


def test_each_magic_is_told_with_its_own_line() -> None:
    """Line numbers stay true behind a magic of several lines."""
    _, magics = without_magics("!a \\\nb\nx = 1\n\nif x:\n  %c\n")

    assert magics == [(1, "!a \\\nb"), (6, "%c")]


python_lines = st.sampled_from(
    [
        "x = 1",
        "",
        "if x:\n    y = 2",
        "s = '''\n%a\n'''",
        "f(1,\n% 2)",
        "# don't (",
        't = "(#"',
        "def f():\n\n    return {}",
    ]
)
magic_lines = st.sampled_from(["%time f(", "!echo '", "x = !ls {", "len?", "?x", "%%", "!a \\\n  b'''"])


@settings(deadline=None)
@given(st.lists(python_lines | magic_lines.map(lambda line: f"MAGIC{line}"), min_size=1))
def test_taking_out_magics_keeps_every_other_line(lines: list[str]) -> None:
    """Whatever stands among magics comes out at the line where it stood."""
    source = "\n".join(line.removeprefix("MAGIC") for line in lines)
    expected = "\n".join("\n" * line.count("\n") if line.startswith("MAGIC") else line for line in lines)

    assert without_magics(source)[0] == expected


@settings(deadline=None)
@given(st.text(alphabet="%!?x=( )'\"#\\\n[", max_size=60) | st.text())
def test_taking_out_magics_keeps_the_number_of_lines(source: str) -> None:
    """Any text keeps its lines."""
    found, magics = without_magics(source)

    assert found.count("\n") == source.count("\n")
    assert all(1 <= line <= source.count("\n") + 1 for line, _ in magics)


def test_a_large_cell_of_magics_is_quick(tmp_path: Path) -> None:
    """The work grows with the length of a cell, not with its square."""
    submission = read(write(tmp_path / "a.ipynb", notebook("x = 1\n" + "%a\n'''\n'''\n" * 60_000)))

    assert len(submission.notes) == room.MAX_NOTES + 1


# --- folders and zips ------------------------------------------------------------------------------------------------


def test_further_files_come_along(tmp_path: Path) -> None:
    """The entry is the file the question names; the others keep their paths, sorted."""
    files = {"solution.py": ANSWER, "other.py": b"x = 1\n", "data/w.bin": b"\0\1", "a.txt": b""}
    submission = read(lay_out(tmp_path / "mine", files))

    assert submission.name == "mine"
    assert [unit.label for unit in submission.units] == ["solution.py"]
    assert submission.files == (("a.txt", b""), ("data/w.bin", b"\0\1"), ("other.py", b"x = 1\n"))
    assert [helper.label for helper in submission.helpers] == ["other.py"]
    assert submission.texts == {"solution.py": ANSWER.decode(), "other.py": "x = 1\n"}


@pytest.mark.parametrize(
    "names", [["solution.ipynb", "other.py"], ["only.ipynb", "data.txt"], ["only.py", "sub/other.py"]]
)
def test_the_entry_may_be_called_otherwise(tmp_path: Path, names: list[str]) -> None:
    """A notebook of the same name, or the only program there is, is the entry."""
    submission = read(lay_out(tmp_path, {name: notebook("x = 1") if "ipynb" in name else ANSWER for name in names}))

    assert submission.units[0].label.startswith(names[0])


def test_a_notebook_beside_the_module_is_told(tmp_path: Path) -> None:
    """Of two answers one is graded, and the candidate learns which."""
    submission = read(lay_out(tmp_path, {"solution.py": ANSWER, "solution.ipynb": notebook("x = 1")}))

    assert submission.notes == ("solution.py is graded; solution.ipynb beside it is not",)


@pytest.mark.parametrize("files", [{}, {"data.txt": b""}, {"a/x.py": b"", "b/x.py": b""}])
def test_a_folder_without_a_program_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    """The name the answer should have is told."""
    assert "Name the answer solution.py." in fault(lay_out(tmp_path, files))


def test_several_programs_are_refused(tmp_path: Path) -> None:
    """Where any could be the answer, none is guessed."""
    assert "several programs: a.py, b.py" in fault(lay_out(tmp_path, {"a.py": ANSWER, "b.py": ANSWER}))


def test_what_editors_leave_behind_is_ignored(tmp_path: Path) -> None:
    """Caches, repositories and the like are no part of the submission."""
    waste = ["__pycache__/s.pyc", ".git/HEAD", "sub/.DS_Store", "__MACOSX/._solution.py", "._solution.py"]
    waste += [".ipynb_checkpoints/solution.ipynb"]
    clean = read(lay_out(tmp_path / "a", {"solution.py": ANSWER}))
    littered = read(lay_out(tmp_path / "b", {"solution.py": ANSWER, **dict.fromkeys(waste, b"\xff")}))

    assert replace(littered, name="a") == clean


def test_a_wrapping_folder_is_entered(tmp_path: Path) -> None:
    """Packing the folder or its content makes no difference."""
    inside = read(pack(tmp_path / "a.zip", {"solution.py": ANSWER, "d/x.txt": b"1"}))
    around = read(pack(tmp_path / "b.zip", {"my answer/solution.py": ANSWER, "my answer/d/x.txt": b"1"}))

    assert replace(around, name="a.zip") == inside


def test_macos_names_are_read_as_utf8(tmp_path: Path) -> None:
    """A zip whose names are UTF-8 without the flag that says so is read as it was meant."""
    path = pack(tmp_path / "a.zip", {"solution.py": ANSWER, "数据.txt": b"1"})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.rindex(mark) + offset
        data[place : place + 2] = struct.pack("<H", struct.unpack("<H", data[place : place + 2])[0] & ~0x800)

    assert read(write(path, bytes(data))).files == (("数据.txt", b"1"),)


@pytest.mark.parametrize("name", ["torch.py", "random.py", "json/__init__.py", "pydantic/fields.py", "grader.py"])
def test_a_module_that_hides_an_installed_one_is_told(tmp_path: Path, name: str) -> None:
    """It stays among the files, and is listed for those who load them."""
    if name == "torch.py":
        pytest.importorskip("torch")
    submission = read(lay_out(tmp_path, {"solution.py": ANSWER, name: b""}))
    module = name.partition("/")[0].removesuffix(".py")

    assert submission.shadowing == (module,)
    assert submission.files == ((name, b""),)
    assert repr(module) in submission.notes[0]


@pytest.mark.parametrize("name", ["helper.py", "random.txt", "json/data.csv", "mine/random.py"])
def test_what_hides_nothing_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Data, deeper modules and own names are no matter, even when the submission lies in the working folder."""
    submission = read(lay_out(tmp_path, {"solution.py": ANSWER, name: b""}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert (submission.shadowing, submission.notes) == ((), ())
    assert read(tmp_path).shadowing == ()


def test_a_helper_that_is_no_python_is_told(tmp_path: Path) -> None:
    """It harms only him who imports it."""
    submission = read(lay_out(tmp_path, {"solution.py": ANSWER, "old.py": b"print 'x'"}))

    assert submission.notes[0].startswith("old.py:1: Missing parentheses")


def test_a_hostile_helper_is_refused(tmp_path: Path) -> None:
    """What nobody could parse safely goes no further, wherever it lies."""
    source = EXPLOSIVE["comprehension"].encode()

    assert "sub/x.py" in fault(lay_out(tmp_path, {"solution.py": ANSWER, "sub/x.py": source}))


@pytest.mark.parametrize(
    "name",
    [
        "../solution.py",
        "a/../../x.py",
        "/etc/passwd",
        "C:/x.py",
        "C:x.py",
        "a\\..\\x.py",
        "a//x.py",
        "./x.py",
        "a\x1b[31m.py",
        "a\nb.py",
        "a\u202eyp.py",
        "long/" * 60 + "x.py",
    ],
)
def test_an_unsafe_name_is_refused(tmp_path: Path, name: str) -> None:
    """No member leads out of the folder, to a drive, or through a screen."""
    for beside in ({"solution.py": ANSWER}, {}):
        message = fault(pack(tmp_path / "a.zip", {**beside, name: b"x"}))

        assert message.startswith("the file name")
        assert message.isprintable()


@pytest.mark.parametrize(
    "names",
    [["Helper.py", "helper.py"], ["Data/a", "data/b"], ["ﬁle.txt", "file.txt"], ["a", "a/b"], ["Straße", "strasse"]],
)
def test_names_that_collide_are_refused(tmp_path: Path, names: list[str]) -> None:
    """Two files that would be one elsewhere are none."""
    assert "collide" in fault(pack(tmp_path / "a.zip", {"solution.py": ANSWER, **dict.fromkeys(names, b"")}))


def test_a_member_twice_is_refused(tmp_path: Path) -> None:
    """Which of two would be graded is nobody's guess."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("solution.py", ANSWER)
        archive.writestr("solution.py", b"x = 1")

    assert "twice" in fault(tmp_path / "a.zip")


@pytest.mark.parametrize(("form", "words"), [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "no ordinary file")])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, form: int, words: str) -> None:
    """Only ordinary files are taken out."""
    member = zipfile.ZipInfo("data.txt")
    member.external_attr = (form | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("solution.py", ANSWER)
        archive.writestr(member, "/etc/passwd")

    assert words in fault(tmp_path / "a.zip")


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    """It may point anywhere, even inside."""
    folder = lay_out(tmp_path / "a", {"solution.py": ANSWER})
    (folder / "sub").mkdir()
    (folder / "sub" / "again").symlink_to(folder / "solution.py")

    assert "'sub/again' is a link" in fault(folder)


@pytest.mark.parametrize(("change", "words"), [((6, 1), "encrypted"), ((8, 12), "unusual"), ((8, 14), "unusual")])
def test_odd_packing_is_refused(tmp_path: Path, change: tuple[int, int], words: str) -> None:
    """A password, bzip2 and LZMA are refused: the last two unpack without a bound."""
    data = bytearray(pack(tmp_path / "a.zip", {"solution.py": ANSWER}).read_bytes())
    (offset, value) = change
    data[offset] = value
    data[data.index(b"PK\x01\x02") + offset + 2] = value

    assert words in fault(write(tmp_path / "b.zip", bytes(data)))


def test_a_bomb_is_bounded(tmp_path: Path) -> None:
    """What unpacks to far more than it is, or to more than is allowed, is refused on the way."""
    sparse = {"solution.py": ANSWER, "zeros": bytes(10 * 2**20)}
    large = {"solution.py": ANSWER, **{f"{i}": os.urandom(2**15) + bytes(2**20) for i in range(17)}}

    assert "unpacks to more than" in fault(pack(tmp_path / "a.zip", sparse))
    assert "unpacks to more than 16384 KiB" in fault(pack(tmp_path / "b.zip", large))
    assert read(pack(tmp_path / "c.zip", {"solution.py": ANSWER, "zeros": bytes(200 * 2**10)})).files


def test_a_declared_size_is_not_believed(tmp_path: Path) -> None:
    """A member that says it is small is read no further than it may be."""
    data = bytearray(pack(tmp_path / "a.zip", {"solution.py": ANSWER, "zeros": bytes(10 * 2**20)}).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.rindex(mark) + offset
        data[place : place + 4] = struct.pack("<I", 10)

    assert "Pack it again" in fault(write(tmp_path / "b.zip", bytes(data)))


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    """So is a folder of too much, and one that hides its number under what is ignored."""
    many = {"solution.py": ANSWER, **{f"d/{i}": b"" for i in range(room.MAX_FILES)}}
    hidden = {f".git/{i}": b"" for i in range(room.MAX_ENTRIES + 1)}

    assert "more than 500 files" in fault(lay_out(tmp_path / "a", many))
    assert "more than 500 files" in fault(pack(tmp_path / "a.zip", many))
    assert "more than 10000 files" in fault(pack(tmp_path / "b.zip", hidden))


def test_a_folder_of_too_much_is_refused(tmp_path: Path) -> None:
    """The sum of the files counts."""
    folder = lay_out(tmp_path / "a", {"solution.py": ANSWER, "x": bytes(9 * 2**20), "y": bytes(9 * 2**20)})

    assert "larger than 16 MiB" in fault(folder)


def test_python_is_bounded_over_all_files(tmp_path: Path) -> None:
    """Source in many helpers or cells is added up."""
    comment = b"#" * (600 * 2**10)

    assert "larger than 1 MiB" in fault(lay_out(tmp_path, {"solution.py": comment + b"\nx = 1", "b.py": comment}))


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"not a zip at all", bytes(100)])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    """A broken zip and an empty one are one sentence."""
    assert "'a.zip'" in fault(write(tmp_path / "a.zip", data))


def test_a_file_that_changes_meanwhile_is_bounded(tmp_path: Path) -> None:
    """A pipe put where a file was does not block, and a growing file is cut off."""
    os.mkfifo(tmp_path / "pipe")
    reader = threading.Thread(target=lambda: fault_of(lambda: room._read_regular(tmp_path / "pipe", 10, TOO_LARGE)))
    reader.start()
    reader.join(timeout=10)

    assert not reader.is_alive()
    assert fault_of(lambda: room._read_regular(write(tmp_path / "x", b"0" * 11), 10, TOO_LARGE)) is TOO_LARGE


TOO_LARGE = SubmissionError("too large")


def fault_of(act: Callable[[], Any]) -> SubmissionError:
    with pytest.raises(SubmissionError) as caught:
        act()
    return caught.value


# --- any bytes at all ------------------------------------------------------------------------------------------------

names = st.text("abcé中.-_ ", min_size=1, max_size=8).filter(lambda name: name.strip(".") == name)
trees = st.dictionaries(st.lists(names, min_size=1, max_size=3).map("/".join), st.binary(max_size=200), max_size=6)


@settings(max_examples=60, deadline=None)
@given(trees, st.booleans())
def test_a_zip_of_a_folder_is_the_folder(files: dict[str, bytes], wrapped: bool) -> None:
    """Packing a folder changes neither what is read, nor its digest, nor why it is refused."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "answer"
        folder.mkdir()
        try:
            lay_out(folder, {"solution.py": ANSWER, **files})
        except OSError:  # a file and a folder of one name: that tree cannot be on a disk
            return
        packed = {
            ("answer/" if wrapped else "") + path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        assert outcome(pack(Path(place) / "answer.zip", packed), "answer") == outcome(folder, "answer")


def outcome(path: Path, name: str) -> Submission | type[SubmissionError]:
    try:
        return replace(read(path), name=name)
    except SubmissionError as error:
        return type(error)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text().map(str.encode), st.sampled_from([".py", ".ipynb", ".zip"]))
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str) -> None:
    """Nothing but a SubmissionError comes of junk."""
    read_or_refuse(data, suffix)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 5) | st.text(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cell_type", "source", "input", "cells", "metadata", "worksheets"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 5), st.lists(json_values) | json_values, json_values)
def test_any_json_is_read_or_refused(version: int, cells: object, metadata: object) -> None:
    """A notebook of any shape and format is read or refused."""
    parts = {"cells": cells, "worksheets": cells, "metadata": metadata}
    read_or_refuse(json.dumps({"nbformat": version, "nbformat_minor": 0, **parts}).encode(), ".ipynb")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_damage_to_a_zip_is_read_or_refused(data: st.DataObject) -> None:
    """A zip with any bytes changed is read or refused."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("solution.py", ANSWER)
        archive.writestr("data/x.txt", b"x" * 50)
    damaged = bytearray(buffer.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(damaged), ".zip")


def read_or_refuse(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / f"solution{suffix}", data)
        with contextlib.suppress(SubmissionError):
            assert read(path).units


# --- what reading costs the reader -----------------------------------------------------------------------------------

READ = """
import resource, sys
from pathlib import Path
from grader.bank import load_bank
from grader.errors import SubmissionError
from grader.policy import violations
from grader.submission import read_submission

resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))  # a test that fails must not take the machine along
spec = load_bank(sys.argv[1]).find("data-anonymise").spec
try:
    violations(read_submission(Path(sys.argv[2]), spec), spec.forbidden)
except SubmissionError:
    pass
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
SIZE = 15 * 2**20
ROOT = Path(__file__).resolve().parent.parent


def listed(item: bytes) -> bytes:
    """A list that fills a notebook."""
    return b"[" + b",".join([item] * (SIZE // (len(item) + 1))) + b"]"


def modern(outputs: bytes, attachments: bytes = b"{}") -> bytes:
    code = b'{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": ' + outputs + b"}"
    text = b'{"cell_type": "markdown", "source": "", "metadata": {}, "attachments": ' + attachments + b"}"
    return b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [' + code + b"," + text + b"]}"


def ancient(outputs: bytes) -> bytes:
    cell = b'{"cell_type": "code", "language": "python", "input": "x = 1", "outputs": ' + outputs + b"}"
    return b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [' + cell + b"]}]}"


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("solution.py", bytes(2**28))
    return packed.getvalue()


COSTLY: dict[str, Callable[[], bytes]] = {
    "attachment.ipynb": lambda: modern(b"[]", b'{"a.png": {"image/png": "' + b"QUFB" * (SIZE // 4) + b'"}}'),
    "outputs.ipynb": lambda: modern(listed(b"{}")),
    "old_outputs.ipynb": lambda: ancient(listed(b"{}")),
    "old_cells.ipynb": lambda: ancient(b"[]").replace(b"[{", listed(b'{"cell_type": "code"}')[:-1] + b",{", 1),
    "huge.ipynb": lambda: bytes(2**28),
    "names.py": lambda: b"a\n" * (2**19 - 8),
    "bomb.zip": bomb,
}


@pytest.mark.parametrize("name", COSTLY)
def test_what_reading_takes_is_bounded(name: str, tmp_path: Path) -> None:
    """Nothing that can be handed in makes the process that reads it take a gigabyte, or half a minute."""
    path = write(tmp_path / name, COSTLY[name]())
    command = [sys.executable, "-c", READ, str(ROOT / "bank"), str(path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)

    assert int(done.stdout) * 1024 < 2**30
