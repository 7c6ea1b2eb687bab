"""Invitations: signed, unguessable, silent on what a candidate shall not know. Packed answers: read as if hostile."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invitations import KEY, invitation, manifest_of, zipped

from grader.errors import InputError, SubmissionError
from grader.submission import MAX_SOURCE
from grader.takehome.invitation import canonical, handed_out, identify, sign, verify
from grader.takehome.office import Office
from grader.takehome.packed import read_packed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOLUTION, ANSWER = "answers/1-pooling/solution.py", "answers/2-f1/answer.yaml"
GOOD = {SOLUTION: b"def f():\n    return 1\n", ANSWER: b"answer: [a]\n"}
texts = st.dictionaries(st.text(max_size=8), st.text() | st.integers() | st.booleans() | st.none(), max_size=5)

# --- the signature ---------------------------------------------------------------------------------------------------


@given(texts)
def test_what_was_signed_is_believed_in_any_order(payload: dict[str, object]) -> None:
    signed = {"signature": sign(KEY, payload), **dict(reversed(payload.items()))}

    verify(KEY, signed)


@given(texts, st.text(min_size=1, max_size=8))
def test_what_was_added_after_signing_is_refused(payload: dict[str, object], name: str) -> None:
    signed = {**payload, "signature": sign(KEY, payload), name: "added"}
    if canonical(signed) == canonical(payload):
        return

    with pytest.raises(InputError, match="does not match"):
        verify(KEY, signed)


@pytest.mark.parametrize("signature", [None, 7, "", "é" * 64, "0" * 64])
def test_no_signature_of_ours_is_refused(signature: object) -> None:
    with pytest.raises(InputError, match="does not match"):
        verify(KEY, {"id": "x", "signature": signature})


def test_canonical_json_is_fixed() -> None:
    """What is signed today is signed the same in years: these bytes are the format."""
    payload = {"b": 1, "a": "池", "signature": "x"}

    assert canonical(payload) == '{"a":"池","b":1}'.encode()
    assert sign(b"key", payload) == "0d3f1a3ff7ced007db71ffb5ff44bb3babc4522ab9a657a501cf2e813d5e91d6"


def test_an_id_follows_from_the_key_the_candidate_and_the_attempt() -> None:
    ids = {identify(key, name, attempt) for key in (KEY, b"other") for name in ("C-1", "C-2") for attempt in (1, 2)}

    assert len(ids) == 8
    assert identify(KEY, "C-1", 1) in ids
    assert all(len(each) == 24 for each in ids)


# --- what the candidate gets -----------------------------------------------------------------------------------------


def test_the_candidate_reads_neither_variant_nor_form() -> None:
    own = handed_out(invitation(), KEY, {})

    text = json.dumps(own)
    assert "3fa2b1" not in text
    assert "form" not in own
    assert "variant" not in text
    assert own["opens"] == "2026-12-01T08:00:00Z"
    assert own["duration_seconds"] == 3 * 3600
    verify(KEY, own)


# --- packed answers --------------------------------------------------------------------------------------------------


def written(folder: Path, data: bytes) -> Path:
    path = folder / "answer.zip"
    path.write_bytes(data)
    return path


def test_a_packed_answer_is_read(tmp_path: Path) -> None:
    packed = read_packed(written(tmp_path, zipped(GOOD)), KEY, "engineer")

    assert packed.invitation_id == invitation().id
    assert packed.files == {"1-pooling": {"solution.py": GOOD[SOLUTION]}, "2-f1": {"answer.yaml": GOOD[ANSWER]}}
    assert packed.disclosure == {"minutes": 90}
    assert (packed.candidate, packed.attempt) == ("C-0017", 1)


def test_a_question_may_stay_without_answer(tmp_path: Path) -> None:
    packed = read_packed(written(tmp_path, zipped({ANSWER: b"x"})), KEY, "engineer")

    assert set(packed.files) == {"2-f1"}


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(SOLUTION, b"0" * 40_000_000)
    return buffer.getvalue()


def _link() -> bytes:
    buffer = io.BytesIO(zipped(GOOD))
    with zipfile.ZipFile(buffer, "a") as archive:
        member = zipfile.ZipInfo("answers/1-pooling/more.py")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    return buffer.getvalue()


def _twice() -> bytes:
    buffer = io.BytesIO(zipped(GOOD))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SOLUTION, b"def f(): ...\n")
    return buffer.getvalue()


def changed(**values: object) -> dict[str, object]:
    return {**manifest_of(GOOD), **values}


def longer(**values: object) -> dict[str, object]:
    own = manifest_of(GOOD)["invitation"]
    assert isinstance(own, dict)
    return changed(invitation={**own, **values})


def receipt() -> dict[str, object]:
    """Something else that was signed with the key."""
    return changed(invitation={"id": "r", "signature": sign(KEY, {"id": "r"})})


def deep() -> bytes:
    text = b'{"format": 1, "files": {}, "invitation": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}"
    return _raw(text)


def _raw(manifest: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("manifest.json", manifest)
    return buffer.getvalue()


ODD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"PK nothing", "no readable zip"),
    "no manifest": (lambda: plain({SOLUTION: b"x"}), "no manifest.json"),
    "a bomb": (_bomb, "unpacks to more than"),
    "a link": (_link, "is a link"),
    "a second member of a name": (_twice, "is in the zip twice"),
    "out of the folder": (lambda: zipped({**GOOD, "answers/../../etc/x": b""}), "leads out of the folder"),
    "absolute": (lambda: zipped({**GOOD, "/etc/x": b""}), "is not relative"),
    "an unknown folder": (lambda: zipped({**GOOD, "answers/3-more/solution.py": b""}), "nothing that was asked for"),
    "an unknown file": (lambda: zipped({**GOOD, "answers/1-pooling/conftest.py": b""}), "nothing that was asked for"),
    "beside the answers": (lambda: zipped({**GOOD, "sitecustomize.py": b""}), "nothing that was asked for"),
    "too large": (lambda: zipped({SOLUTION: b"#" * (MAX_SOURCE + 1)}), "larger than 1024 KiB"),
    "changed after packing": (lambda: zipped({**GOOD, SOLUTION: b"other"}, manifest_of(GOOD)), "not the file that was"),
    "taken out after packing": (lambda: zipped({ANSWER: GOOD[ANSWER]}, manifest_of(GOOD)), "not there any more"),
    "empty": (lambda: zipped({}), "holds no answer"),
    "a later end": (lambda: zipped(GOOD, longer(closes="2030-01-01T00:00:00Z")), "signature does not match"),
    "another candidate": (lambda: zipped(GOOD, longer(candidate="C-0001")), "signature does not match"),
    "another key": (lambda: zipped(GOOD, manifest_of(GOOD, key=b"other")), "signature does not match"),
    "no number": (lambda: zipped(GOOD, longer(grace_seconds=float("nan"))), "signature does not match"),
    "a receipt for an invitation": (lambda: zipped(GOOD, receipt()), "assessment: Field required"),
    "another format": (lambda: zipped(GOOD, changed(format=2)), "manifest.json: format"),
    "no finite number": (lambda: zipped(GOOD, changed(disclosure={"minutes": float("inf")})), "disclosure.minutes"),
    "an unknown key": (lambda: zipped(GOOD, changed(points=100)), "manifest.json: points"),
    "nested without end": (deep, "manifest.json"),
    "no JSON": (lambda: _raw(b"{"), "manifest.json"),
    "half a character": (lambda: _raw(b'{"format": 1, "files": {}, "invitation": {"a": "\\ud800"}}'), "manifest.json"),
}  # fmt: skip


def plain(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


@pytest.mark.parametrize("case", ODD)
def test_odd_answers_are_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    make, message = ODD[case]

    with pytest.raises(SubmissionError, match=message) as caught:
        read_packed(written(tmp_path, make()), KEY, "engineer")

    assert "\n" not in str(caught.value)


def test_an_answer_to_another_assessment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="it answers 'engineer', not 'other'"):
        read_packed(written(tmp_path, zipped(GOOD)), KEY, "other")


def test_a_folder_is_no_packed_answer(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="is a folder"):
        read_packed(tmp_path, KEY, "engineer")


@given(st.binary(max_size=300))
def test_any_manifest_is_read_or_refused(tmp_path_factory: Any, data: bytes) -> None:
    path = written(tmp_path_factory.mktemp("any"), _raw(data))

    with pytest.raises(SubmissionError):
        read_packed(path, KEY, "engineer")


# --- the records -----------------------------------------------------------------------------------------------------


def test_records_come_back_in_the_order_of_the_invitations(tmp_path: Path) -> None:
    office = Office(tmp_path / "assessment.yaml")
    for number, candidate in enumerate(["C-2", "C-1", "C-3"], start=1):
        office.keep(invitation(candidate=candidate).model_copy(update={"number": number}))

    assert [each.candidate for each in office.invitations()] == ["C-2", "C-1", "C-3"]


def test_a_record_is_never_changed(tmp_path: Path) -> None:
    office = Office(tmp_path / "assessment.yaml")
    office.keep(invitation())

    with pytest.raises(InputError, match="was issued already"):
        office.keep(invitation())


def test_a_spoilt_record_is_named(tmp_path: Path) -> None:
    office = Office(tmp_path / "assessment.yaml")
    office.keep(invitation()).write_text("{}")

    with pytest.raises(InputError, match=r"C-0017-1\.json: it is no invitation"):
        office.invitations()
