"""Bundles: deterministic, signed, without a secret; and what one does where nothing of ours is."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import timedelta
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from offices import ASSESSMENT, CHOICE, KEY, NOW, REFERENCE, World, world
from small_questions import graded as graded_here
from small_questions import write_question

from grader.bank import load_bank
from grader.cli.assessing import assess
from grader.errors import InputError
from grader.proof.deployment import Deployment, VariantRecord
from grader.question import Visibility
from grader.sandbox import launch
from grader.takehome import archive
from grader.takehome.environment import needs, pinned, read_pins, requirements
from grader.takehome.inspection import inspect
from grader.takehome.invitation import Invitation, verify
from grader.takehome.kit import verdict as plain
from grader.takehome.kit.marks import MEASURED
from grader.takehome.kit.packing import zipped
from grader.takehome.locking import Lock, read_lock, write_lock
from grader.takehome.packed import read_packed
from grader.takehome.sshsig import allowed_signers
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from grader.question import Question

BARE = (sys.executable, "-I", "-S")
"""Python without any package, ours among them."""


def files_of(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def plain_world(tmp_path: Path) -> World:
    return world(tmp_path)


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_a_bundle_holds_these_files_and_no_other(plain_world: World) -> None:
    found = files_of(plain_world.bundle(plain_world.invite()))

    assert sorted(found) == [
        "1-sample/solution.py", "1-sample/statement.html", "1-sample/statement.md", "1-sample/test_public.py",
        "2-words/answer.yaml", "2-words/statement.html", "2-words/statement.md",
        "README.html", "README.md", "allowed_signers", "check.pyz", "disclosure.toml", "environment/requirements.txt",
        "invitation.json", "invitation.json.sig",
    ]  # fmt: skip
    assert b"variant" not in found["1-sample/test_public.py"]
    assert b"states" not in found["1-sample/statement.md"]
    assert b"x &lt; y" in found["1-sample/statement.html"]


def test_the_letter_is_signed_and_names_every_file_that_stays(plain_world: World) -> None:
    found = files_of(plain_world.bundle(plain_world.invite()))
    letter = json.loads(found["invitation.json"])

    verify(KEY, letter)
    assert found.keys() - letter["files"].keys() == {
        "1-sample/solution.py", "2-words/answer.yaml", "disclosure.toml", "invitation.json", "invitation.json.sig",
    }  # fmt: skip
    assert all(hashlib.sha256(found[name]).hexdigest() == digest for name, digest in letter["files"].items())


KEYGEN = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH's ssh-keygen is not installed")


def checked_by_openssh(folder: Path, signers: str = "allowed_signers") -> bool:
    """Whether OpenSSH finds the signature good, by the command that the README gives."""
    words = (folder / "README.md").read_text(encoding="utf-8").partition("ssh-keygen")[2].partition(" < ")[0].split()
    words[words.index("allowed_signers")] = signers
    letter = (folder / "invitation.json").read_bytes()
    done = subprocess.run(["ssh-keygen", *words], check=False, cwd=folder, input=letter, capture_output=True)
    return done.returncode == 0


@KEYGEN
def test_openssh_checks_the_signature_without_anything_of_ours(unpacked: Path) -> None:
    """T3: with the key of that assessment alone, and not once a byte has changed."""
    assert checked_by_openssh(unpacked)

    (unpacked / "others").write_text(allowed_signers(b"another key", "sample"), encoding="utf-8")
    assert not checked_by_openssh(unpacked, "others")

    letter = unpacked / "invitation.json"
    letter.write_bytes(letter.read_bytes().replace(b"2026-12-16", b"2026-12-26"))
    assert not checked_by_openssh(unpacked)


def test_every_file_that_was_changed_is_named(unpacked: Path) -> None:
    """T3: one byte, in whatever file; of the invitation, whatever it promises."""
    letter = json.loads((unpacked / "invitation.json").read_bytes())
    changed = [*sorted(letter["files"].keys() - {"check.pyz"}), "invitation.json"]
    for name in changed:
        path = unpacked / name
        data = path.read_bytes()
        path.write_bytes(data.replace(b'"points": ', b'"points": 1') if name == "invitation.json" else data + b" ")
        told = candidate(unpacked, "doctor")
        path.write_bytes(data)

        assert [line for line in told.stdout.splitlines() if "not as it was handed out" in line] == [
            f"{name} is not as it was handed out"
        ]
    assert len(changed) > 8


def test_an_accommodation_shows_in_its_consequences_alone(plain_world: World) -> None:
    """Half as long again, and two days more: nothing says why."""
    found = files_of(plain_world.bundle(plain_world.invite("C-0017")))
    other = files_of(plain_world.bundle(plain_world.invite("C-0018")))

    assert b"4.5 hours" in found["README.md"]
    assert b"Wed 16 December 2026, 17:00 UTC" in found["README.md"]
    assert b"3 hours" in other["README.md"]
    assert not any(word in data for data in found.values() for word in (b"accommodation", b"extension"))


def test_a_bundle_in_chinese_has_its_texts_in_chinese(plain_world: World) -> None:
    found = files_of(plain_world.bundle(plain_world.invite(language="zh")))

    assert "收到文件的时间".encode() in found["README.md"]
    assert found["2-words/statement.md"].startswith("# 选择题".encode())
    assert b'lang="zh-Hans"' in found["README.html"]


@pytest.mark.parametrize(("feedback", "told"), [("category", True), ("score", False), ("none", False)])
def test_groups_are_told_as_far_as_feedback_allows(tmp_path: Path, feedback: str, told: bool) -> None:
    own = world(tmp_path, assessment=ASSESSMENT + f"feedback: {feedback}\n")
    found = files_of(own.bundle(own.invite()))

    assert (b"long lists | 16" in found["README.md"]) is told
    with zipfile.ZipFile(io.BytesIO(found["check.pyz"])) as archive:
        assert (b'"groups"' in archive.read("terms.json")) is told


CARD = """scorecard:
- id: readability
  title: {en: Readability, zh: 可读性}
  anchors: [{en: hard to follow, zh: 难懂}, {en: names | say it, zh: 名称达意}]
"""


def test_the_card_that_people_rate_by_is_told(tmp_path: Path) -> None:
    """With its anchors, in the candidate's language; without a card nothing is said of one."""
    carded, plain = world(tmp_path / "carded", assessment=ASSESSMENT + CARD), world(tmp_path / "plain")
    told = files_of(carded.bundle(carded.invite()))["README.md"].decode()
    chinese = files_of(carded.bundle(carded.invite("C-zh", language="zh")))["README.md"].decode()

    assert "### Readability\n\n| level | what it means |\n|---:|---|\n| 1 | hard to follow |" in told
    assert "| 2 | names &#124; say it |" in told
    assert "### 可读性" in chinese
    assert "| 2 | 名称达意 |" in chinese
    assert "rate them by this card" not in files_of(plain.bundle(plain.invite()))["README.md"].decode()


# --- the same bytes --------------------------------------------------------------------------------------------------


def test_the_same_invitation_makes_the_same_bytes(tmp_path: Path) -> None:
    """T1: in two folders, two time zones, under two umasks."""
    digests: list[str] = []
    for folder, zone, umask in (("a", "Pacific/Kiritimati", "077"), ("b", "America/New_York", "000")):
        own = world_on_disk(tmp_path / folder)
        if digests:  # the same invitation: it holds the moment at which it was made
            shutil.copytree(tmp_path / "a" / "office" / "invitations", own / "invitations")
        grade = [sys.executable, "-m", "grader.cli.main", "assess", "invite", "assessment.yaml", "--candidate", "C-1"]
        subprocess.run(
            ["sh", "-c", f'umask {umask}; exec "$@"', "sh", *grade, "--bank", str(own.parent / "bank")],
            cwd=own, env={**os.environ, "TZ": zone}, check=True, capture_output=True,
        )  # fmt: skip
        digests.append(hashlib.sha256((own / "bundles" / "C-1-1.zip").read_bytes()).hexdigest())

    assert digests[0] == digests[1]


def world_on_disk(root: Path) -> Path:
    """A world that the command finds: with its forms as assembled from the file, and its key."""
    root.mkdir()
    own = world(root)
    office = own.sitting.office
    digest = hashlib.sha256(office.assessment.read_bytes()).hexdigest()
    office.forms.write_text(office.forms.read_text().replace("0" * 64, digest))
    office.key.write_bytes(KEY)
    return office.folder


def test_who_is_invited_again_gets_the_same(plain_world: World) -> None:
    first = plain_world.bundle(plain_world.invite())
    plain_world.invite("C-0018")
    again = plain_world.invite(now=NOW + timedelta(days=3), language="zh")

    assert plain_world.bundle(again) == first


# --- nothing secret --------------------------------------------------------------------------------------------------


def inspected(own: World, invitation: Invitation, bundle: bytes) -> tuple[str, ...]:
    path = own.root / "bundle.zip"
    path.write_bytes(bundle)
    return inspect(path, own.order(invitation), KEY, own.sitting.bank.questions)


def test_a_bundle_of_ours_has_no_fault(plain_world: World) -> None:
    invitation = plain_world.invite()

    assert inspected(plain_world, invitation, plain_world.bundle(invitation)) == ()


SECRET = b"def test_a_long_list_of_secret_numbers(solution):"
REPACKED = "check.pyz/grader/keyed.py"


def _into_archive(files: Mapping[str, bytes]) -> bytes:
    inner = files_of(files["check.pyz"])
    return zipped({**inner, "grader/keyed.py": inner["grader/keyed.py"] + b"#" + SECRET})


SPOILT: dict[str, tuple[Callable[[dict[str, bytes]], dict[str, bytes]], str]] = {
    "a hidden line in a public test": (
        lambda files: {"1-sample/test_public.py": files["1-sample/test_public.py"] + b"# " + SECRET},
        "1-sample/test_public.py: it holds a line of made/sample, test_hidden.py:8",
    ),
    "a line of the reference": (
        lambda _: {"README.md": b"Hint: The one line of the reference that nobody may read.\n" + REFERENCE.encode()},
        "README.md: it holds a line of made/sample, reference.py:6",
    ),
    "a hidden line within check.pyz": (
        lambda files: {"check.pyz": _into_archive(files)},
        "check.pyz/grader/keyed.py: it holds a line of made/sample, test_hidden.py:8",
    ),
    "a misconception": (
        lambda _: {"2-words/statement.md": CHOICE.encode()},
        "2-words/statement.md: it holds a line of made/words, question.yaml",
    ),
    "the key": (lambda _: {"README.md": KEY}, "README.md: it holds the key of the assessment"),
    "a hidden suite": (lambda _: {"1-sample/test_hidden.py": b""}, "1-sample/test_hidden.py: no bundle has a file"),
    "a later end": (
        lambda files: {"invitation.json": files["invitation.json"].replace(b"2026-12-16", b"2026-12-26")},
        "invitation.json: the signature does not match",
    ),
    "another statement": (lambda _: {"1-sample/statement.md": b"x"}, "1-sample/statement.md: it is not the file that"),
    "another starter": (lambda _: {"1-sample/solution.py": b"x"}, "1-sample/solution.py: made again, it is another"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_bundle_is_told_by_file(plain_world: World, case: str) -> None:
    """T2: with the line where it stands."""
    spoil, message = SPOILT[case]
    invitation = plain_world.invite()
    files = files_of(plain_world.bundle(invitation))

    faults = inspected(plain_world, invitation, zipped({**files, **spoil(files)}))

    assert any(fault.startswith(message) for fault in faults), faults


def test_a_zip_packed_otherwise_is_told(plain_world: World) -> None:
    invitation = plain_world.invite()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files_of(plain_world.bundle(invitation)).items():
            packed.writestr(name, data)

    assert inspected(plain_world, invitation, buffer.getvalue()) == (
        "made again, the zip has other bytes, though its files are the same",
    )


# --- variants --------------------------------------------------------------------------------------------------------


def test_variants_are_given_out_evenly_and_stay(tmp_path: Path) -> None:
    own = world(tmp_path, variants=3)
    names = [f"C-{number}" for number in range(11)]
    given = {name: own.invite(name).asked[0].variant for name in names}

    counts = Counter(given.values())
    assert len(counts) == 3
    assert max(counts.values()) - min(counts.values()) <= 1
    assert {name: own.invite(name).asked[0].variant for name in reversed(names)} == given


def test_a_variant_is_asked_and_not_named(tmp_path: Path) -> None:
    own = world(tmp_path, variants=3)
    invitation = own.invite()
    found = files_of(own.bundle(invitation))
    record = next(
        each for each in own.sitting.lock.questions["made/sample"].variants if each.id == invitation.asked[0].variant
    )

    assert f"first {record.values['length']} " in found["1-sample/statement.md"].decode()
    tag = record.id.rpartition("-")[2].encode()
    assert not any(tag in data for data in found.values())


def test_a_second_try_has_another_variant(tmp_path: Path) -> None:
    own = world(tmp_path, variants=3)
    tries = [own.invite("C-1", number, now=NOW + timedelta(days=4 * number)) for number in (1, 2, 3)]

    assert len({each.asked[0].variant for each in tries}) == 3
    assert len({each.id for each in tries}) == 3


def test_a_second_try_is_refused_when_every_variant_was_seen(tmp_path: Path) -> None:
    own = world(tmp_path, variants=1)
    own.invite("C-1")

    with pytest.raises(InputError, match="C-1 has seen every variant of made/sample"):
        own.invite("C-1", 2, now=NOW + timedelta(days=4))


@pytest.mark.parametrize(
    ("attempt", "days", "message"),
    [(2, 2, "may try again from 2026-11-25T09:00"), (3, 20, "the next attempt is 2, not 3")],
)
def test_a_try_comes_in_its_turn(plain_world: World, attempt: int, days: int, message: str) -> None:
    plain_world.invite("C-1")

    with pytest.raises(InputError, match=message):
        plain_world.invite("C-1", attempt, now=NOW + timedelta(days=days))


def test_nobody_is_invited_when_the_window_has_closed(plain_world: World) -> None:
    late = plain_world.sitting.assessment.window.closes + timedelta(days=1)

    with pytest.raises(InputError, match="the window closed at 2026-12-14T18:00"):
        plain_world.invite("C-1", now=late)
    assert plain_world.invite("C-0017", now=late).closes > late


def test_codes_differ_by_more_than_case(plain_world: World) -> None:
    plain_world.invite("C-1")

    with pytest.raises(InputError, match="'c-1' is 'C-1' but for its case"):
        plain_world.invite("c-1")


def test_a_fourth_try_is_not_allowed(plain_world: World) -> None:
    for number in (1, 2, 3):
        plain_world.invite("C-1", number, now=NOW + timedelta(days=4 * number))

    with pytest.raises(InputError, match="has no attempt left: the assessment allows 3"):
        plain_world.invite("C-1", 4, now=NOW + timedelta(days=20))


def test_a_variant_that_has_changed_is_not_asked(tmp_path: Path) -> None:
    """T7: what is asked is what was proven."""
    own = world(tmp_path, variants=1)
    suite = next((own.sitting.office.variants / "bank").rglob("test_hidden.py"))
    suite.write_text(suite.read_text() + "\n\n# changed\n")

    with pytest.raises(InputError, match="has changed since it was proven"):
        own.invite()
    assert own.sitting.office.invitations() == ()


def test_a_question_that_has_changed_is_not_asked(plain_world: World) -> None:
    suite = plain_world.root / "bank" / "made" / "sample" / "test_hidden.py"
    suite.write_text(suite.read_text() + "\n\n# changed\n")

    with pytest.raises(InputError, match="made/sample is stale"):
        plain_world.invite()


def test_the_lock_comes_back_as_it_was_written(tmp_path: Path) -> None:
    lock = world(tmp_path, variants=2).sitting.lock
    path = tmp_path / "variants.lock.yaml"
    write_lock(path, lock)

    assert read_lock(path, "engineer") == lock
    assert read_lock(tmp_path / "none.yaml", "engineer") == Lock(assessment="engineer")
    with pytest.raises(InputError, match="belongs to the assessment 'engineer', not 'other'"):
        read_lock(path, "other")


@pytest.mark.parametrize("sound", [True, False])
def test_what_is_sound_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: bool) -> None:
    """Proving is `grade variants`' own matter; here it is said what came of it."""
    office, asked = world_on_disk(tmp_path / "a"), []

    def prove(question: Question, drawings: list[dict[str, int]], *_: object, **__: object) -> Deployment:
        asked.append(question.qualified_id)
        records = [VariantRecord(id=f"made/sample-{n}", values=dict(each), digest="0", proven=sound)
                   for n, each in enumerate(drawings)]  # fmt: skip
        return Deployment(question=question.qualified_id, digest="0", key="0", variants=tuple(records))

    monkeypatch.setattr("grader.proof.deployment.deploy", prove)
    first = graded(office, "deploy", "--count", "2")
    again = graded(office, "deploy", "--count", "2")

    assert (first[0], again[0]) == ((0, 0) if sound else (1, 1))
    assert (office / "variants.lock.yaml").exists() is sound
    assert asked == (["made/sample"] if sound else ["made/sample"] * 2)
    assert ("made/sample: 2 variants are locked" in again[1]) is sound


def test_nothing_is_deployed_after_somebody_was_asked(tmp_path: Path) -> None:
    office = world_on_disk(tmp_path / "a")
    graded(office, "invite", "--candidate", "C-1")

    assert "C-1 was asked made/sample as it stands in the bank" in graded(office, "deploy")[1]


# --- at the candidate's ----------------------------------------------------------------------------------------------


def without_network() -> tuple[str, ...]:
    """A prefix for a command that shall reach no network; only root may do so."""
    tool = shutil.which("unshare")
    if tool is None or subprocess.run([tool, "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("the network can be taken away by root alone, with unshare")
    return (tool, "-n")


@pytest.fixture
def unpacked(plain_world: World) -> Path:
    folder = plain_world.root / "at home"
    with zipfile.ZipFile(io.BytesIO(plain_world.bundle(plain_world.invite()))) as bundle:
        bundle.extractall(folder)
    return folder


def candidate(folder: Path, *words: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*prefix, *BARE, "check.pyz", *words], cwd=folder, capture_output=True, text=True, check=False
    )  # fmt: skip


def answer(folder: Path, solution: str = REFERENCE) -> None:
    """Fill everything in."""
    (folder / "1-sample" / "solution.py").write_text(solution, encoding="utf-8")
    sheet, form = folder / "2-words" / "answer.yaml", folder / "disclosure.toml"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("\nanswer:", "\nanswer: a"), encoding="utf-8")
    form.write_text(form.read_text(encoding="utf-8").replace("assistants = '''", "assistants = '''none"))


def test_from_the_bundle_to_what_is_received(plain_world: World, unpacked: Path) -> None:
    """T4: Python alone, nothing of ours, no network: doctor, check, pack; and what was packed is read."""
    prefix = without_network()
    answer(unpacked)
    doctor = candidate(unpacked, "doctor", prefix=prefix)
    check = candidate(unpacked, "check", prefix=prefix)
    pack = candidate(unpacked, "pack", prefix=prefix)

    assert (doctor.returncode, doctor.stdout.splitlines()[-1]) == (0, "Nothing is missing."), doctor
    assert check.returncode == 0, check
    assert "Public tests passed: 2 of 2." in check.stdout
    assert "2 hidden tests in 2 groups decide on 100% of the points." in check.stdout
    assert "all tests passed" not in check.stdout.lower()
    assert pack.returncode == 0, pack
    own = plain_world.invite()
    packed = read_packed(unpacked / f"answer-{own.id}.zip", KEY, "engineer")
    assert packed.invitation_id == own.id
    assert packed.files["1-sample"] == {"solution.py": REFERENCE.encode()}
    assert packed.disclosure["assistants"] == "none"


def test_the_same_answer_packs_to_the_same_bytes(plain_world: World, unpacked: Path) -> None:
    """T1: in another folder, time zone and umask."""
    other = plain_world.root / "elsewhere"
    shutil.copytree(unpacked, other)
    digests = set()
    for folder, zone, umask in ((unpacked, "Asia/Shanghai", "077"), (other, "America/New_York", "000")):
        answer(folder)
        command = ["sh", "-c", f'umask {umask}; exec "$@"', "sh", *BARE, "check.pyz", "pack"]
        subprocess.run(command, cwd=folder, env={**os.environ, "TZ": zone}, check=True, capture_output=True)
        digests.add(hashlib.sha256(next(folder.glob("answer-*.zip")).read_bytes()).hexdigest())

    assert len(digests) == 1


def test_a_failing_test_says_what_and_how(unpacked: Path) -> None:
    answer(unpacked, "def f(x):\n    x.sort()\n    return x[:15]\n")
    told = candidate(unpacked, "check", "1-sample").stdout

    assert "failed  the example" in told
    assert "length 15, expected 16" in told
    assert "hint: What is a slice?" in told
    assert ": assert solution.run(called, given) == [3, 1, 2]" in told
    assert "Public tests passed: 0 of 2." in told


ENDS = {
    "raises": ("def f(x):\n    return 1 / 0\n", "solution.py:2: ZeroDivisionError"),
    "leaves": ("import os\ndef f(x):\n    os._exit(7)\n", "Its process ended with status 7"),
    "no Python": ("def f(x:\n", "solution.py"),
    "no export": ("def g(x): ...\n", "has no attribute 'f'"),
    "raises at once": ("raise ValueError('early')\n", "solution.py:1: ValueError: early"),
    "needs what is not there": ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'"),
}


@pytest.mark.parametrize("case", ENDS)
def test_however_an_answer_ends_it_is_told(unpacked: Path, case: str) -> None:
    source, message = ENDS[case]
    answer(unpacked, source)
    told = candidate(unpacked, "check", "1-sample")

    assert message in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    assert told.returncode == 1


def test_an_endless_answer_is_ended(plain_world: World, unpacked: Path) -> None:
    """Its patience is that of the archive: five times the limit of a check where it is graded."""
    inner = files_of((unpacked / "check.pyz").read_bytes())
    terms = json.loads(inner["terms.json"])
    assert terms["questions"]["1-sample"]["patience"] == 25
    terms["questions"]["1-sample"]["patience"] = 0.5
    (unpacked / "check.pyz").write_bytes(zipped({**inner, "terms.json": json.dumps(terms).encode()}))
    answer(unpacked, "def f(x):\n    while True:\n        pass\n")

    assert "It did not end within 0.5 s." in candidate(unpacked, "check", "1-sample").stdout


@pytest.mark.parametrize("flags", [(), ("-I",), ("-I", "-S")])
def test_sets_are_in_the_order_of_where_it_is_graded(unpacked: Path, flags: tuple[str, ...]) -> None:
    """The order of a set of texts differs between processes; a test must not pass at home by that alone."""
    answer(unpacked, "def f(x):\n    raise ValueError(hash('order'))\n")
    command = [sys.executable, *flags, "check.pyz", "check", "1-sample"]
    told = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, check=False).stdout
    there = subprocess.run(
        [sys.executable, "-c", "print(hash('order'))"],
        env=launch.environment(1), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    assert f"ValueError: {there.strip()}\n" in told


DRAWS = """
import random
import numpy as np


def f(last):
    drawn = random.random(), np.random.random()
    if last:
        raise ValueError(str(drawn))
"""
DRAWN = """
import random
import numpy as np


def test_its_own_numbers(solution):
    solution.f(False)
    random.random(), np.random.random()
    solution.f(True)
"""


def test_a_submission_draws_as_where_it_is_graded(unpacked: Path, tmp_path: Path) -> None:
    """The global generators are its own there: seeded by the check, and not moved by the test."""
    answer(unpacked, DRAWS)
    question = write_question(tmp_path / "there", "def test_hidden(solution):\n    pass\n", DRAWN)
    verdict = graded_here(question, DRAWS)
    (message,) = [check.message for check in verdict.checks if check.visibility is Visibility.PUBLIC]

    assert message.startswith("ValueError: (0.")
    assert message in by_pytest(unpacked, DRAWN)


LEAVES = "import os\n\n\ndef f(x):\n    return os._exit(7) if len(x) == {length} else x[:16]\n"


def test_after_a_test_that_ends_the_process_the_others_are_run(unpacked: Path) -> None:
    answer(unpacked, LEAVES.format(length=100))
    told = candidate(unpacked, "check", "1-sample").stdout

    assert "crashed  the example\n            Its process ended with status 7." in told
    assert "passed  a list stays as it is" in told
    assert "Public tests passed: 1 of 2." in told


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no disclosure": (
        lambda folder: (folder / "disclosure.toml").write_text('assistants = ""\n'), "`assistants` is empty",
    ),
    "a disclosure that is no TOML": (
        lambda folder: (folder / "disclosure.toml").write_text("assistants = none\n"), "cannot be read",
    ),
    "an unknown entry": (
        lambda folder: (folder / "disclosure.toml").write_text('assistants = "x"\npoints = 3\n'),
        "`points` is no entry",
    ),
    "time without end": (
        lambda folder: (folder / "disclosure.toml").write_text('assistants = "x"\nminutes = inf\n'),
        "must be a number; write minutes = 90",
    ),
    "a number for text": (
        lambda folder: (folder / "disclosure.toml").write_text("assistants = 3\n"),
        'must be text; write assistants = "..."',
    ),
    "too much": (lambda folder: (folder / "1-sample/solution.py").write_text("#" * 2**21), "is larger than 1024 KiB"),
    "a link": (lambda folder: _linked(folder / "1-sample" / "solution.py"), "is a link"),
    "no letter": (lambda folder: (folder / "invitation.json").unlink(), "invitation.json cannot be read"),
    "another letter": (lambda folder: (folder / "invitation.json").write_text("[]"), "invitation.json cannot be read"),
}  # fmt: skip


def _linked(path: Path) -> None:
    path.rename(path.with_suffix(".txt"))
    path.symlink_to(path.with_suffix(".txt"))


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_refused_is_not_packed(unpacked: Path, case: str) -> None:
    spoil, message = REFUSED[case]
    answer(unpacked)
    spoil(unpacked)
    told = candidate(unpacked, "pack")

    assert message in told.stdout
    assert told.returncode != 0
    assert told.stderr == ""
    assert not list(unpacked.glob("*answer-*"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"def f(x:\n", "is no Python: line 1"),
        (b"def f(x): ...\0", "null bytes"),
        (b"x = " + b"-" * 100_000 + b"1\n", "cannot be read by Python"),
        (b"\xff\xfe", "is no text in UTF-8"),
        (b'f = "\\d"\n', ""),
    ],
)
def test_what_python_cannot_read_is_named(unpacked: Path, source: bytes, message: str) -> None:
    """And packed all the same."""
    answer(unpacked)
    (unpacked / "1-sample" / "solution.py").write_bytes(source)
    told = candidate(unpacked, "pack")

    assert message in told.stdout
    assert (told.returncode, told.stderr) == (0, "")


def test_a_byte_order_mark_is_no_mistake(unpacked: Path) -> None:
    answer(unpacked, "\ufeff" + REFERENCE)

    assert candidate(unpacked, "check", "1-sample").returncode == 0


def test_nothing_is_packed_of_what_was_handed_out(unpacked: Path) -> None:
    form = unpacked / "disclosure.toml"
    form.write_text(form.read_text().replace("assistants = '''", "assistants = '''none"))
    told = candidate(unpacked, "pack")

    assert "1-sample/solution.py  as it was handed out: not answered" in told.stdout
    assert "there is nothing to pack" in told.stdout
    assert told.returncode == 1


@pytest.mark.parametrize(
    ("answered", "message"),
    [("answer: z", "'z' is the letter of no option"), ("answer: a, b", "2 options are chosen"),
     ("answer: a\nanswer: b", "only the line `answer:` may be filled in"), ("answer: [b]", ""), ("answer: B.", "")],
)  # fmt: skip
def test_a_form_is_looked_at_before_it_is_packed(unpacked: Path, answered: str, message: str) -> None:
    """It is packed all the same: time may be short, and a line is soon mended."""
    answer(unpacked)
    sheet = unpacked / "2-words" / "answer.yaml"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace("\nanswer: a", f"\n{answered}"), encoding="utf-8")
    told = candidate(unpacked, "pack")

    assert told.returncode == 0, told
    faults = [line for line in told.stdout.splitlines() if line.startswith("    ")]
    assert [message in fault for fault in faults] == ([True] if message else [])


def test_doctor_names_a_file_that_was_changed(unpacked: Path) -> None:
    (unpacked / "1-sample" / "test_public.py").write_text("# mine\n")
    (unpacked / "README.md").unlink()
    told = candidate(unpacked, "doctor")

    assert "1-sample/test_public.py is not as it was handed out" in told.stdout
    assert "README.md is missing" in told.stdout
    assert told.returncode == 1


def test_an_unknown_folder_is_answered(unpacked: Path) -> None:
    told = candidate(unpacked, "check", "3-more")

    assert told.stdout == "no question has the folder 3-more; there are 1-sample, 2-words\n"
    assert told.returncode == 2


WITH_PYTEST = """
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, performance


@performance(points=1, of="f", at_most=2, times_slower_than="reference")
def fast(rng):
    return ([1],), {}


@pytest.mark.parametrize("count", [1, 2])
def test_short_lists(solution, count):
    assert_equal(solution.f([5] * count), [5] * count)


@given(st.lists(st.integers(), min_size=12, max_size=40))
def test_any_list(solution, given):
    assert solution.f(given) == given[:16]


def test_no_list(solution):
    with pytest.raises(TypeError):
        solution.f(3)


def test_drawn(solution, rng):
    numbers = rng.random(4)
    assert_close(solution.f(numbers), numbers)
"""


def by_pytest(folder: Path, suite: str = WITH_PYTEST) -> str:
    """Return what is told of these tests."""
    (folder / "1-sample" / "test_public.py").write_text(suite, encoding="utf-8")
    command = [sys.executable, "-I", "check.pyz", "check", "1-sample"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(("cut", "expected"), [(16, "passed  any list"), (15, "failed  any list")])
def test_pytest_runs_them_where_it_is_installed(unpacked: Path, cut: int, expected: str) -> None:
    """Parameters, properties and the generator work as where they are graded; a failing property is made small."""
    answer(unpacked, f"def f(x):\n    return x[:{cut}]\n")
    told = by_pytest(unpacked)

    assert expected in told
    assert "measured  fast" in told
    assert all(f"passed  {name}" in told for name in ("short lists[1]", "short lists[2]", "no list", "drawn"))
    assert ("f([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])" in told) is (cut == 15)
    assert sorted(path.name for path in (unpacked / "1-sample").iterdir()) == [
        "solution.py", "statement.html", "statement.md", "test_public.py",
    ]  # fmt: skip


def test_pytest_goes_on_after_a_test_that_ends_the_process(unpacked: Path) -> None:
    answer(unpacked, LEAVES.format(length=2))
    told = by_pytest(unpacked)

    assert "crashed  short lists[2]\n            Its process ended with status 7." in told
    assert all(f"passed  {name}" in told for name in ("short lists[1]", "any list", "no list", "drawn"))
    assert told.count("measured  fast") == 1


ENDS_WHEN_ASKED = f"""
class Asked:
    def __getattr__(self, name):
        if name == {MEASURED!r}:
            __import__("os")._exit(5)
        raise AttributeError(name)


asked = Asked()
"""


def test_a_process_that_ends_before_the_first_test_is_told(unpacked: Path) -> None:
    """Also where something was said before: of what is measured, which pytest meets while it collects."""
    answer(unpacked)
    told = by_pytest(unpacked, WITH_PYTEST + ENDS_WHEN_ASKED)

    assert "measured  fast" in told
    assert "crashed  everything\n            Its process ended with status 5." in told


def test_a_runner_that_breaks_is_told(unpacked: Path) -> None:
    """What no test of ours foresaw ends with its status, and not as an answer that took too long."""
    inner = files_of((unpacked / "check.pyz").read_bytes())
    broken = {**inner, "grader/takehome/kit/running.py": b"raise SystemError\n"}
    (unpacked / "check.pyz").write_bytes(zipped(broken))
    answer(unpacked)
    told = candidate(unpacked, "check", "1-sample")

    assert "crashed  everything" in told.stdout
    assert "Its process ended with status 1." in told.stdout
    assert told.returncode == 1


# --- the environment -------------------------------------------------------------------------------------------------


def test_a_question_needs_what_its_public_tests_import() -> None:
    assert needs(load_bank().find_code("auth-gate")) == ("hypothesis", "pytest")


def test_tensors_need_numpy() -> None:
    """Its public tests import torch alone; what compares tensors is numpy."""
    pytest.importorskip("torch")

    assert needs(load_bank().find_code("masked-pooling")) == ("hypothesis", "numpy", "torch")


def test_versions_are_those_of_the_lock_and_else_the_installed(tmp_path: Path) -> None:
    path = tmp_path / "constraints.txt"
    path.write_text("# known good\nPyTest==0.1.2 ; python_version > '3'\npluggy==3.4\n")
    pins = pinned(["pytest", "no-such-package"], read_pins([tmp_path / "none", path]))

    assert pins["pytest"] == "0.1.2"
    assert pins["pluggy"] == "3.4"
    assert pins["iniconfig"] == metadata.version("iniconfig")
    assert "no-such-package" not in pins
    assert "pytest==0.1.2\n" in requirements(pins, "3.11")


# --- the archive -----------------------------------------------------------------------------------------------------


def test_stand_in_outcomes_are_the_graders() -> None:
    assert {each.name: each.value for each in plain.Outcome}.items() <= {
        each.name: each.value for each in Outcome
    }.items()


def test_the_archive_is_the_same_whatever_lies_around() -> None:
    assert archive.make_archive({"a": 1}) == archive.make_archive({"a": 1})


# --- the command -----------------------------------------------------------------------------------------------------


def graded(office: Path, *words: str) -> tuple[int, str]:
    command = [words[0], str(office / "assessment.yaml"), *words[1:], "--bank", str(office.parent / "bank")]
    result = CliRunner().invoke(assess, command, standalone_mode=False)
    return (2, str(result.exception)) if result.exception else (result.return_value or 0, result.output)


def test_the_command_invites_and_verifies(tmp_path: Path) -> None:
    office = world_on_disk(tmp_path / "a")
    invited = graded(office, "invite", "--candidate", "C-1", "--candidate", "C-2")
    bundle = office / "bundles" / "C-2-1.zip"

    assert invited[0] == 0
    assert "Warning: made/sample has parameters" in invited[1]
    assert graded(office, "invite", "--verify", str(bundle)) == (
        0, f"{bundle}: signed, the same when made again, and nothing secret in it.\n",
    )  # fmt: skip
    assert (office / "invitations").stat().st_mode & 0o077 == 0
    assert (office / "assessment.signers").read_bytes() == files_of(bundle.read_bytes())["allowed_signers"]


def test_a_spoilt_bundle_ends_with_one(tmp_path: Path) -> None:
    office = world_on_disk(tmp_path / "a")
    graded(office, "invite", "--candidate", "C-1")
    bundle = office / "bundles" / "C-1-1.zip"
    bundle.write_bytes(zipped({**files_of(bundle.read_bytes()), "README.md": SECRET}))

    code, told = graded(office, "invite", "--verify", str(bundle))

    assert code == 1
    assert "README.md: it holds a line of made/sample, test_hidden.py:8" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "there is nobody to invite"),
        (("--candidate", "../x"), "is no code for a candidate"),
        (("--candidate", "C-1", "--attempt", "2"), "the next attempt is 1, not 2"),
    ],
)
def test_odd_invitations_are_refused(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    office = world_on_disk(tmp_path / "a")

    assert message in graded(office, "invite", *words)[1]
    assert not list(office.glob("bundles/*"))


def test_forms_of_another_assessment_are_refused(tmp_path: Path) -> None:
    office = world_on_disk(tmp_path / "a")
    file = office / "assessment.yaml"
    file.write_text(file.read_text() + "# changed\n")

    assert "has changed since its forms were made" in graded(office, "invite", "--candidate", "C-1")[1]
