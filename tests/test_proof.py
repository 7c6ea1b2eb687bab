"""The prover on trial: questions that are bad on purpose, each in one way, and the one fault it names in each.

`tests/unsound` holds `sound`, and copies of it with one defect each; `diff -r` shows which. `near-limit` is another
question, for it has to be slow.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from small_questions import write_question

from grader.bank import load_bank
from grader.grading import grade
from grader.proof import limits, right
from grader.proof.expectation import Exhibit, Role
from grader.proof.trial import try_question
from grader.proof.workbench import Trial, Workbench, made
from grader.proof.wrong import fault_of, is_same
from grader.question import Performance, Visibility
from grader.verdict import Outcome, PerformanceResult, RawResult, Run, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.proof.document import Proof
    from grader.question import Question

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

UNSOUND = Path(__file__).resolve().parent / "unsound"
BANK = load_bank(UNSOUND / "bank")
FAULTS = {
    "flaky-check": r"right: reference\.py must pass, but test_mean gave a wrong result: .+, expected .+: off by .+ "
    r"\(--seed \d+ shows it again on reference\.py\)",
    "accepts-zeros": r"wrong: the suite accepts the trivial answer 'trivial/zeros'; .*",
    "right-after-all": r"wrong: wrong/by_pairs\.py is accepted: no hidden check fails; .*",
    "found-by-luck": r"wrong: wrong/six_hundreds\.py is found out only by luck: \d+ of 20 seeds let it pass, "
    r"as --seed \d+ shows; sharpen a check",
    "survivors": r"mutants: \d+ of \d+ are killed, fewer than 90%; .*: empty-loop@\d+, .*, arithmetic@\d+",
    "idle-check": r"checks: test_mean_lies_between \(line \d+\) kills nothing that no.* test_(mean|spread): .*",
    "untested-branch": r"checks: the hidden suite runs 7 of 8 branches of the reference; never from line 10 to 11; .*",
    "leaking-public-test": r"leak: test_hidden\.py line \d+ expects 4\.375, which test_public\.py line 7 shows; .*",
    "tight-limit": r"limits: memory is 64 MiB, and with_a_table\.py used [\d.]+ MiB of it; at least \d+ MiB would fit",
    "near-limit": r"limits: many_bytes: the limit 1\.7 stands too near: two_passes\.py measured .+, "
    r"six_passes\.py .+; .+ would fit",
    "unstated": r"statement: test_hidden\.py line \d+: test_single does not say where it is stated; .*",
    "unstated-in-chinese": r"statement: statement\.zh\.md has no anchor 'single', which test_single names .*",
    "unnamed-exception": r"statement: test_hidden\.py line \d+: test_empty expects ValueError, "
    r"which statement\.zh\.md does not name under 'errors'; .*",
}
MANY_RUNS = {"flaky-check": 20, "found-by-luck": 20}
"""Where one run may miss the fault."""


@cache
def prove(name: str) -> Proof:
    """Prove one of the questions; the seed is as good as any."""
    return try_question(BANK.find_code(name), seed=1, runs=MANY_RUNS.get(name, 1))


def test_each_unsound_question_is_tried() -> None:
    """All can be loaded, and none is left out here."""
    assert BANK.faults() == ()
    assert {name.partition("/")[2] for name in BANK.ids} == {*FAULTS, "sound"}


def test_a_sound_question_passes_every_gate() -> None:
    """It is proven, and the proof says by what, in a document that can be kept."""
    proof = prove("sound")
    document = proof.model_dump(mode="json")

    assert proof.faults == ()
    assert (document["id"], document["proven"], document["quick"]) == ("numbers/sound", True, False)
    assert (document["coverage"], document["faults"], document["runs"]) == (1.0, [], 1)
    assert document["mutants"]["killed"] == len(document["killed"]) > 10
    assert (document["mutants"]["alive"], document["mutants"]["equivalent"], proof.score) == (0, 0, 1.0)
    assert 0 < document["suite_seconds"] < document["seconds"]
    assert {check.name: check.alone for check in proof.checks} == {
        "test_mean": "middle_of_the_ends.py",
        "test_spread": "of_a_sample.py",
        "test_single": "two_at_least.py",
        "test_empty": "empty_is_zero.py",
    }


@pytest.mark.parametrize("name", FAULTS)
def test_an_unsound_question_has_its_one_fault(name: str) -> None:
    """That fault is named, with the culprit, and no other."""
    proof = prove(name)

    assert not proof.proven
    assert len(proof.faults) == 1, proof.faults
    assert re.fullmatch(FAULTS[name], proof.faults[0]), proof.faults[0]


def test_the_seed_in_a_fault_shows_it_again() -> None:
    """With it the flaky check fails once more on the reference, and no other check does."""
    question = BANK.find_code("flaky-check")
    (fault,) = prove("flaky-check").faults
    (seed,) = re.findall(r"--seed (\d+)", fault)
    verdict = grade(question, question.reference, seed=int(seed))

    assert [check.name for check in verdict.checks if check.outcome is not Outcome.PASSED] == ["test_mean"]


def test_a_flaky_check_tells_no_answers_apart() -> None:
    """Two programs are the same as long as they answer alike, whatever a check that is unsure of itself says."""
    question = BANK.find_code("flaky-check")
    text = question.reference.read_text(encoding="utf-8")
    other = (question.solutions / "wrong" / "middle_of_the_ends.py").read_text(encoding="utf-8")
    with Workbench(question, seed=1) as bench:
        assert all(is_same(bench, made(f"copy-{number}", text)) for number in range(4))
        assert not is_same(bench, made("other", other))


def test_a_quick_look_proves_nothing() -> None:
    """It finds no fault in a sound question, and does not call it proven."""
    proof = try_question(BANK.find_code("sound"), seed=1, runs=1, quick=True)

    assert (proof.faults, proof.proven, proof.quick) == ((), False, True)


def test_a_slow_solution_has_the_time_of_its_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops programs that may never end, after some time that right ones take, does not stop one that is slow."""
    monkeypatch.setattr("grader.proof.workbench.LEAST_WALL", 0.0)
    monkeypatch.setattr("grader.proof.workbench.PATIENCE", 0.5)

    proof = try_question(BANK.find_code("near-limit"), seed=1, runs=1, quick=True)

    assert [sight.failing for sight in proof.exhibits if sight.role == Role.SLOW] == [("many_bytes: slow",)]


def test_a_quick_look_tries_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of wrong answers and mutants it takes so many, others with another seed; all that is right is tried."""
    monkeypatch.setattr("grader.proof.trial.QUICK_WRONG", 1)
    monkeypatch.setattr("grader.proof.trial.QUICK_MUTANTS", 2)
    question = BANK.find_code("sound")
    proofs = [try_question(question, seed=seed, runs=1, quick=True) for seed in range(6)]

    for proof in proofs:
        assert [sight.role for sight in proof.exhibits].count("wrong") == 1
        assert sum(proof.mutants.values()) == 2
        assert {"reference", "correct", "starter"} <= {sight.role for sight in proof.exhibits}
    assert len({sight.name for proof in proofs for sight in proof.exhibits if sight.role == "wrong"}) > 1
    assert len({proof.killed for proof in proofs}) > 1


# --- What the spec accepts ---


def copy_accepting(name: str, folder: Path, *accepted: str) -> Question:
    """Copy a question, and accept survivors in the copy's spec."""
    for part in ("bank", "solutions"):
        shutil.copytree(UNSOUND / part / "numbers" / name, folder / part / "numbers" / name)
    reasons = dict.fromkeys(accepted, "for the sake of this test")
    with (folder / "bank/numbers" / name / "question.yaml").open("a", encoding="utf-8") as spec:
        spec.write(yaml.safe_dump({"proof": {"accept": reasons}}))
    return load_bank(folder / "bank").find_code(name)


def test_survivors_can_be_accepted(tmp_path: Path) -> None:
    """Mutants that the spec accepts, each with a reason, are counted apart, and the question is proven."""
    alive = tuple(mutant.name for mutant in prove("survivors").alive)
    proof = try_question(copy_accepting("survivors", tmp_path, *alive), seed=1, runs=1)

    assert proof.faults == ()
    assert proof.proven
    assert (proof.mutants["alive"], proof.mutants["accepted"]) == (0, len(alive))


def test_a_solution_that_is_no_python_is_a_fault(tmp_path: Path) -> None:
    """It is named with its line, and nothing is run."""
    question = copy_accepting("sound", tmp_path)
    (question.solutions / "wrong" / "torn.py").write_text("def mean(values:\n", encoding="utf-8")
    proof = try_question(question, seed=1, runs=1)

    assert len(proof.faults) == 1
    assert re.match(r"wrong: wrong/torn\.py cannot be read: .*", proof.faults[0])
    assert not proof.exhibits


def test_only_what_survives_can_be_accepted(tmp_path: Path) -> None:
    """A trivial answer can be accepted too; a name that nothing has is a fault."""
    question = copy_accepting("accepts-zeros", tmp_path, "trivial/zeros", "drop-sign@1")
    proof = try_question(question, seed=1, runs=1)

    assert proof.faults == (
        "mutants: the spec accepts 'drop-sign@1', but there is no such mutant: take it out of proof.accept",
    )


# --- What a run means, gate by gate ---


def tried(
    *failing: tuple[str, Outcome],
    program: str = "reference.py",
    seed: int = 7,
    broken: str = "",
    usage: Usage | None = None,
    seconds: float = 0.1,
    performance: tuple[PerformanceResult, ...] = (),
) -> Trial:
    """A run in which nothing failed but hidden checks."""
    results = tuple(RawResult(name, Visibility.HIDDEN, outcome, "as it is") for name, outcome in failing)
    run = Run(results, performance, usage=usage or Usage(), seconds=seconds, broken=broken)
    return Trial(made(program, ""), seed, run, defined=True)


def measured(program: str, ratio: float, pairs: int = 15) -> Trial:
    """A run in which `many_bytes` was measured against its limit of 1.7."""
    result = PerformanceResult(
        name="many_bytes", ratio=ratio, low=ratio, high=ratio, limit=1.7, pairs=pairs, against="reference"
    )
    return tried(program=program, performance=(result,))


@pytest.mark.parametrize(
    ("role", "failing", "fault"),
    [
        (Role.WRONG, [("test_x", Outcome.FAILED)], ""),
        (Role.WRONG, [("test_x", Outcome.FORBIDDEN)], "wrong/x.py is only found forbidden, not wrong"),
        (Role.WRONG, [("test_x", Outcome.FAILED), ("test_y", Outcome.SLOW)], ""),
        (Role.WRONG, [("test_x", Outcome.BROKEN)], "wrong/x.py breaks the suite: test_x: as it is"),
        (Role.STARTER, [("test_x", Outcome.FAILED)], "x.py passes every public test"),
        (Role.SLOW, [("test_x", Outcome.SLOW)], ""),
        (Role.SLOW, [("test_x", Outcome.HEAVY)], ""),
        (Role.WRONG, [("test_x", Outcome.HEAVY)], "wrong/x.py is only found heavy, not wrong"),
        (Role.SLOW, [], "slow/x.py must be found slow or heavy, but is not"),
        (
            Role.SLOW,
            [("test_x", Outcome.SLOW), ("test_y", Outcome.FAILED)],
            "slow/x.py must be only slow or heavy, but is also failed",
        ),
        (Role.FORBIDDEN, [("test_x", Outcome.FORBIDDEN)], ""),
        (Role.FORBIDDEN, [("test_x", Outcome.FAILED)], "forbidden/x.py must be found forbidden, but is not"),
    ],
)
def test_a_solution_must_fare_as_its_folder_says(role: Role, failing: list[tuple[str, Outcome]], fault: str) -> None:
    """Any other end is a fault, and so is a suite that fails itself."""
    assert fault_of(Exhibit(role, Path("x.py")), tried(*failing)) == (f"wrong: {fault}" if fault else "")


def test_a_check_that_fails_on_right_solutions_is_one_fault() -> None:
    """However often it does, on however many; being slow or heavy is left to the gate on limits."""
    flaky, slow = ("test_x", Outcome.FAILED), ("fast", Outcome.SLOW)
    heavy = ("lean", Outcome.HEAVY)
    trials = [tried(), tried(flaky, slow, seed=8), tried(flaky), tried(flaky, program="other.py"), tried(slow, heavy)]

    (fault,) = right.faults_of(trials)
    assert fault == (
        "right: reference.py and other.py must pass, but test_x gave a wrong result: as it is "
        "(--seed 8 shows it again on reference.py)"
    )


def test_a_broken_run_is_one_fault() -> None:
    """Its checks say nothing."""
    trials = [tried(("test_x", Outcome.BROKEN), broken="the examiner ended")] * 2

    assert right.faults_of(trials) == ["right: reference.py: the examiner ended"]


def limit_faults(name: str, trials: Iterable[Trial], slow: Iterable[Trial] = ()) -> tuple[str, ...]:
    others = [(Exhibit(Role.SLOW, Path(trial.program)), trial) for trial in slow]
    return limits.limit_faults(BANK.find_code(name), list(trials), others)


def test_a_limit_leaves_half_of_it_free() -> None:
    """The solution that uses most is named, with a limit that would fit."""
    modest, greedy = Usage(wall=4.9, cpu=5.0), Usage(wall=5.1, cpu=6.0)

    assert limit_faults("sound", [tried(usage=modest)]) == ()
    assert limit_faults("sound", [tried(usage=modest), tried(usage=greedy, program="greedy.py")]) == (
        "limits: wall is 10 s, and greedy.py used 5.1 s of it; at least 15 s would fit",
        "limits: cpu is 10 s, and greedy.py used 6 s of it; at least 15 s would fit",
    )


def test_a_quick_look_goes_by_no_clock() -> None:
    """What uses too many seconds may do so because the machine is busy; memory counts as ever."""
    trials = [tried(seconds=5.5, usage=Usage(wall=9.0, cpu=9.0, memory=500 * 2**20))]

    found = limits.limit_faults(BANK.find_code("sound"), trials, (), by_the_clock=False)

    assert found == ("limits: memory is 512 MiB, and reference.py used 500 MiB of it; at least 1000 MiB would fit",)


def test_a_suite_takes_its_time_only_from_slow_solutions() -> None:
    """What counts is the fastest right one."""
    assert limit_faults("sound", [tried(seconds=5.5), tried(seconds=0.5)]) == ()
    assert limit_faults("sound", [tried(seconds=5.5)]) == (
        "limits: the suite takes 5.5 s on the fastest right solution, not under 5 s",
    )


@pytest.mark.parametrize(
    ("right_ratio", "slow_ratio", "faults"),
    [
        (1.0, 3.0, []),
        (1.0, 1.2, ["no solution in slow/ is too slow for it"]),
        (1.6, 3.0, ["the limit 1.7 stands too near: right.py measured 1.6, slow.py 3; 2.2 would fit"]),
        (1.0, 1.8, ["the limit 1.7 stands too near: right.py measured 1, slow.py 1.8; 1.3 would fit"]),
    ],
)
def test_a_performance_limit_stands_clear(right_ratio: float, slow_ratio: float, faults: list[str]) -> None:
    """Of the slowest right solution and of the fastest slow one."""
    found = limit_faults("near-limit", [measured("right.py", right_ratio)], [measured("slow.py", slow_ratio)])

    assert found == tuple(f"limits: many_bytes: {fault}" for fault in faults)


def test_a_performance_limit_finds_room() -> None:
    """Where none fits between right and slow solutions the fault says so, and where telling them apart takes long."""
    near = limit_faults("near-limit", [measured("right.py", 1.6)], [measured("slow.py", 1.8)])
    late = limit_faults("near-limit", [measured("right.py", 1.0)], [measured("slow.py", 3.0, pairs=60)])

    assert near[0].endswith("; no limit fits between them: let the check draw larger inputs")
    assert late == ("limits: many_bytes: it took 60 pairs to tell a slow solution apart, not 15",)


def test_a_limit_on_memory_stands_clear_too() -> None:
    """By the same distance; its rounds are no pairs of a race."""
    question = BANK.find_code("near-limit")
    weighed = Performance(of="checksum", at_most=1.7, times_of="reference")
    checks = tuple(each.model_copy(update={"performance": each.performance and weighed}) for each in question.checks)
    question = dataclasses.replace(question, checks=checks)
    copies = Exhibit(Role.SLOW, Path("copies.py"))

    def faults(right_ratio: float, slow_ratio: float) -> tuple[str, ...]:
        slow = measured("copies.py", slow_ratio, pairs=60)
        return limits.limit_faults(question, [measured("right.py", right_ratio)], [(copies, slow)])

    assert faults(1.0, 3.0) == ()
    assert faults(1.0, 1.2) == ("limits: many_bytes: no solution in slow/ is too heavy for it",)
    assert faults(1.6, 3.0)[0].startswith("limits: many_bytes: the limit 1.7 stands too near: right.py measured 1.6")


def test_a_parametrised_check_fails_once(tmp_path: Path) -> None:
    """Where a run may stop after so many checks, several instances of one do not end it before the next was run."""
    hidden = """
        import pytest

        @pytest.mark.parametrize("number", [1, 2, 3])
        def test_each(solution, number):
            assert solution.f(number) == number + 1

        def test_other(solution):
            assert solution.f(1) == 1
    """
    question = write_question(tmp_path, hidden)
    with Workbench(question, seed=1) as bench:
        trial = bench.run(bench.reference, bench.hidden, max_failures=2)

    assert [(result.name, result.outcome) for result in trial.run.results] == [
        ("test_each", Outcome.FAILED),
        ("test_other", Outcome.PASSED),
    ]
    assert trial.fault == ""
