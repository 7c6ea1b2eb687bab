"""The catalogue of known cheats: each threat in our words, what stops it, and the exploits that try it.

What is tried comes from the first lines of the files in `exploits/`. `python -m tests.threats --write` writes the table
of it all into `docs/security.md`; without `--write` it is printed.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
EXPLOITS = Path(__file__).resolve().parent / "exploits"
PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- threats: begin -->", "<!-- threats: end -->"

SLOW = "solutions/nlp/causal-attention/slow/naive.py"
MIDDLING = "solutions/nlp/causal-attention/slow/one_query_at_a_time.py"


class Threat(NamedTuple):
    """One entry of the catalogue."""

    what: str
    stopped_by: str
    tests: tuple[str, ...] = ()
    """Functions of `test_exploits.py` and other test files that try it, beside the exploits."""
    not_at_restricted: str = ""
    """Why its exploits are not run once more at `restricted`."""


PROCESS = "another process: nothing of the examiner is in the guest"
WALLS = "mount namespace, Landlock: the bank is not there"
DATA = "the wire: results are data of exact types, rebuilt on our side"
REPLY = "a reply counts only with the random id of its call; any other byte ends the guest"
VERDICT = "a check passes only where the examiner ran it to its end"
CLOCK = "our clock, from the first byte sent to the last one read"
FRESH = "fresh content in every timed call, each result compared"
SAME = "the examiner's clock and comparisons are the same at every level"

THREATS = {
    "A1.1": Threat("hidden suite or solutions read from disk", WALLS),
    "A1.2": Threat("answers in version control or package metadata", WALLS),
    "A1.3": Threat("expected values in the frames of callers", PROCESS),
    "A1.4": Threat("expected values found by the garbage collector", PROCESS),
    "A1.5": Threat("seeds in environments, arguments, generators", "empty environment, own processes; keyed seeds"),
    "A1.6": Threat("inputs of Hypothesis foretold or chosen", "drawn in the examiner by a secret seed, no database"),
    "A1.7": Threat("inputs that never change", "inputs drawn anew for each submission"),
    "A1.8": Threat("good behaviour only under test", "one guest program, whoever asks"),
    "A2.9": Threat("NaN and infinity, that no tolerance catches", "finiteness is compared before values"),
    "A2.10": Threat("objects that equal everything", DATA),
    "A2.11": Threat("tensor subclasses that answer for torch", DATA),
    "A2.12": Threat("array subclasses that answer for numpy", DATA),
    "A2.13": Threat("methods replaced on one plain tensor", DATA),
    "A2.14": Threat("zeros below a fixed tolerance", "tolerance relative to what is expected"),
    "A2.15": Threat("constants that are right on average", "inputs of many kinds; trivial answers must fail the proof"),
    "A2.16": Threat("shapes, dtypes and sizes that fit anything", "shape and dtype compared first; bounded decoder"),
    "A2.17": Threat("an input as the answer", "inputs away from fixed points; trivial answers must fail the proof"),
    "A2.18": Threat("inputs changed under the oracle", "the guest has copies"),
    "A2.19": Threat("old results in reused memory", "references run in the examiner; arena copied before use"),
    "A2.20": Threat("less precision than asked", "expectations in double precision, tolerance by dtype"),
    "A2.21": Threat("a shortcut chosen by a glance at the input", "mixed inputs"),
    "A2.22": Threat("a table of the visible cases", "hidden inputs are others, and drawn"),
    "A2.23": Threat("answers as text or on paper", "typed values; output is never read"),
    "A2.24": Threat("an answer that learns nothing", "behaviour is graded; the untrained must fail"),
    "A3.25": Threat("exit with success", VERDICT),
    "A3.26": Threat("forged results on any channel", REPLY),
    "A3.27": Threat(
        "plug-ins and configuration of pytest or Python", "pytest without configuration, in another process"
    ),
    "A3.28": Threat("test framework or libraries patched", PROCESS),
    "A3.29": Threat("skips and hostile exceptions", "exceptions are data; a skipped check makes the verdict broken"),
    "A3.30": Threat("reference or probe replaced", "reference in the examiner; probes return data, not judgements"),
    "A3.31": Threat("clocks stopped or patched", CLOCK),
    "A3.32": Threat("pickles that run code where they are read", "no pickle towards the examiner"),
    "A3.33": Threat("a verdict printed", "output is shown, escaped, never read"),
    "A3.34": Threat("words to whoever grades", "no reader of words decides"),
    "A4.35": Threat("results kept and replayed", FRESH, not_at_restricted=SAME),
    "A4.36": Threat(
        "all the work in one call", "the next input is sent when the last result has arrived", not_at_restricted=SAME
    ),
    "A4.37": Threat("work moved to import, warm-up or earlier checks", FRESH, not_at_restricted=SAME),
    "A4.38": Threat("a result that computes later", f"{DATA}; {CLOCK}", not_at_restricted=SAME),
    "A4.39": Threat(
        "work on a side stream, events that lie",
        f"{CLOCK}; the reply holds the bytes, which no stream can owe",
        not_at_restricted=SAME,
    ),
    "A4.40": Threat("work after the reply or in the gaps", "the guest stands still while it is not asked; CPU audit"),
    "A4.41": Threat(
        "more cores, or none left for the opponent",
        "a time counts the CPU time of all its processes; the guest stands still while the other runs; CPU audit",
    ),
    "A4.42": Threat("the opponent slowed through shared state", "the guest stands still while the other side runs"),
    "A4.43": Threat(
        "the forbidden function by another way",
        "policy, stubs, and kernels that raise in the dispatcher",
        not_at_restricted="policy, stubs and dispatcher are the same at every level",
    ),
    "A4.44": Threat("no work at all", FRESH, not_at_restricted=SAME),
    "A5.45": Threat("memory, processes and kernel of others", "namespaces, users, Landlock, seccomp"),
    "A5.46": Threat("processes without number or end", "control group or watchdog; init kills and reaps"),
    "A5.47": Threat("memory, disk, output, time without end", "a limit and an outcome for each; bounded decoder"),
    "A5.48": Threat(
        "archives and sources that attack their reader",
        "members checked one by one; parsed under limits",
        ("test_an_archive_that_attacks_is_refused", "test_a_folder_with_a_link_is_refused"),
    ),
    "A5.49": Threat(
        "magics, outputs and metadata of notebooks",
        "code cells only, never a kernel",
    ),
    "A5.50": Threat("modules that shadow installed ones", "the submission's folder is last on the path"),
    "A5.51": Threat("network and programs", "network namespace, seccomp, Landlock"),
    "A5.52": Threat("traces for the next submission", "file systems and IPC of its own, gone with the guest"),
    "A5.53": Threat("guards inside the interpreter undone", "no guard is there; walls are the kernel's"),
    "A5.54": Threat(
        "hidden inputs told to the author",
        "candidate's report from an allow-list",
        ("test_what_an_exploit_saw_of_hidden_inputs_does_not_reach_its_author",),
    ),
}


@dataclass(frozen=True)
class Exploit:
    """One hostile submission, as its first line describes it."""

    path: Path
    entry: str
    question: str
    """Its id, and `, cuda` where the guest is to have the GPU."""
    attempt: str
    outcome: str

    @property
    def allowed(self) -> set[str]:
        """The outcomes that hidden checks may have, and `invalid` where it may be refused as a whole."""
        return set(re.findall(r"[a-z-]+", self.outcome)) - {"or", "only"}

    @property
    def needs_a_gpu(self) -> bool:
        """Whether it can be tried only where there is a GPU."""
        return self.question.endswith(", cuda")

    @property
    def right_but_slow(self) -> bool:
        """Whether every check passes but those on performance, none of which may."""
        return self.outcome.startswith("only ")

    def lay_out(self, folder: Path) -> Path:
        """Copy it to a folder, with the places it would have to find out filled in."""
        target = folder / self.path.name
        if self.path.is_dir():
            for file in sorted(self.path.rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    copy = target / str(file.relative_to(self.path)).rstrip("_")
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    copy.write_text(fill_in(file.read_text(encoding="utf-8")), encoding="utf-8")
        else:
            target.write_text(fill_in(self.path.read_text(encoding="utf-8")), encoding="utf-8")
        return target


def fill_in(source: str) -> str:
    """Put in what a real attack would find out, and the honest slow answers that some are built on."""
    facts = {"ROOT": str(ROOT), "PID": str(os.getpid()), "PARENT": str(os.getppid()), "NEST": "-" * 30_000 + "1"}
    cores = {"SLOW": SLOW, "MIDDLING": MIDDLING}
    facts |= {name: (ROOT / place).read_text(encoding="utf-8").rstrip() for name, place in cores.items()}
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda match: facts[match[1]], source)


def read_exploit(path: Path) -> Exploit:
    """Read the header of a file, of a notebook's first cell, or of the `solution.py` in a folder."""
    source = path / "solution.py" if path.is_dir() else path
    text = source.read_text(encoding="utf-8")
    first = json.loads(text)["cells"][0]["source"][0] if source.suffix == ".ipynb" else text.partition("\n")[0]
    fields = first.strip().removeprefix("# ").split(" | ")
    assert len(fields) == 4, f"{source}: the first line is no header: {first}"
    return Exploit(path, *fields)


def find_exploits() -> list[Exploit]:
    """Return the corpus, in order of its names."""
    paths = sorted(path for path in EXPLOITS.iterdir() if path.name != "__pycache__")
    return [read_exploit(path) for path in paths]


def table() -> str:
    """Return the table of threats in Markdown, one row for each entry of the catalogue."""
    exploits = find_exploits()
    lines = ["| entry | threat | tried | stopped by | tests | levels |", "|---|---|---|---|---|---|"]
    lines += [_row(entry, [one for one in exploits if one.entry == entry]) for entry in THREATS]
    return "\n".join(lines)


def _row(entry: str, exploits: list[Exploit]) -> str:
    threat = THREATS[entry]
    tried = [f"{one.attempt}{' (only where there is a GPU)' if one.needs_a_gpu else ''}" for one in exploits]
    tests = [f"`{name}`" for name in (*(one.path.name for one in exploits), *threat.tests)]
    cells = [
        entry,
        threat.what,
        "; ".join(tried),
        threat.stopped_by,
        " ".join(tests),
        f"full ({threat.not_at_restricted})" if threat.not_at_restricted else "full, restricted",
    ]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def with_table(page: str) -> str:
    """Return a page with the table between its two marks replaced by the present one."""
    before, _, rest = page.partition(f"{BEGIN}\n")
    _, mark, after = rest.partition(f"{END}\n")
    assert mark, f"{PAGE} lacks its marks {BEGIN} and {END}"
    return f"{before}{BEGIN}\n{table()}\n{END}\n{after}"


def main(arguments: list[str]) -> None:
    """Print the table, or write it into the page."""
    if arguments == ["--write"]:
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write(f"{table()}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
