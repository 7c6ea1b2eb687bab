"""The folder of an assessment with a small bank of its own: a question with variants, and one answered in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from small_questions import write_question

from grader.bank import load_bank, load_question
from grader.proof.deployment import Deployment, VariantRecord
from grader.proof.document import Proof
from grader.proof.ledger import digest_of, write_proof
from grader.takehome.assembly import assemble
from grader.takehome.bundle import Order, make_bundle
from grader.takehome.checking import load_assessment
from grader.takehome.forms import as_yaml
from grader.takehome.inviting import Sitting, invite, posed
from grader.takehome.locking import Lock, locked
from grader.takehome.office import Office
from grader.takehome.stock import stock_of
from grader.variants import draw, materialise

if TYPE_CHECKING:
    from pathlib import Path

    from grader.question import Language
    from grader.takehome.invitation import Invitation

KEY = b"0123456789abcdef" * 4
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HIDDEN = """
from grader.exam import assert_equal, points

LENGTH = 16  # variant: length


@points(4, group="long lists", group_zh="长列表")
def test_a_long_list_of_secret_numbers(solution):
    assert_equal(solution.f([17, 4711]), [17, 4711][:LENGTH])


@points(1, group="nothing")
def test_an_empty_list(solution):
    assert_equal(solution.f([]), [])
"""
PUBLIC = """
from grader.exam import assert_equal, hint

LENGTH = 16  # variant: length


@hint(en="What is a slice?", zh="什么是切片？")
def test_the_example(solution):
    assert_equal(solution.f(list(range(100))), list(range(LENGTH)))


def test_a_list_stays_as_it_is(solution):
    given = [3, 1, 2]
    assert solution.run(called, given) == [3, 1, 2]


def called(submission, given):
    submission.f(given)
    return given
"""
REFERENCE = '''
LENGTH = 16  # variant: length


def f(x):
    """The one line of the reference that nobody may read."""
    return x[:LENGTH]
'''
VARIANTS = "variants: {parameters: {length: {default: 16, choices: [8, 12, 16, 20, 24]}}}\n"
CHOICE = """\
format: 1
id: words
title: {en: A choice, zh: 选择题}
family: made
difficulty: easy
minutes: 2
kind: choice
choose: one
points: 3
options:
  a: {text: {en: The first option, zh: 第一项}, right: true}
  b: {text: {en: The second option, zh: 第二项}, misconception: {en: A misconception of note., zh: 一个误解。}}
  c: {text: {en: The third option, zh: 第三项}, misconception: {en: Another misconception., zh: 另一个误解。}}
source: {topic: words}
"""
ASSESSMENT = """\
format: 1
id: engineer
title: {en: Engineer, zh: 工程师}
questions: [{id: made/sample, points: 20}, made/words]
window: {opens: 2026-12-01T09:00:00+01:00, closes: 2026-12-14T18:00:00+01:00}
duration: 3h
grace: 10min
ai: {use: disclosed}
retakes: {allowed: 2, after: 3d, other_questions: false}
accommodations:
  C-0017: {factor: 1.5, extension: 2d}
"""


@dataclass(frozen=True)
class World:
    """A bank, an assessment, and how it stands."""

    root: Path
    sitting: Sitting

    def invite(
        self, candidate: str = "C-0017", attempt: int = 1, *, now: datetime = NOW, language: Language = "en"
    ) -> Invitation:
        return invite(self.sitting, candidate, attempt, language, now)

    def order(self, invitation: Invitation) -> Order:
        return Order(self.sitting.assessment, invitation, posed(self.sitting, invitation), {})

    def bundle(self, invitation: Invitation) -> bytes:
        return make_bundle(self.order(invitation), self.sitting.key)


def world(root: Path, *, variants: int = 0, assessment: str = ASSESSMENT) -> World:
    """Write everything that an invitation needs; with so many variants of the question, taken to be proven."""
    question = write_question(root, HIDDEN, PUBLIC, reference=REFERENCE)
    spec = question.folder / "question.yaml"
    spec.write_text(spec.read_text() + VARIANTS, encoding="utf-8")
    (question.folder / "starter.py").write_text("def f(x):\n    # Write: the first of them.\n    ...\n")
    (question.folder / "statement.en.md").write_text(
        "# A sample\n\n<!-- states: head -->\n`f(x)` keeps the first <!--variant: length-->16<!--/--> if `x < y`.\n"
    )
    words = root / "bank" / "made" / "words"
    words.mkdir()
    (words / "question.yaml").write_text(CHOICE, encoding="utf-8")
    for language, text in (("en", "# A choice\n\nWhich?\n"), ("zh", "# 选择题\n\n哪一项？\n")):
        (words / f"statement.{language}.md").write_text(text, encoding="utf-8")
    bank = load_bank(root / "bank")
    for found in bank.questions:
        digest = digest_of(found)
        write_proof(found, Proof(id=found.qualified_id, proven=True, faults=(), digest=digest))
    office = Office(root / "office" / "assessment.yaml")
    office.folder.mkdir()
    office.assessment.write_text(assessment, encoding="utf-8")
    bank = load_bank(root / "bank")
    asked = load_assessment(office.assessment, stock_of(bank))
    forms = assemble(asked, "0" * 64, stock_of(bank), 1)
    office.forms.write_text(as_yaml(forms), encoding="utf-8")
    sitting = Sitting(office, asked, forms, _lock(root, office, variants), bank, KEY)
    return World(root, sitting)


def _lock(root: Path, office: Office, count: int) -> Lock:
    lock = Lock(assessment="engineer")
    if not count:
        return lock
    question = load_question(root / "bank" / "made" / "sample")
    drawings = draw(question, KEY, count)
    made = [load_question(materialise(question, drawing, office.variants / "bank")) for drawing in drawings]
    records = tuple(
        VariantRecord(id=each.qualified_id, values=dict(drawing), digest=digest_of(each), proven=True)
        for each, drawing in zip(made, drawings, strict=True)
    )
    return locked(lock, Deployment(question="made/sample", digest="0" * 64, key="0" * 16, variants=records))
