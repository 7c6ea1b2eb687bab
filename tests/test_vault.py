"""Sealed banks: what stays in clear, what opens, what does not, and that nothing is left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.bank import load_bank
from grader.errors import BankError, InputError
from grader.files import MEMORY
from grader.proof.ledger import State, state_of
from grader.question import Question
from grader.vault import SEALED, VARIABLE, is_opened, read_key, seal_question, write_key

pytest.importorskip("cryptography", reason="sealing needs the extra `seal`")

ROOT = Path(__file__).resolve().parent.parent
CODE, SHORT = "distributed-federated/fedavg", "nlp/attention-scaling"
SECRETS = (
    (ROOT / "bank" / CODE / "test_hidden.py", "test_a_client_without_samples_never_matters"),
    (ROOT / "solutions" / CODE / "reference.py", "raise ValueError("),
    (ROOT / "bank" / SHORT / "question.yaml", "key_points"),
)


def grade(*words: str | Path, key: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"GRADE_BANK", VARIABLE}}
    if key is not None:
        environment[VARIABLE] = str(key)
    command = [sys.executable, "-m", "grader.cli.main", *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=300
    )  # fmt: skip


@pytest.fixture(name="plain", scope="module")
def _plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank of two questions: one asks for code, one for words."""
    folder = tmp_path_factory.mktemp("plain")
    for name in (CODE, SHORT):
        shutil.copytree(ROOT / "bank" / name, folder / "bank" / name)
        if (ROOT / "solutions" / name).is_dir():
            shutil.copytree(ROOT / "solutions" / name, folder / "solutions" / name)
    shutil.copy(ROOT / "bank" / "topics.yaml", folder / "bank")
    return folder / "bank"


@pytest.fixture(name="sealed", scope="module")
def _sealed(plain: Path) -> tuple[Path, Path]:
    """The same, sealed by command: the bank, and its key."""
    folder = plain.parent
    assert grade("bank", "key", folder / "team.key").returncode == 0
    done = grade("bank", "seal", plain, "--key", folder / "team.key", "--out", folder / "shared/bank")
    assert done.returncode == 0, done.stderr
    return folder / "shared/bank", folder / "team.key"


def test_what_a_candidate_may_see_stays_in_clear_and_nothing_else(sealed: tuple[Path, Path]) -> None:
    bank, key = sealed
    code = {path.name for path in (bank / CODE).rglob("*") if path.is_file()}
    words = {path.name for path in (bank / SHORT).rglob("*") if path.is_file()}
    assert code == {
        "question.yaml", "starter.py", "statement.en.md", "statement.zh.md", "test_public.py", SEALED
    }  # fmt: skip
    assert words == {"statement.en.md", "statement.zh.md", SEALED}
    assert not (bank.parent / "solutions").exists()
    everything = b"".join(path.read_bytes() for path in bank.rglob("*") if path.is_file())
    for file, secret in SECRETS:
        assert secret in file.read_text(encoding="utf-8")
        assert secret.encode() not in everything
    assert key.stat().st_mode & 0o777 == 0o600


def test_with_the_key_it_is_graded_as_in_clear_and_nothing_stays(sealed: tuple[Path, Path]) -> None:
    bank, key = sealed
    answer = ROOT / "solutions" / CODE / "reference.py"
    before = set(MEMORY.iterdir())
    done = grade("submit", "fedavg", answer, "--bank", bank, key=key)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = grade("list", "--bank", bank, key=key)
    assert listed.stdout.count("proven") == 2, listed.stdout
    assert set(MEMORY.iterdir()) <= before


def test_without_the_key_it_says_what_is_missing(sealed: tuple[Path, Path]) -> None:
    bank, _ = sealed
    done = grade("submit", "fedavg", ROOT / "solutions" / CODE / "reference.py", "--bank", bank)
    assert done.returncode == 2
    assert "is sealed" in done.stderr
    assert VARIABLE in done.stderr
    assert "Traceback" not in done.stderr


def test_another_key_opens_nothing(sealed: tuple[Path, Path], tmp_path: Path) -> None:
    bank, _ = sealed
    write_key(tmp_path / "other.key")
    done = grade("show", "fedavg", "--bank", bank, key=tmp_path / "other.key")
    assert done.returncode == 2
    assert "does not open" in done.stderr
    (tmp_path / "none.key").write_text("exam-grader bank key 1 AAAA\n")
    assert "no key of a bank" in grade("show", "fedavg", "--bank", bank, key=tmp_path / "none.key").stderr


@pytest.mark.parametrize("how", ["a bit", "another question's", "cut short"])
def test_what_was_changed_does_not_open(sealed: tuple[Path, Path], tmp_path: Path, how: str) -> None:
    bank, key = sealed
    copy = tmp_path / "bank"
    shutil.copytree(bank, copy)
    file = copy / CODE / SEALED
    data = bytearray(file.read_bytes())
    if how == "a bit":
        data[len(data) // 2] ^= 1
    file.write_bytes(
        (copy / SHORT / SEALED).read_bytes()
        if how == "another question's"
        else data[: -1 if how == "cut short" else None]
    )
    done = grade("show", "fedavg", "--bank", copy, key=key)
    assert done.returncode == 2
    assert "does not open" in done.stderr


def test_sealing_again_changes_no_byte_of_what_has_not_changed(sealed: tuple[Path, Path], plain: Path) -> None:
    bank, key = sealed
    before = (bank / CODE / SEALED).read_bytes()
    seal_question(plain / CODE, plain.parent / "solutions" / CODE, bank / CODE, read_key(key))
    assert (bank / CODE / SEALED).read_bytes() == before


def test_unsealing_gives_back_every_file(sealed: tuple[Path, Path], plain: Path, tmp_path: Path) -> None:
    bank, key = sealed
    again = tmp_path / "bank"
    assert grade("bank", "unseal", bank, "--key", key, "--out", again).returncode == 0

    def files(root: Path) -> dict[str, bytes]:
        found = [path for part in ("bank", "solutions") for path in (root / part).rglob("*")]
        kept = [path for path in found if path.is_file() and "__pycache__" not in path.parts]
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in kept}

    assert files(tmp_path) == files(plain.parent)
    done = grade("bank", "unseal", bank, "--key", key, "--out", again)
    assert done.returncode == 2
    assert "there already" in done.stderr


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    write_key(tmp_path / "team.key")
    with pytest.raises(InputError, match="a file already"):
        write_key(tmp_path / "team.key")


def test_a_private_bank_lies_beside_the_public_one(
    sealed: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several banks are one; what is in two of them is refused."""
    bank, key = shutil.copytree(sealed[0], tmp_path / "sealed"), sealed[1]
    monkeypatch.setenv(VARIABLE, str(key))
    public = tmp_path / "bank"
    shutil.copytree(ROOT / "bank/generative/gan-step", public / "generative/gan-step")
    shutil.copytree(ROOT / "solutions/generative/gan-step", tmp_path / "solutions/generative/gan-step")
    both = load_bank(f"{public}{os.pathsep}{bank}")
    assert both.ids == (CODE, "generative/gan-step", SHORT)
    assert {question.qualified_id for question in both.questions} == set(both.ids)
    assert all(state_of(question) is State.PROVEN for question in both.questions)
    found = both.find("fedavg")
    assert isinstance(found, Question)
    assert is_opened(found.folder)
    assert not is_opened(both.find("gan-step").folder)
    assert not any(map(both.is_public, both.questions))
    (public / "bank.yaml").write_text("format: 1\npublic: true\n", encoding="utf-8")
    (bank / "bank.yaml").write_text("format: 1\npublic: true\n", encoding="utf-8")
    marked = load_bank(f"{public}{os.pathsep}{bank}")
    assert [each.id for each in marked.questions if marked.is_public(each)] == ["gan-step"]
    (bank / "bank.yaml").write_text("public: perhaps\n", encoding="utf-8")
    with pytest.raises(BankError, match=r"bank\.yaml:1"):
        load_bank(bank).is_public(found)
    with pytest.raises(InputError, match=r"is in .* too"):
        load_bank(f"{ROOT / 'bank'}{os.pathsep}{bank}")


ASSESSMENT = """\
format: 1
id: small
title: {en: Small, zh: 小}
questions: [fedavg]
window: {opens: 2026-12-01T09:00:00+01:00, closes: 2026-12-14T18:00:00+01:00}
duration: 1h
ai: {use: free}
"""


def test_an_assessment_warns_where_suites_are_public(sealed: tuple[Path, Path], tmp_path: Path) -> None:
    """Of the bank that comes with the grader anyone can read the suites; of one's own, sealed, nobody."""
    bank, key = sealed
    sheet = tmp_path / "assessment.yaml"
    sheet.write_text(ASSESSMENT, encoding="utf-8")
    public = grade("assess", "check", sheet, "--bank", ROOT / "bank")
    assert public.returncode == 0, public.stdout + public.stderr
    assert "1 of 1 questions are of a public bank" in public.stderr
    private = grade("assess", "check", sheet, "--bank", bank, key=key)
    assert private.returncode == 0, private.stdout + private.stderr
    assert private.stderr == ""
