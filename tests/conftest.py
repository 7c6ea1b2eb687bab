"""What a run says at its beginning and, with `--threats`, at its end; what is run alone, and on which databases."""

from __future__ import annotations

import signal
from itertools import count
from typing import TYPE_CHECKING

import pytest
from bank_sample import drawn_by, sample
from databases import Server, find_programs, server
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERS = count()

settings.register_profile("tests", deadline=None)  # a busy machine is no fault
settings.load_profile("tests")

ALONE = {
    "benchmarks", "cgroup", "cluster", "exploits", "faults", "looks", "meter", "ray_engine", "sandbox", "scales",
    "sequence",
}  # fmt: skip
"""Files whose tests race, kill, count processes or meet limits, and so want the machine to themselves."""

WORDS = {"passed": "held", "xfailed": "HOLE", "failed": "LOST", "error": "LOST", "skipped": "not tried"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--threats`."""
    parser.addoption("--threats", action="store_true", help="list what became of each exploit")


def pytest_configure() -> None:
    """Have Ctrl-C end the commands that tests start, also where a shell's background ignores it for us and for them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is run alone, before `-m` looks at the marks."""
    for item in items:
        if item.path.stem.removeprefix("test_") in ALONE:
            item.add_marker("alone")


def pytest_report_header() -> str:
    """Name the questions of the bank that this run looks at."""
    key = drawn_by()
    return f"questions, drawn by {key}: {', '.join(sample(key))}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the table, in order of the catalogue."""
    if not terminalreporter.config.getoption("threats"):
        return
    reports = [(word, report) for word in WORDS for report in terminalreporter.stats.get(word, [])]
    rows = sorted(row for word, report in reports for row in rows_of(word, report))
    terminalreporter.section("threats")
    for entry, name, level, outcome, seconds, word in rows:
        terminalreporter.write_line(f"{entry:6} {name:46} {level:10} {outcome:34} {seconds:6.1f} s  {word}")


def rows_of(word: str, report: pytest.TestReport) -> list[tuple[str, str, str, str, float, str]]:
    """Return the row of a report, or none if it is not an exploit's."""
    said = {str(key): str(value) for key, value in getattr(report, "user_properties", ())}
    if "entry" not in said:
        return []
    return [(said["entry"], said["file"], said["level"], said.get("outcomes", "-"), report.duration, WORDS[word])]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server that was started for this run."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with server(programs) as one:
        yield one


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Server | None:
    """The server that keeps the records; None where they are kept in a file beside the assessment."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture
def address(database: Server | None) -> str | None:
    """Of an empty database; None is a file beside the assessment."""
    return database.fresh(f"office_{next(_NUMBERS)}") if database else None
