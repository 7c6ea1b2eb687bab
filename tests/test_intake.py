"""What was handed in by whom, in every layout, and everything a download or a manifest can have wrong."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import stat
import tempfile
import unicodedata
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader import intake as room
from grader.errors import InputError
from grader.intake import Handed, file_name, read_manifest, take_in
from grader.sandbox import maker

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWER = b"def double(x):\n    return 2 * x\n"


def lay_out(folder: Path, *names: str) -> Path:
    """Write an answer under each name; one that ends in a slash is an empty folder."""
    for name in names:
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ANSWER)
    folder.mkdir(exist_ok=True)
    return folder


def pack(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def pack_tree(path: Path, folder: Path) -> Path:
    names = [each.relative_to(folder).as_posix() for each in sorted(folder.rglob("*")) if each.is_file()]
    return pack(path, {name: (folder / name).read_bytes() for name in names})


def candidates(source: Path, assignment: str | None = None) -> list[str]:
    with take_in(source, assignment=assignment) as intake:
        return [each.candidate for each in intake.handed]


def paths(source: Path, root: Path, assignment: str | None = None) -> dict[str, str]:
    with take_in(source, assignment=assignment) as intake:
        return {each.candidate: str(each.path.relative_to(root)) for each in intake.handed}


def notes(source: Path) -> str:
    with take_in(source) as intake:
        return "\n".join(intake.notes)


def layout(source: Path) -> str:
    with take_in(source) as intake:
        return intake.layout


def fault(source: Path, assignment: str | None = None, *, question_given: bool = True) -> str:
    with (
        pytest.raises(InputError) as caught,
        take_in(source, assignment=assignment, question_given=question_given),
    ):
        pass
    return str(caught.value)


# --- a plain folder --------------------------------------------------------------------------------------------------


def test_each_file_and_folder_is_a_candidate(tmp_path: Path) -> None:
    """The stem is the name; what editors and file managers leave behind is nobody."""
    names = ["ada.py", "Bob Lee.IPYNB", "张伟.zip", "dora/solution.py", "v1.2.py"]
    clutter = [".DS_Store", ".hidden.py", "__pycache__/ada.pyc", "__MACOSX/._ada.py", "._ada.py"]
    folder = lay_out(tmp_path / "batch", *names, *clutter)

    assert paths(folder, folder) == {
        "Bob Lee": "Bob Lee.IPYNB",
        "ada": "ada.py",
        "dora": "dora",
        "v1.2": "v1.2.py",
        "张伟": "张伟.zip",
    }
    assert layout(folder) == "plain"
    assert not notes(folder)


def test_other_files_are_named_in_a_note(tmp_path: Path) -> None:
    """What is no submission is left out, and said to be; its name is shown without its control characters."""
    folder = lay_out(tmp_path / "batch", "ada.py", "marks.csv", "read\x1bme", "task.pdf")

    assert candidates(folder) == ["ada"]
    assert notes(folder) == ("3 files that are no submissions were left out: 'marks.csv', 'read\\x1bme', 'task.pdf'")


def test_two_answers_of_one_name_are_refused_together(tmp_path: Path) -> None:
    """Both files are named, and every such pair in one message."""
    accents = [unicodedata.normalize("NFC", "é.py"), unicodedata.normalize("NFD", "é.ipynb")]
    folder = lay_out(tmp_path / "batch", "ada.py", "ada.ipynb", "bob.py", "bob/", "cyd.py", *accents)
    message = fault(folder)

    assert "'ada.ipynb' and 'ada.py' are both by 'ada'" in message
    assert "'bob' and 'bob.py' are both by 'bob'" in message
    assert "é.py" in message
    assert "cyd" not in message


def test_a_folder_that_holds_a_zip_is_the_zip(tmp_path: Path) -> None:
    """A candidate's folder with nothing but a zip in it is opened to the zip."""
    folder = lay_out(tmp_path / "batch", "ada/answer.zip", "ada/.DS_Store", "bob/answer.zip", "bob/more.py")

    assert paths(folder, folder) == {"ada": "ada/answer.zip", "bob": "bob"}


def test_a_name_that_is_no_text_can_still_be_written(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are spelt out."""
    folder = lay_out(tmp_path / "batch")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.py")).write_bytes(ANSWER)

    assert candidates(folder) == ["caf\\xe9"]


def test_a_candidate_cannot_choose_the_layout(tmp_path: Path) -> None:
    """What looks like an export one level down is only somebody's folder."""
    folder = lay_out(
        tmp_path / "batch",
        "ada/submission_metadata.yml",
        "ada/submitted/eve/ps1/a.ipynb",
        "ada/timestamp.txt",
        "ada/eve_1_assignsubmission_file_/a.py",
    )

    assert (candidates(folder), layout(folder)) == (["ada"], "plain")


@pytest.mark.parametrize("name", ["", "empty/", "notes.txt", ".hidden.py"])
def test_nothing_handed_in_is_refused(tmp_path: Path, name: str) -> None:
    """A folder without a submission is a mistake; what is there instead is named."""
    folder = lay_out(tmp_path / "batch", *([name] if name else []))
    if name == "empty/":
        assert candidates(folder) == ["empty"]
        return
    assert "holds no submissions" in fault(folder)
    assert ("notes.txt" in fault(folder)) is (name == "notes.txt")


def test_what_is_not_there_is_guessed(tmp_path: Path) -> None:
    """A wrong path gets the nearest name; a file of another kind says what is expected."""
    lay_out(tmp_path, "answers/ada.py", "solution.py")

    assert "does not exist. Did you mean 'answers'?" in fault(tmp_path / "answer")
    assert "does not exist. Check the path." in fault(tmp_path / "nowhere" / "answers")
    assert "Name a folder of submissions, a zip of one, or a manifest (.csv)" in fault(tmp_path / "solution.py")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read whatever its mode says")
def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    """A permission that is missing is a sentence."""
    folder = lay_out(tmp_path / "batch", "ada.py")
    folder.chmod(0)

    assert "Permission denied" in fault(folder)
    folder.chmod(0o700)


# --- Gradescope ------------------------------------------------------------------------------------------------------

METADATA = """\
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '100'
    :email: ada@example.edu
  :created_at: 2026-05-01 10:00:00.000000000 Z
  :score: 3.0
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    tests: &1 []
  :history:
  - :created_at: 2026-05-01 09:00:00.000000000 Z
    :results: *1
submission_12:
  :submitters:
  - :name: Bob Lee
    :sid: '101'
    :email: bob@example.edu
  - :name: 陈静
    :sid:
    :email: chen@example.edu
submission_13:
  :submitters:
  - :name: Dora
    :sid: '103'
    :email:
"""


def gradescope(folder: Path, metadata: str = METADATA) -> Path:
    lay_out(folder, "submission_11/solution.py", "submission_12/a.py", "submission_12/b.py", "submission_13/answer.zip")
    (folder / "submission_metadata.yml").write_text(metadata, encoding="utf-8")
    return folder


def test_a_gradescope_export_knows_people_by_their_address(tmp_path: Path) -> None:
    """The e-mail address is the candidate, the student's id where there is none; each of a group has the submission."""
    folder = gradescope(tmp_path / "assignment_7_export")

    assert paths(folder, folder) == {
        "103": "submission_13/answer.zip",
        "ada@example.edu": "submission_11",
        "bob@example.edu": "submission_12",
        "chen@example.edu": "submission_12",
    }
    assert layout(folder) == "gradescope"
    assert "1 submission is a group's, and counts for each: 'submission_12: bob@example.edu" in notes(folder)


def test_a_gradescope_export_may_be_one_level_down(tmp_path: Path) -> None:
    """The folder of the export is found in the folder it was unpacked to, and in the zip."""
    gradescope(tmp_path / "down" / "assignment_7_export")
    packed = pack_tree(tmp_path / "download.zip", tmp_path / "down")

    assert candidates(tmp_path / "down") == candidates(packed) == [
        "103", "ada@example.edu", "bob@example.edu", "chen@example.edu",
    ]  # fmt: skip


def test_what_the_metadata_and_the_folders_disagree_on_is_said(tmp_path: Path) -> None:
    """A submission without metadata is graded under its folder's name, one without a folder is missing."""
    folder = gradescope(tmp_path / "export", METADATA.replace("submission_13", "submission_14"))
    lay_out(folder, "scores.csv")

    assert "submission_13" in candidates(folder)
    assert "goes by its folder: 'submission_13'" in notes(folder)
    assert "not there: 'submission_14'" in notes(folder)
    assert "left out: 'scores.csv'" in notes(folder)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("a: [", "is no YAML"),
        ("", "names no submission"),
        ("- a\n- b\n", "names no submission"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ("a: " + "{b: " * 100 + "1" + "}" * 100, "nested too deeply"),
        ("a: *b\n", "undefined alias"),
    ],
)
def test_broken_metadata_is_one_sentence(tmp_path: Path, metadata: str, words: str) -> None:
    """What is no metadata is refused with its file."""
    message = fault(gradescope(tmp_path / "export", metadata))

    assert words in message
    assert "submission_metadata.yml" in message


def test_metadata_makes_no_objects(tmp_path: Path) -> None:
    """A tag that asks for code is only a tag, and no key of a person."""
    hostile = "submission_11:\n  :submitters:\n  - :email: !!python/object/apply:os.system ['exit 7']\n    :sid: '1'\n"

    assert candidates(gradescope(tmp_path / "export", hostile))[0] == "1"


def test_large_metadata_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read at all."""
    monkeypatch.setattr(room, "MAX_METADATA", 100)

    assert "is larger than" in fault(gradescope(tmp_path / "export"))


# --- Moodle ----------------------------------------------------------------------------------------------------------


def test_a_moodle_download_in_folders(tmp_path: Path) -> None:
    """Name and number are the candidate, whatever the version puts at the end; online texts are noted."""
    folder = lay_out(
        tmp_path / "CS-101-Exam-42",
        "Ada Lovelace_4711_assignsubmission_file_/solution.py",
        "Ada Lovelace_4711_assignsubmission_onlinetext_/onlinetext.html",
        "Ada Lovelace_4712_assignsubmission_file_/answer.zip",
        "张伟_4713_assignsubmission_file/main.py",
        "Participant_4714_assignsubmission_file_/src/solution.py",
        "Default group_assignsubmission_file_/solution.py",
    )

    assert paths(folder, folder) == {
        "Ada Lovelace_4711": "Ada Lovelace_4711_assignsubmission_file_",
        "Ada Lovelace_4712": "Ada Lovelace_4712_assignsubmission_file_/answer.zip",
        "Default group": "Default group_assignsubmission_file_",
        "Participant_4714": "Participant_4714_assignsubmission_file_",
        "张伟_4713": "张伟_4713_assignsubmission_file",
    }
    assert layout(folder) == "moodle"
    assert "1 online text is no program and was left out: 'Ada" in notes(folder)


def test_a_flat_moodle_download(tmp_path: Path) -> None:
    """One file is the submission; several of one candidate are put together under their own names."""
    folder = lay_out(
        tmp_path / "flat",
        "Ada Lovelace_1_assignsubmission_file_solution.py",
        "Bob_2_assignsubmission_file_solution.py",
        "Bob_2_assignsubmission_file_my_helper.py",
        "Bob_2_assignsubmission_onlinetext_onlinetext.html",
        "grading.csv",
    )
    with take_in(folder) as intake:
        ada, bob = intake.handed

        assert (ada.candidate, ada.path.parent) == ("Ada Lovelace_1", folder)
        assert (bob.candidate, sorted(os.listdir(bob.path))) == ("Bob_2", ["my_helper.py", "solution.py"])
        assert (bob.path / "solution.py").read_bytes() == ANSWER
    assert not bob.path.exists()
    assert "'grading.csv'" in notes(folder)


def test_the_name_of_a_flat_file_leads_nowhere(tmp_path: Path) -> None:
    """A file called `..`, a link and a large file stay what the reader refuses."""
    folder = lay_out(tmp_path / "flat", "Eve_1_assignsubmission_file_..", "Eve_1_assignsubmission_file_a.py")
    (folder / "Eve_1_assignsubmission_file_b.py").symlink_to("/etc/passwd")
    large = folder / "Eve_1_assignsubmission_file_large"
    large.touch()
    os.truncate(large, 2**40)
    with take_in(folder) as intake:
        (eve,) = intake.handed

        assert sorted(os.listdir(eve.path)) == ["_..", "a.py", "b.py", "large"]
        assert (eve.path / "b.py").is_symlink()
        assert not (eve.path / "b.py").exists()
        assert (eve.path / "large").stat().st_size == room.MAX_MEMBER


# --- Canvas ----------------------------------------------------------------------------------------------------------


def test_a_canvas_download(tmp_path: Path) -> None:
    """Name and user number are the candidate; who was late, and what was typed, is noted."""
    folder = lay_out(
        tmp_path / "submissions",
        "lovelaceada_501_9001_solution.py",
        "leebob_LATE_502_9002_my_answer_2.ipynb",
        "陈静_503_9003_solution.zip",
        "doe_504_text.html",
        "roe_LATE_505_link.html",
        "anon_x7Yz2_9004_solution.py",
        "LATE_anon_Ab3De_9005_solution.py",
    )

    assert candidates(folder) == ["anon_Ab3De", "anon_x7Yz2", "leebob_502", "lovelaceada_501", "陈静_503"]
    assert layout(folder) == "canvas"
    assert "2 candidates were late: 'anon_Ab3De', 'leebob_502'" in notes(folder)
    assert "2 typed texts were left out: 'doe_504_text.html', 'roe_LATE_505_link.html'" in notes(folder)


def test_the_newest_of_a_canvas_resubmission_is_taken(tmp_path: Path) -> None:
    """The highest number wins, as a number, and the note names both."""
    folder = lay_out(
        tmp_path / "submissions",
        "ada_501_9001_solution.py",
        "ada_501_9040_solution-10.py",
        "ada_501_9030_solution-9.py",
        "bob_502_9002_solution-1.py",
    )

    assert paths(folder, folder) == {"ada_501": "ada_501_9040_solution-10.py", "bob_502": "bob_502_9002_solution-1.py"}
    both = "'ada_501_9001_solution.py', 'ada_501_9030_solution-9.py'"
    assert f"{both} was handed in again as 'ada_501_9040_solution-10.py', which is taken" in notes(folder)
    assert "bob" not in notes(folder)


def test_several_files_on_canvas_are_one_submission(tmp_path: Path) -> None:
    """They are put together under the names they had before Canvas numbered them."""
    folder = lay_out(
        tmp_path / "submissions",
        "ada_501_9001_solution-2.py",
        "ada_501_9002_helper.py",
        "ada_501_9003_data-1.csv",
        "ada_501_9004_data-2.csv",
    )
    with take_in(folder) as intake:
        (ada,) = intake.handed

        assert sorted(os.listdir(ada.path)) == ["data-1.csv", "data-2.csv", "helper.py", "solution.py"]


# --- nbgrader --------------------------------------------------------------------------------------------------------


def course(folder: Path, *more: str) -> Path:
    return lay_out(
        folder,
        "submitted/ada/ps1/problem1.ipynb",
        "submitted/ada/ps1/timestamp.txt",
        "submitted/bob/ps1/problem1.ipynb",
        "submitted/bob/ps1/helper.py",
        "source/ps1/problem1.ipynb",
        *more,
    )


@pytest.mark.parametrize("inner", ["", "submitted"])
def test_an_nbgrader_course(tmp_path: Path, inner: str) -> None:
    """The student's id is the candidate; the notebook alone, or the folder where more belongs to it."""
    folder = course(tmp_path / "course")

    assert paths(folder / inner, folder) == {
        "ada": "submitted/ada/ps1/problem1.ipynb",
        "bob": "submitted/bob/ps1",
    }
    assert layout(folder / inner) == "nbgrader"


def test_one_of_several_assignments_is_chosen(tmp_path: Path) -> None:
    """Without a choice they are listed; a misspelt one is guessed; who has nothing for it is noted."""
    folder = course(tmp_path / "course", "submitted/ada/ps2/x.ipynb", "submitted/cyd/ps2/x.ipynb")

    assert "holds several assignments: 'ps1', 'ps2'. Choose one with --assignment NAME." in fault(folder)
    assert "nobody handed in an assignment 'ps22'. Did you mean 'ps2'?" in fault(folder, "ps22")
    assert "There are 'ps1', 'ps2'." in fault(folder, "exam")
    assert candidates(folder, "ps2") == ["ada", "cyd"]
    with take_in(folder, assignment="ps2") as intake:
        assert intake.notes == ("1 student has handed in nothing for 'ps2': 'bob'",)


def test_one_of_several_notebooks_is_chosen(tmp_path: Path) -> None:
    """Every student with several is named; with a choice each has that notebook, there or not."""
    folder = course(tmp_path / "course", "submitted/ada/ps1/problem2.ipynb")

    assert "'ada' handed in several notebooks: 'problem1.ipynb', 'problem2.ipynb'" in fault(folder)
    assert "--assignment ps1/NOTEBOOK" in fault(folder)
    assert paths(folder, folder, "ps1/problem2") == {
        "ada": "submitted/ada/ps1/problem2.ipynb",
        "bob": "submitted/bob/ps1/problem2.ipynb",
    }


def test_a_course_without_submissions_is_refused(tmp_path: Path) -> None:
    """An empty `submitted`, and an assignment of what is no course, are mistakes."""
    assert "holds no STUDENT/ASSIGNMENT/" in fault(lay_out(tmp_path / "course", "submitted/"))
    assert "is no course of nbgrader" in fault(lay_out(tmp_path / "plain", "ada.py"), "ps1")


# --- a batch as a zip ------------------------------------------------------------------------------------------------


def test_a_zip_is_what_was_packed_into_it(tmp_path: Path) -> None:
    """It is unpacked to a private folder that is gone after the block, wrapped in a folder of its own name or not."""
    bare = pack(tmp_path / "a.zip", {"ada.py": ANSWER, "bob/solution.py": ANSWER, "__MACOSX/._ada.py": b""})
    wrapped = pack(tmp_path / "exam (1).zip", {"exam/ada.py": ANSWER, "exam/bob/solution.py": ANSWER})
    for source in (bare, wrapped):
        with take_in(source) as intake:
            ada, bob = intake.handed
            private = stat.S_IMODE(ada.path.parents[1 if source is bare else 2].stat().st_mode)

            assert (ada.candidate, ada.path.read_bytes(), bob.candidate) == ("ada", ANSWER, "bob")
            assert private == 0o700
        assert not ada.path.exists()


def test_what_is_unpacked_says_who_made_it(tmp_path: Path) -> None:
    """So that `grade doctor --clean` removes what a killed batch has left; an ended one leaves nothing."""
    source = pack(tmp_path / "in.zip", {"ada.py": ANSWER, "bob.py": ANSWER})
    with take_in(source) as intake:
        (folder,) = {path for one in intake.handed for path in one.path.parents if path.name.startswith(maker.prefix())}
        assert folder.exists()
    assert not folder.exists()


def test_the_only_candidate_of_a_zip_is_no_wrapper(tmp_path: Path) -> None:
    """A folder with another name than the zip's is somebody's."""
    assert candidates(pack(tmp_path / "exam.zip", {"ada/solution.py": ANSWER, "ada/submission_metadata.yml": b""})) == [
        "ada"
    ]


def test_names_in_a_zip_are_unicode_where_they_can_be(tmp_path: Path) -> None:
    """UTF-8 without its flag is read as meant; what is no UTF-8 keeps its bytes apart and is noted."""
    data = pack(tmp_path / "a.zip", {"xxxxxx.py": ANSWER, "yyyy.py": ANSWER}).read_bytes()
    data = data.replace(b"xxxxxx.py", "张伟.py".encode()).replace(b"yyyy.py", "张伟.py".encode("gbk"))
    source = tmp_path / "b.zip"
    source.write_bytes(data)

    assert "张伟" in candidates(source)
    assert len(candidates(source)) == 2
    assert "1 name in the zip is no UTF-8 and may look odd" in notes(source)


@pytest.mark.parametrize(
    "name",
    ["../ada.py", "a/../../ada.py", "/etc/ada.py", "C:/ada.py", "a//ada.py", "./ada.py", "a/" * 80 + "ada.py",
     "a" * 300 + ".py"],
)  # fmt: skip
def test_a_path_out_of_a_zip_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is graded, and nothing written beside the private folder."""
    message = fault(pack(tmp_path / "a.zip", {"bob.py": ANSWER, name: ANSWER}))

    assert "a path that leads out of it or is too long" in message
    assert os.listdir(tmp_path) == ["a.zip"]


@pytest.mark.parametrize(("form", "words"), [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "no ordinary file")])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, form: int, words: str) -> None:
    """They are not made."""
    member = zipfile.ZipInfo("ada.py")
    member.external_attr = (form | 0o644) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, "/etc/passwd")

    assert words in fault(tmp_path / "a.zip")
    assert "Unpack it yourself" in fault(tmp_path / "a.zip")


def test_one_name_twice_in_a_zip_is_refused(tmp_path: Path) -> None:
    """Neither two files of a name nor a file that is also a folder can be told apart."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ada.py", ANSWER)
        archive.writestr("bda.py", ANSWER)
    (tmp_path / "a.zip").write_bytes(buffer.getvalue().replace(b"bda.py", b"ada.py"))

    assert "'ada.py' is in the zip twice" in fault(tmp_path / "a.zip")
    for first, second in (("ada", "ada/x.py"), ("ada/x.py", "ada")):
        assert "as a file and as a folder" in fault(pack(tmp_path / "b.zip", {first: ANSWER, second: ANSWER}))


def test_case_clashes_are_two_candidates(tmp_path: Path) -> None:
    """Capitals tell two people apart, and their file names differ on any disk."""
    found = candidates(pack(tmp_path / "a.zip", {"ada.py": ANSWER, "Ada.py": ANSWER}))

    assert found == ["Ada", "ada"]
    assert len({file_name(name).casefold() for name in found}) == 2


def test_a_bomb_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than any reader takes is cut where the reader refuses it; all together have a bound."""
    source = pack(tmp_path / "a.zip", {"ada/zeros": bytes(20 * 2**20), "bob.py": ANSWER})
    with take_in(source) as intake:
        assert (intake.handed[0].path / "zeros").stat().st_size == room.MAX_MEMBER
    monkeypatch.setattr(room, "MAX_UNPACKED", 2**20)

    assert "unpacks to more than 1 MiB, the last of it in 'ada'" in fault(source)


def test_bounds_are_kept_before_a_zip_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size and the number of its entries are counted from its bytes."""
    source = pack(tmp_path / "a.zip", {f"{number}.py": ANSWER for number in range(20)})
    monkeypatch.setattr(room, "MAX_MEMBERS", 19)
    assert "holds more than 19 files" in fault(source)
    monkeypatch.setattr(room, "MAX_PACKED", 100)

    assert "is larger than" in fault(source)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"not a zip at all", bytes(100)])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    """A broken zip and an empty one are one sentence with the file's name."""
    (tmp_path / "a.zip").write_bytes(data)

    assert f"{tmp_path / 'a.zip'}: " in fault(tmp_path / "a.zip")


def test_a_fault_within_a_zip_is_shown_where_it_was_packed(tmp_path: Path) -> None:
    """No message names the private folder."""
    broken = {"x/submission_metadata.yml": b"a: *b\n", "x/submission_1/a.py": ANSWER}

    assert f"{tmp_path / 'x.zip'}/x/submission_metadata.yml:1: is no YAML" in fault(pack(tmp_path / "x.zip", broken))
    assert f"{tmp_path / 'y.zip'}: 'a.ipynb' and 'a.py' are both by 'a'" in fault(
        pack(tmp_path / "y.zip", {"a.py": ANSWER, "a.ipynb": ANSWER})
    )


@given(st.data())
def test_any_damage_to_a_zip_is_read_or_refused(data: st.DataObject) -> None:
    """A zip with any bytes changed is a list or a message, and leaves nothing behind."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada/solution.py", ANSWER)
        archive.writestr("bob.py", ANSWER)
    damaged = bytearray(buffer.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=5)):
        damaged[place] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "a.zip"
        source.write_bytes(damaged)
        with contextlib.suppress(InputError), take_in(source) as intake:
            assert intake.handed
        assert os.listdir(folder) == ["a.zip"]


# --- a manifest ------------------------------------------------------------------------------------------------------


def manifest(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "manifest.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_manifest_in_any_usual_form(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    """With or without a mark, commas or semicolons, either line end, blank lines; the order is kept."""
    lay_out(tmp_path, "b.py", "deep/a.py")
    rows = [
        ["path", "candidate", "question"],
        ["deep/a.py", "张伟", "q1"],
        [],
        ["b.py", "=ada", ""],
        ["b.py", "张伟", "q2"],
    ]
    path = manifest(tmp_path, end.join(delimiter.join(row) for row in rows), encoding)
    with take_in(path) as intake:
        assert intake.layout == "manifest"
        assert intake.handed == (
            Handed("张伟", tmp_path / "deep/a.py", "q1"),
            Handed("=ada", tmp_path / "b.py", None),
            Handed("张伟", tmp_path / "b.py", "q2"),
        )


def test_every_fault_of_a_manifest_is_in_one_message(tmp_path: Path) -> None:
    """Each has its line, and says what to do."""
    lay_out(tmp_path, "ada.py")
    text = 'candidate,path,question\nada,ada.py,q\n"a\nb",adda.py,q\n ,ada.py,q\nada,ada.py,q\nx,,q\nx,y,q,z\n'
    message = fault(manifest(tmp_path, text))
    place = f"{tmp_path / 'manifest.csv'}"

    assert message.splitlines() == [
        "the manifest cannot be used:",
        f"  {place}:3: 'adda.py' does not exist. Did you mean 'ada.py'?",
        f"  {place}:5: no candidate is named.",
        f"  {place}:6: 'ada' has a line for this question already: line 2.",
        f"  {place}:7: no path is given.",
        f"  {place}:8: 4 values, but the header has 3 columns; quote a value that holds a delimiter.",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty; its first line is candidate,question,path"),
        ("candidate,path\n", "holds no line but its header"),
        ("candidate,paht\nada,ada.py\n", "no column is called 'paht'. Did you mean 'path'?"),
        ("candidate,paht\nada,ada.py\n", "the column 'path' is missing"),
        ("candidate,path,path\nada,ada.py,ada.py\n", "the column 'path' is there twice"),
        ("ada,ada.py\n", "no column is called 'ada'"),
        ('candidate,path\n"ada,ada.py\n', "is no CSV"),
        ("candidate,path\n" + "a" * 200_000 + ",ada.py\n", "is no CSV"),
        ("candidate,path\nada,gone\0.py\n", "does not exist"),
    ],
)
def test_a_manifest_with_one_fault(tmp_path: Path, text: str, words: str) -> None:
    """A header must be there and right; the rest must be CSV."""
    lay_out(tmp_path, "ada.py")

    assert words in fault(manifest(tmp_path, text))


def test_a_manifest_that_is_no_utf_8_names_the_line(tmp_path: Path) -> None:
    """A spreadsheet's other encodings are refused where they begin."""
    message = fault(manifest(tmp_path, "candidate,path\nada,a.py\n张伟,b.py\n", "gbk"))

    assert "manifest.csv:3: is no UTF-8. Save it as CSV UTF-8." in message


def test_a_question_is_needed_where_the_batch_has_none(tmp_path: Path) -> None:
    """The column may be missing, or empty in a line, only if the batch has a question."""
    lay_out(tmp_path, "ada.py")
    path = manifest(tmp_path, "candidate,question,path\nada,,ada.py\nbob,q,ada.py\n")

    assert [each.question for each in read_manifest(path).handed] == [None, "q"]
    message = fault(path, question_given=False)
    assert "manifest.csv:2: no question is named, and the batch has none." in message
    assert "manifest.csv:3" not in message


def test_a_manifest_of_many_faults_is_cut(tmp_path: Path) -> None:
    """Twenty are enough to begin with."""
    message = fault(manifest(tmp_path, "candidate,path\n" + "".join(f"c{n},gone{n}\n" for n in range(50))))

    assert len(message.splitlines()) == 22
    assert message.endswith("and 30 more.")


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(NAMES.filter(str.strip), NAMES), min_size=1, max_size=5), st.sampled_from([",", ";"]))
def test_a_manifest_gives_back_what_was_written(rows: list[tuple[str, str]], delimiter: str) -> None:
    """Any name, quotes, delimiters and line ends included, comes back as it is; a name twice is a fault."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.csv"
        (Path(folder) / "a.py").write_bytes(ANSWER)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerows([["candidate", "question", "path"], *((*row, "a.py") for row in rows)])
        if len({(unicodedata.normalize("NFC", name), question) for name, question in rows}) < len(rows):
            assert "has a line for this question already" in fault(path)
            return
        handed = read_manifest(path).handed

    assert [(each.candidate, each.question or "") for each in handed] == rows


# --- names as file names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["ada", "ada-lovelace_12", "张伟", "ada@example.edu", "josé", "cs101 ada", "v1.2", "سارة"]
)
def test_a_harmless_name_is_its_own_stem(name: str) -> None:
    """Lower case in any script stays as it is."""
    assert file_name(name) == name


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("../../etc/passwd", "_.._etc_passwd"),
        (".bashrc", "bashrc"),
        ("=cmd|'/c calc'!A1", "_cmd__"),
        ("-rf", "_rf"),
        ("a\u202eyp.b", "a_yp.b"),
        ("a\x1b[31mb", "a__31mb"),
        ("con", "_con"),
        ("nul.txt", "_nul.txt"),
        ("", "_"),
        ("a" * 300, "a" * 183),
        ("张" * 300, "张" * 61),
        ("\ud800", "_"),
        ("ada-0123456789abcdef", "ada-0123456789abcdef"),
    ],
)
def test_an_odd_name_is_made_safe_and_gets_a_digest(name: str, stem: str) -> None:
    """What is readable stays, and the end tells it from every other name."""
    readable, _, digest = file_name(name).rpartition("-")

    assert readable.startswith(stem)
    assert len(digest) == 16


ODD = st.text(st.sampled_from("aAßſKée\u0301/\\.- _=\u202e\u200d張张\ufe0f\u1160\x00\n:+@~1"), max_size=8) | st.text(
    max_size=300
)


@given(ODD, ODD)
@example("ada", "Ada")
@example("é", "e\u0301")
@example("ß", "ss")
@example("Ada", file_name("Ada"))
def test_two_names_have_two_stems_on_any_disk(one: str, other: str) -> None:
    """A disk that ignores case and composes accents keeps them apart; one name always has the same."""

    def on_disk(name: str) -> str:
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", file_name(name)).casefold())

    assert (on_disk(one) == on_disk(other)) is (one == other)


@given(ODD)
def test_every_stem_is_a_safe_file_name(name: str) -> None:
    """No separator, no device, nothing that cannot be shown, no leading dot or dash, at most 200 bytes."""
    stem = file_name(name)

    assert 0 < len(stem.encode()) <= 200
    assert not set(stem) & set('/\\:*?"<>|\0\n')
    assert all(unicodedata.category(letter)[0] != "C" for letter in stem)
    assert stem[0] not in ".-=+@~ "
    assert stem[-1] not in ". "
