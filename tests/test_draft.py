"""Drafting: a scripted model answers well, badly or with an attack, and only the good draft is accepted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from scripted import BLIND_SUITE, FINITE, LONG, PLAN, PLAUSIBLE, REFERENCE, SUITE, Script, check, numbers, serving

from grader.bank import load_bank
from grader.draft.acceptance import accept
from grader.draft.asking import SYSTEM
from grader.draft.author import Author
from grader.draft.brief import Brief
from grader.draft.drafting import Workshop, make_draft
from grader.draft.folder import DraftFolder, new_folder
from grader.draft.lab import Lab
from grader.draft.record import Ending
from grader.draft.templated import TemplateWriter
from grader.draft.templates.catalogue import find_template
from grader.errors import InputError
from grader.models.budget import Budget
from grader.models.conversation import Conversation
from grader.models.model import NoModel
from grader.models.replies import Replies
from grader.models.server import ServerModel
from grader.proof.ledger import State, read_proof, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.draft.record import Draft

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which the scripted server has a thread; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
ROOT = Path(__file__).resolve().parent.parent
BRIEF = Brief(topic="clip gradients by their norm", family="training")
CANARY = "canary"


def talk(folder: DraftFolder, base: str, **wishes: Any) -> Conversation:
    """Talk to the scripted server; what cannot be had at once cannot be had."""
    timing = {name: wishes.pop(name) for name in ("read_seconds",) if name in wishes}
    model = ServerModel(base, "scripted", "a-key", pauses=(), **timing)
    return Conversation(model, wishes.pop("budget", Budget(10**6, 600.0)), SYSTEM, folder.log, **wishes)


def drafted(tmp_path: Path, script: Callable[[dict[str, Any]], str | int], **wishes: Any) -> tuple[DraftFolder, Draft]:
    """Draft a question with a script as its model."""
    stalls = wishes.pop("stalls", None)
    shop = {name: wishes.pop(name) for name in ("rounds", "attempts") if name in wishes}
    folder = new_folder(tmp_path / "drafts", "clip")
    with serving(script, stalls=stalls) as server:
        conversation = talk(folder, server.base, **wishes)
        workshop = Workshop(Author(conversation), conversation, heard=lambda _stage: None, **shop)
        return folder, make_draft(BRIEF, folder, workshop)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prove with three runs of each solution instead of twenty: for tests of what stands around the proof."""
    monkeypatch.setattr("grader.proof.trial.RUNS", 3)


# --- the good one ----------------------------------------------------------------------------------------------------


def test_a_good_draft_is_proven_and_accepted(tmp_path: Path) -> None:
    """Its question passes every gate; taken into a bank, it is proven there as it stands."""
    folder, draft = drafted(tmp_path, Script(), attempts=2)
    bank = tmp_path / "bank"
    bank.mkdir()
    acceptance = accept(folder, bank)
    question = load_bank(bank).find_code("training/clip")

    assert (draft.ending, draft.reason, draft.faults) == (Ending.PROVEN, "", ())
    assert (acceptance.forced, acceptance.faults) == (False, ())
    assert state_of(question) is State.PROVEN
    assert sorted(path.name for path in question.solutions.rglob("*.py")) == [
        *("always_scaled.py", "in_place.py", "independent_1.py", "independent_2.py", "reference.py", "sum_norm.py"),
        "unchecked.py",
    ]
    assert draft.attempts is not None
    assert (draft.attempts.solved, draft.attempts.difficulty) == (2, "easy")


@pytest.mark.usefixtures("hasty")
def test_a_good_draft_says_what_it_took(tmp_path: Path) -> None:
    """Every stage has its yield in the report, every prompt and reply stands in the log, and no key does."""
    folder, draft = drafted(tmp_path, Script())
    exchange = [json.loads(line) for line in folder.log.read_text(encoding="utf-8").splitlines()]
    proof = read_proof(load_bank(folder.path / "bank").find_code("clip"))
    written = b"".join(path.read_bytes() for path in folder.path.rglob("*") if path.is_file())

    assert [stage.name for stage in draft.stages] == [
        *("plan", "reference", "inputs", "solutions", "agreement", "mistakes", "statement", "assembly", "proof"),
    ]
    assert {
        stage.name: (stage.kept, stage.offered) for stage in draft.stages if stage.name in {"agreement", "mistakes"}
    } == {
        "agreement": (2, 2),
        "mistakes": (4, 4),
    }
    assert [line["stage"] for line in exchange] == [
        *("plan", "reference", "inputs", *["solutions"] * 2, *["mistakes"] * 4, "statement"),
    ]
    assert draft.tokens == sum(line["tokens"] for line in exchange) > 50
    assert proof is not None
    assert proof.coverage == 1.0
    assert "| agreement | passed | 2 of 2 |" in (folder.path / "report.md").read_text(encoding="utf-8")
    assert b"a-key" not in written


def test_a_second_draft_costs_nothing(tmp_path: Path) -> None:
    """The same prompts are answered from the cache; the server is not asked."""
    script, replies = Script(suite=500), Replies(tmp_path / "replies")
    drafts = []
    with serving(script) as server:
        for _ in range(2):
            folder = new_folder(tmp_path / "drafts", "clip")
            conversation = talk(folder, server.base, replies=replies)
            shop = Workshop(Author(conversation), conversation, heard=lambda _stage: None)
            drafts.append(make_draft(BRIEF, folder, shop))
    first, second = drafts

    assert first.tokens > 0
    assert (second.tokens, second.stage, second.stages[0].outcome) == (0, "inputs", "passed")
    assert len(server.asked) == 4, "plan and reference once, and what failed twice"


# --- each other one, for its own reason ------------------------------------------------------------------------------

EVIL = "import os\nos.system('touch canary')\n"
INJECTED = {**SUITE, "checks": [{**SUITE["checks"][0], "name": "x():\n    import os\n    os.system('touch canary')"}]}
WITH_CODE = {"checks": [{**each, "code": EVIL} for each in SUITE["checks"]]}
HIDDEN = REFERENCE + "\n().__class__.__base__.__subclasses__()"
FAILING = REFERENCE.replace("math.sqrt", "math.root")
OTHER_SUITE = {"checks": [{**SUITE["checks"][0], "behaviour": "sorted"}]}
ONE_PASSAGE = {
    "story_en": "It is needed.",
    "story_zh": "这是需要的。",
    "passages": [{"behaviour": "kept", "en": "It is kept.", "zh": "保持不变。"}],
}
REFUSALS: dict[str, tuple[Callable[[dict[str, Any]], str | int], str, str]] = {
    "no JSON": (Script(plan='{"title": "Clip'), "plan", "3 replies could not be used; the last: Invalid JSON"),
    "no plan": (Script(plan={"title": "Clip"}), "plan", "title_zh: Field required"),
    "no Chinese": (Script(plan={**PLAN, "title_zh": "Clip it"}), "plan", "title_zh: Value error, it is to be in Chin"),
    "a word of Python": (Script(plan={**PLAN, "function": "lambda"}), "plan", "Value error, 'lambda' is a word"),
    "no Python": (Script(reference="def clip_by_norm(gradients"), "reference", "it is no Python"),
    "another function": (Script(reference="def clip(gradients): return 1"), "reference", "it defines no function"),
    "a reference that attacks": (Script(reference=EVIL + REFERENCE), "reference", "it imports os; only"),
    "a reference that hides it": (Script(reference=HIDDEN), "reference", "it uses __subclasses__"),
    "a reference that fails": (Script(reference=FAILING), "agreement", "the reference should answer, and raises"),
    "a plausible but wrong reference": (Script(reference=PLAUSIBLE), "agreement", "2 of 2 independent solutions contr"),
    "an attack in the suite": (Script(suite=WITH_CODE), "inputs", "code: Extra inputs are not permitted"),
    "an attack in a name": (Script(suite=INJECTED), "inputs", "checks.0.name: String should match pattern"),
    "a suite for something else": (Script(suite=OTHER_SUITE), "inputs", "there is no behaviour sorted"),
    "an incomplete statement": (Script(statement=ONE_PASSAGE), "statement", "passages are for kept, and are to be for"),
    "a server in trouble": (lambda _body: 500, "plan", "the server answers 500"),
    "a wrong key": (lambda _body: 401, "plan", "the server answers 401"),
    "an empty reply": (lambda _body: "", "plan", "the server sent an empty reply"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_bad_draft_is_refused_for_its_own_reason(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is proven, nothing can be accepted, and nothing that it wrote ran here."""
    script, stage, reason = REFUSALS[case]
    monkeypatch.chdir(tmp_path)
    folder, draft = drafted(tmp_path, script)

    assert (draft.ending, draft.stage) == (Ending.REFUSED, stage)
    assert reason in draft.reason
    with pytest.raises(InputError, match="the draft holds no question"):
        accept(folder, tmp_path)
    assert not list(tmp_path.rglob(CANARY))


@pytest.mark.usefixtures("hasty")
def test_a_suite_that_accepts_everything_is_refused_by_the_proof(tmp_path: Path) -> None:
    """Repairs are tried, with the faults told, and the last faults are the reason."""
    asked: list[str] = []
    script = Script(suite=BLIND_SUITE)

    def answer(body: dict[str, Any]) -> str | int:
        asked.append(body["messages"][1]["content"])
        return script(body)

    folder, draft = drafted(tmp_path, answer, rounds=1)

    assert (draft.ending, draft.stage, draft.rounds) == (Ending.REFUSED, "proof", 1)
    assert "not proven after 1 repairs: wrong: wrong/" in draft.reason
    assert any("was refused:\n- wrong: wrong/" in each for each in asked)
    with pytest.raises(InputError, match="clip is not taken: it is not proven"):
        accept(folder, tmp_path)


@pytest.mark.usefixtures("hasty")
def test_an_idle_check_is_left_out(tmp_path: Path) -> None:
    """Where that is all the proof objects to, no model is asked; the rest is proven."""
    idle = check("is_finite", "clipped", FINITE, LONG, numbers(0.3, 1.5))
    _, draft = drafted(tmp_path, Script(suite={"checks": [*SUITE["checks"], idle]}))
    (repair,) = (stage for stage in draft.stages if stage.name == "repair")

    assert (draft.ending, draft.rounds) == (Ending.PROVEN, 1)
    assert (repair.note, repair.tokens) == ("left out the check is_finite", 0)


def test_a_slow_server_is_given_up(tmp_path: Path) -> None:
    """When nothing more comes within the time for one piece."""
    _, draft = drafted(tmp_path, Script(), stalls=threading.Event(), read_seconds=0.2)

    assert (draft.ending, draft.stage) == (Ending.REFUSED, "plan")
    assert "was too slow" in draft.reason


def test_a_budget_ends_a_draft(tmp_path: Path) -> None:
    """Whether it is tokens that are spent, or time."""
    _, draft = drafted(tmp_path, Script(), budget=Budget(5, 600.0))
    _, late = drafted(tmp_path, Script(), budget=Budget(5, 0.0))

    assert (draft.stage, draft.reason) == ("reference", "the tokens are spent, 5; --tokens gives more")
    assert late.reason == "the time is spent, 0 s; --seconds gives more"


# --- what a model wrote runs in guests alone -------------------------------------------------------------------------


def test_a_program_of_a_model_runs_behind_walls(tmp_path: Path) -> None:
    """What it writes to the disk it does not write here, and what it learns of the machine is not ours."""
    place = tmp_path / CANARY
    code = (
        f"import os\n\ndef f():\n    open({str(place)!r}, 'w').write('x')\n\n"
        f"def g():\n    return os.listdir({str(tmp_path)!r})\n"
    )
    tmp_path.joinpath("witness").touch()
    with Lab(()) as lab:
        (written,) = lab.call(code, "f", [()])
        (looked,) = lab.call(code, "g", [()])

    assert written.error in {"PermissionError", "FileNotFoundError", "OSError"}
    assert looked.error in {"PermissionError", "FileNotFoundError", "OSError"}
    assert not place.exists()


def test_an_unruly_program_is_an_answer_like_others() -> None:
    """One that ends its process, never ends, or answers with what is no data, says so."""
    with Lab(()) as lab:
        (left,) = lab.call("import os\n\ndef f():\n    os._exit(0)\n", "f", [()])
        (handle,) = lab.call("def f():\n    return f\n", "f", [()])
        good, bad = lab.call("def f(x):\n    return 1 / x\n", "f", [(2,), (0,)])

    assert (left.error, handle.error) == ("crashed", "handle")
    assert (good.value, bad.error) == (0.5, "ZeroDivisionError")


@pytest.mark.usefixtures("hasty")
def test_a_proof_of_foreign_programs_loads_none_of_them(tmp_path: Path) -> None:
    """A reference that would leave a mark in the examiner leaves none: not even its branches are traced there."""
    mark = f"\ntry:\n    open({str(tmp_path / CANARY)!r}, 'w')\nexcept OSError:\n    pass\n"
    folder, draft = drafted(tmp_path, Script())
    (reference,) = folder.path.rglob("reference.py")
    reference.write_text(REFERENCE + mark, encoding="utf-8")
    from grader.proof.trial import try_question

    question = load_bank(folder.path / "bank").find_code("clip")
    theirs = try_question(question, seed=1, runs=1, ours=False)
    untouched = not (tmp_path / CANARY).exists()
    try_question(question, seed=1, runs=1, ours=True)

    assert draft.ending is Ending.PROVEN
    assert theirs.coverage is not None
    assert untouched
    assert (tmp_path / CANARY).exists(), "the mark works where it is allowed to"


# --- templates -------------------------------------------------------------------------------------------------------


class Embedding(NoModel):
    """Says nothing, and finds a text the nearer the more it is about classes."""

    def embed(self, texts: Sequence[str], *, deadline: float) -> list[list[float]]:  # noqa: ARG002  it is quick
        return [[len(text) / 1000, float(text.count("class"))] for text in texts]


@pytest.mark.usefixtures("hasty")
def test_a_template_needs_no_model(tmp_path: Path) -> None:
    """With its own words it is proven; a changed draft is taken by force alone, and that is written down."""
    folder = new_folder(tmp_path / "drafts", "score")
    conversation = Conversation(Embedding(), Budget(1, 600.0), SYSTEM, folder.log)
    bank = load_bank(ROOT / "bank")
    writer = TemplateWriter(find_template("metric"), None, translate=False)
    draft = make_draft(
        BRIEF, folder, Workshop(writer, conversation, bank, heard=lambda _stage: None), template="metric"
    )
    with (folder.bank("training") / "statement.en.md").open("a", encoding="utf-8") as statement:
        statement.write("\nA word more.\n")

    assert draft.ending is Ending.PROVEN
    assert "story" in draft.defaults
    assert draft.nearness
    assert f"- {draft.nearness[0].id}: {draft.nearness[0].cosine:.2f} by the model's vectors" in (
        folder.path / "report.md"
    ).read_text(encoding="utf-8")
    with pytest.raises(InputError, match="it has changed since it was proven"):
        accept(folder, tmp_path / "bank")
    acceptance = accept(folder, tmp_path / "bank", force=True, reason="the word was missing")
    assert (acceptance.forced, acceptance.reason) == (True, "the word was missing")
    assert json.loads((folder.path / "acceptance.json").read_text(encoding="utf-8"))["forced"] is True
    with pytest.raises(InputError, match="there is a question of that name already"):
        accept(folder, tmp_path / "bank", force=True, reason="again")


SLOTS = {
    "title": "Score a classifier of handwriting",
    "story": "A museum reads old letters with a camera, and wants one score for its classifier of signs.",
    "function": "mean_f_score",
    "setting": "documents",
    "averaging": "weighted",
    "beta": "2",
    "truth": "actual",
    "guess": "answers",
}


def filled(tmp_path: Path, said: dict[str, str]) -> Draft:
    """Fill the metric's slots with a scripted model."""
    folder = new_folder(tmp_path / "drafts", "score")
    with serving(lambda _body: json.dumps(said)) as server:
        conversation = talk(folder, server.base)
        writer = TemplateWriter(find_template("metric"), conversation, translate=False)
        return make_draft(BRIEF, folder, Workshop(writer, conversation, heard=lambda _stage: None), template="metric")


@pytest.mark.usefixtures("hasty")
def test_a_model_fills_a_template(tmp_path: Path) -> None:
    """Its words and its choices stand in the question, which is proven."""
    draft = filled(tmp_path, SLOTS)
    question = load_bank(tmp_path / "drafts/score/bank").find_code("score")

    assert (draft.ending, draft.defaults) == (Ending.PROVEN, ())
    assert question.spec.title.en == SLOTS["title"]
    assert question.spec.submission.exports == {
        "mean_f_score": "(actual: list[int], answers: list[int], classes: int) -> float"
    }


@pytest.mark.parametrize(
    "slots",
    [
        {"truth": "f_score"},
        {"averaging": "any"},
        {"story": "Good good good good good good good good good good."},
        {"story": "It costs 3 euros and nobody knows who is to pay for it in the end."},
        {"setting": "x"},
        {"title": "import os; os.abort()"},
    ],
)
def test_what_cannot_be_used_is_left_to_the_template(slots: dict[str, str]) -> None:
    """A slot that would break the question, or says nothing, is refused."""
    with pytest.raises(ValidationError):
        find_template("metric").slots.model_validate({**SLOTS, **slots})


@pytest.mark.parametrize("title", ["A short heading of your own", "The joy of cooking for friends"])
def test_words_of_no_use_are_not_taken(title: str) -> None:
    """Where they repeat the prompt or are off the topic, the setting's own stand in their place."""
    template = find_template("metric")
    slots = template.slots.model_validate({**SLOTS, "title": title})
    mended, names = template.mend(
        slots, "camera that reads letters", "title: a short heading of your own on the topic."
    )

    assert names == ("title",)
    assert (mended.title, mended.story) == ("Score a classifier of incoming documents", SLOTS["story"])


@pytest.mark.usefixtures("hasty")
def test_the_best_of_a_few_replies_is_taken(tmp_path: Path) -> None:
    """A model that is off the topic is asked again, and in the end the setting's own words are taken."""
    draft = filled(tmp_path, {**SLOTS, "story": "Cooking is a joy that many people share with friends in the evening."})
    (stage,) = (stage for stage in draft.stages if stage.name == "slots")

    assert draft.defaults == ("story",)
    assert (stage.kept, stage.offered, stage.note) == (7, 8, "the template's own story")
    assert len((tmp_path / "drafts/score/exchange.jsonl").read_text(encoding="utf-8").splitlines()) == 3


# --- the command -----------------------------------------------------------------------------------------------------


def grade(*words: str | Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `grade draft` to its end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **extra}
    command = [sys.executable, "-m", "grader.cli.main", "draft", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)


def test_the_command_drafts_and_accepts(tmp_path: Path) -> None:
    """From a topic on the command line to a question in the bank, by a server that gets the key and nobody else."""
    places = ("--drafts", tmp_path / "drafts", "--bank", tmp_path / "bank")
    (tmp_path / "bank").mkdir()
    extra = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "GRADE_MODEL": "scripted", "GRADE_MODEL_KEY": "secret"}
    with serving(Script()) as server:
        done = grade("topic", "Clip gradients", "--family", "training", "--server", server.base, *places, **extra)
        taken = grade("accept", "clip-gradients", *places)

    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "clip-gradients: proven")
    assert set(server.keys) == {"Bearer secret"}
    assert taken.stdout.startswith("training/clip-gradients: taken;")
    assert load_bank(tmp_path / "bank").ids == ("training/clip-gradients",)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("topic", "a topic", "--family", "f"), "there is no model to write a question"),
        (("topic", "a topic", "--family", "F G", "--template", "metric"), "family cannot be used"),
        (("topic", "a topic", "--family", "f", "--template", "metrik"), "Did you mean 'metric'?"),
        (("topic", "a topic", "--family", "f", "--server", "http://127.0.0.1:1/v1"), "needs to know which model"),
        (("topic", "a topic", "--family", "f", "--model", "m", "--server", "127.0.0.1"), "is no address of a server"),
        (("topic", "a topic", "--family", "f", "--model", "m", "--server", "http://x:y"), "is no address of a server"),
        (("accept", "nothing"), "there is no draft 'nothing'"),
        (("accept", "../draft"), "there is no draft '../draft'"),
        (("accept", "nothing", "--force"), "--force needs a reason"),
    ],
)  # fmt: skip
def test_a_misuse_is_one_message(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """With what to do, and no draft is begun."""
    done = grade(*words, "--drafts", tmp_path / "drafts")

    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "drafts").exists()


def test_no_network_is_used_unasked(tmp_path: Path) -> None:
    """A server that other programs are told of is not spoken to."""
    with serving(Script()) as server:
        extra = {"OPENAI_BASE_URL": server.base, "OPENAI_API_KEY": "secret", "HTTP_PROXY": server.base}
        done = grade("topic", "a topic", "--family", "f", "--drafts", tmp_path, **extra)

    assert done.returncode == 2
    assert server.asked == []


def test_a_server_that_drips_meets_the_deadline(tmp_path: Path) -> None:
    """A piece now and then does not lengthen the time there is."""
    folder, started = new_folder(tmp_path, "slow"), time.monotonic()
    with serving(Script(), stalls=threading.Event(), drips=True) as server:
        conversation = talk(folder, server.base, budget=Budget(10**6, 1.5))
        draft = make_draft(BRIEF, folder, Workshop(Author(conversation), conversation, heard=lambda _stage: None))

    assert draft.ending is Ending.REFUSED
    assert "was too slow" in draft.reason
    assert time.monotonic() - started < 30
