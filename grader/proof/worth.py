"""Every check earns its place: it alone notices some mistake, or is marked as part of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.question import Visibility

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.proof.ranking import Ranking
    from grader.proof.workbench import Trial, Workbench
    from grader.question import Question
    from grader.submission import Submission
    from grader.verdict import Coverage

GATE = "checks"
LEAST_COVERAGE = 0.95
PROGRAMS, LOOKS = 4, range(1, 4)


def look_again(bench: Workbench, ranking: Ranking) -> None:
    """Try the likeliest programs under other seeds: by luck, a random example may have noticed a mistake too."""
    tasks = [
        (program, number)
        for name in sorted(ranking.needy)
        for program in ranking.nearest(name, PROGRAMS)
        for number in LOOKS
    ]
    for trial in bench.each(GATE, tasks, lambda task: _look(bench, ranking, *task)):
        ranking.note(trial)


def _look(bench: Workbench, ranking: Ranking, program: Submission, number: int) -> Trial:
    return bench.run(program, ranking.order(bench.hidden), number, max_failures=2)


def worth_faults(question: Question, ranking: Ranking) -> tuple[str, ...]:
    """Return a fault for each hidden check that no program needs."""
    needy = ranking.needy
    return tuple(
        f"{GATE}: {check.name} (line {check.line}) {_idleness(check.name, ranking)}: sharpen it, merge it, "
        'or mark it @contract("why")'
        for check in question.checks
        if check.visibility is Visibility.HIDDEN and check.name in needy
    )


def _idleness(check: str, ranking: Ranking) -> str:
    partner = ranking.partner(check)
    return f"kills nothing that no other check kills, most often {partner}" if partner else "kills nothing"


def coverage_faults(coverage: Coverage | None) -> Iterator[str]:
    """Return a fault if the hidden suite leaves branches of the reference aside."""
    if coverage is None:
        yield f"{GATE}: the branches of the reference could not be measured"
        return
    share = coverage.covered / coverage.branches if coverage.branches else 1.0
    if share < LEAST_COVERAGE:
        ways = ", ".join(f"{start} to {end or 'the end'}" for start, end in coverage.missing_branches)
        yield (
            f"{GATE}: the hidden suite runs {coverage.covered} of {coverage.branches} branches of the reference; "
            f"never from line {ways}; let a check take that way, or leave it out"
        )
    elif coverage.missing_lines:
        yield f"{GATE}: the hidden suite never runs line {', '.join(map(str, coverage.missing_lines))} of the reference"
