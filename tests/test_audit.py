"""The audit: a random part of what was settled without a person, judged blind; where they differ the person counts."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from answers_at_large import answers
from test_cli import assert_told, grade
from test_concepts import GOOD, SHORT
from test_concepts import bank as bank
from test_review import UNUSUAL, WAITING, graded, typed
from test_review import lenient as lenient

from grader.bank import load_bank
from grader.errors import InputError
from grader.records import BatchFolder, found_again, moment
from grader.regrade import entrants_of
from grader.review import audit
from grader.review.application import overrule
from grader.review.decisions import AUDIT
from grader.review.session import Extent, Leave
from grader.verdict import Decision, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from grader.batch import Entrant
    from grader.review.queue import Item
    from grader.verdict import Verdict

KEY_POINTS = 3
WRONG = "The factor keeps the matrix symmetric. The softmax saturates. Its gradients vanish.\n"


class Person:
    """Somebody who judges by a rule, and sees nothing but the item."""

    def __init__(self, judges: Callable[[Item], bool | Leave]) -> None:
        self._judges = judges
        self.seen: list[Item] = []

    def decide(self, item: Item, left: int) -> Decision | Leave:
        assert left >= 1
        self.seen.append(item)
        word = self._judges(item)
        return word if isinstance(word, Leave) else Decision(met=word, by="R", reason="so", time=moment())

    def extend(self, item: Item, like: Sequence[Item], decision: Decision) -> Extent:
        raise AssertionError((item, like, decision))  # each case of an audit is looked at by itself


def entrants(folder: BatchFolder, bank: Path) -> list[Entrant]:
    record = folder.record()
    with found_again(record) as paths:
        return entrants_of(record, paths, load_bank(bank))


def verdicts(folder: BatchFolder) -> dict[str, Verdict]:
    return {entry.candidate: folder.verdict(entry) for entry in folder.record().entries}


def judged(folder: BatchFolder, bank: Path, share: float, person: Person) -> tuple[audit.Agreement, ...]:
    """Audit as the command does."""
    path = folder.root / AUDIT
    found = audit.cases(folder, entrants(folder, bank), audit.looks(path))
    audit.look(audit.draw(found, share, folder.record().seed), path, person)
    overrule(folder, audit.overruled(found, audit.looks(path)))
    return audit.agreements(audit.looks(path))


def met_in(truth: Mapping[str, bool]) -> Callable[[Item], bool]:
    """Judge the key point that the rules miss by the answer's idea; the others are always made there."""
    return lambda item: truth[item.answer] if item.key_point == "growth" else True


def test_a_part_is_drawn_that_a_larger_one_holds(tmp_path: Path, bank: Path) -> None:
    """Each key point of each answer once, however many wrote it; another batch's seed draws others."""
    texts = {name: text for name, (_, text) in answers(40, 0).items()}
    folder = graded(tmp_path, bank, texts | {"twin": next(iter(texts.values())).upper()})
    found = audit.cases(folder, entrants(folder, bank), ())
    distinct = len({text.strip().lower() for text in texts.values()})
    tenth, half = audit.draw(found, 0.1, 1), audit.draw(found, 0.5, 1)
    ids = {case.item.id for case in tenth}

    assert len(found) == KEY_POINTS * distinct
    assert max(len(case.entries) for case in found) > 1
    assert len(tenth) == -(-len(found) // 10)
    assert ids < {case.item.id for case in half}
    assert ids != {case.item.id for case in audit.draw(found, 0.1, 2)}
    assert {case.item.id for case in audit.draw(found, 1.0, 1)} == {case.item.id for case in found}


def test_what_was_settled_is_not_shown(tmp_path: Path, bank: Path) -> None:
    """Neither to a program that asks nor on the screen: the same is seen of a point given and a point refused."""
    folder = graded(tmp_path, bank, {"zebedee": UNUSUAL})
    person = Person(lambda _: Leave.SKIP)
    judged(folder, bank, 1.0, person)
    told = typed(folder.root, "--audit", "--share", "1", "--by", "R", "--bank", bank, keys="s\n" * KEY_POINTS)

    assert len(person.seen) == KEY_POINTS
    assert {(item.quote, item.opinions, item.why) for item in person.seen} == {("", (), person.seen[0].why)}
    assert {item.passage for item in person.seen} == {UNUSUAL}
    assert_told(told, WAITING, "0 of 3 drawn key points of answers judged; 3 were settled.")
    assert "zebedee" not in told.stdout
    assert not {"not_met", "passed", "rules:"} & set(told.stdout.split())


def test_the_person_counts_where_they_differ(tmp_path: Path, bank: Path) -> None:
    """Points go up and down, for all who wrote the same; who and why stand in the verdict, the old one in history."""
    folder = graded(tmp_path, bank, {"ada": GOOD, "bob": UNUSUAL, "ben": UNUSUAL.upper(), "cyd": WRONG})
    before = verdicts(folder)
    person = Person(lambda item: "symmetric" not in item.answer)
    (found,) = judged(folder, bank, 1.0, person)
    after = verdicts(folder)
    (growth,) = (check for check in after["bob"].checks if check.name == "growth")

    assert [before[name].points for name in ("ada", "bob", "ben", "cyd")] == [5, 3, 3, 3]
    assert [after[name].points for name in ("ada", "bob", "ben", "cyd")] == [5, 5, 5, 0]
    assert [after[name].status for name in ("bob", "cyd")] == [Status.ACCEPTED, Status.REJECTED]
    assert growth.detail is not None
    assert growth.detail.decision is not None
    assert growth.detail.decision.by == "R"
    assert (found.looks, found.agreed, found.missed, found.undeserved) == (9, 6, 1, 2)
    assert found.kappa is None
    (line,) = (folder.root / "history.jsonl").read_text().splitlines()
    assert json.loads(line)["reason"] == "audit"
    assert json.loads((folder.root / f"history/1/verdicts/nlp.{SHORT}/bob.json").read_text())["points"] == 3


def test_an_audit_can_be_left_repeated_and_survives_a_regrading(tmp_path: Path, bank: Path) -> None:
    """Nothing is asked twice, nobody else is drawn for who was overruled; after a regrading the words count again."""
    folder = graded(tmp_path, bank, {"bob": UNUSUAL})
    asks = ("--audit", "--share", "1", "--by", "R. Ito", "--bank", bank)

    assert_told(typed(folder.root, "--audit", "--bank", bank), 2, "--by")
    assert_told(typed(folder.root, "--share", "1", "--by", "R"), 2, "Add --audit")
    assert_told(typed(folder.root, *asks, keys="q\n"), WAITING, "0 of 3 drawn")
    assert_told(typed(folder.root, *asks, keys="m\nit grows\nm\n\nq\n"), WAITING, "2 of 3 drawn", "1 verdicts decided")
    assert_told(typed(folder.root, *asks, keys="m\n \n"), WAITING, "a decision has its reason", "0 of 3 drawn")
    assert_told(
        typed(folder.root, *asks, keys="m\nyes\n"), 0, "1 of 3 drawn", "2 of 3 alike", "1 right points had been"
    )
    assert verdicts(folder)["bob"].points == 5
    spec = bank / "nlp" / SHORT / "question.yaml"
    spec.write_text(spec.read_text().replace("minutes: 6", "minutes: 7"))
    assert_told(grade("regrade", folder.root, "--bank", bank, "--apply", "--reason", "other minutes"), 0, "--audit")
    assert verdicts(folder)["bob"].points == 3
    assert_told(typed(folder.root, *asks), 0, "0 of 3 drawn key points", "1 verdicts decided")
    assert verdicts(folder)["bob"].points == 5
    assert_told(typed(folder.root, *asks), 0, "0 of 3 drawn key points")
    assert len((folder.root / "review" / AUDIT).read_text().splitlines()) == KEY_POINTS


def test_what_a_person_decided_is_not_audited(tmp_path: Path, lenient: Path) -> None:
    """Nor what waits."""
    folder = graded(tmp_path, lenient, {"bob": UNUSUAL})
    waiting = audit.cases(folder, entrants(folder, lenient), ())
    assert_told(typed(folder.root, "--by", "R", keys="m\nyes\n"), 0)

    assert {case.item.key_point for case in waiting} == {
        case.item.key_point for case in audit.cases(folder, entrants(folder, lenient), ())
    }
    assert len(waiting) == KEY_POINTS - 1


def test_a_key_point_that_is_gone_is_told(tmp_path: Path, bank: Path) -> None:
    """The verdicts belong to another state of the question."""
    folder = graded(tmp_path, bank, {"bob": UNUSUAL})
    for sheet in bank.parent.glob(f"*/nlp/{SHORT}/*.yaml"):
        sheet.write_text(sheet.read_text().replace("growth", "spreading"))
    with pytest.raises(InputError, match=r"no key point 'growth' any more"):
        audit.cases(folder, entrants(folder, bank), ())


def looked(seed: int, agrees: float, count: int = 60) -> Iterator[audit.Look]:
    """Make looks of which so many agree, by chance."""
    draw = random.Random(seed)
    for number in range(count):
        met = draw.random() < 0.6
        word = met if draw.random() < agrees else not met
        decision = Decision(met=word, by="R", reason="so", time="2026-01-01T00:00:00Z")
        yield audit.Look(decision=decision, question="q", key_point="k", item=str(number), met=met, by="rules")


@pytest.mark.parametrize(("agrees", "count", "released"), [(0.99, 60, True), (0.75, 60, False), (0.99, 29, False)])
def test_a_question_goes_on_alone_only_after_proven_agreement(agrees: float, count: int, released: bool) -> None:
    """Kappa's lower end decides: chance agreement and few looks release nothing."""
    for seed in range(10):
        (found,) = audit.agreements(looked(seed, agrees, count))
        assert found.released is released
        assert found.share.low < found.agreed / count < found.share.high or found.agreed == count


def test_the_last_look_counts() -> None:
    """As with decisions."""
    first, *_ = looked(0, 1.0)
    second = first.model_copy(update={"decision": first.decision.model_copy(update={"met": not first.met})})
    (found,) = audit.agreements([first, second])

    assert (found.looks, found.agreed) == (1, 0)


def test_an_audit_measures_what_the_rules_miss(tmp_path: Path, bank: Path) -> None:
    """Of answers in unusual words the rules miss every right one: a half of the cases shows about how many."""
    cohort = answers(100, 3)
    folder = graded(tmp_path, bank, {name: text for name, (_, text) in cohort.items()})
    truth = {text.strip(): met for met, text in cohort.values()}
    (found,) = judged(folder, bank, 0.5, Person(met_in(truth)))
    growths = [check for verdict in verdicts(folder).values() for check in verdict.checks if check.name == "growth"]
    decided = [check for check in growths if check.detail is not None and check.detail.decision is not None]

    assert found.undeserved == 0
    assert found.missed == pytest.approx(0.5 * sum(truth.values()), rel=0.4)
    assert not found.released
    assert {check.outcome for check in decided} == {Outcome.PASSED}
    assert len(decided) >= found.missed
